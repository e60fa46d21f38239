"""Goods that came, and are looked at late, in parts, or are not what was announced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment

from commands.policy import publish_policy
from domain.case import Outcome
from domain.event import EventType
from domain.finding import Finding, FindingCode, FindingEnd, FindingSettled
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Rest
from domain.parcel import TrackingStatus
from ledger import EntryKind
from ledger.events import events_of
from tests.diaries.diary import Diary
from tests.workflows.returns import Return, Shop, refusal
from tests.world import POLICY_FROM
from workflows.return_case.said import CloseReason, ForceClose
from workflows.return_case.view import CaseView

AT_ONCE = "deadlines:\n  - {lost: refund_at_once}\n"
POLICY = "id: default\ntitle: Looked at in time\nwindow_days: 3650\n"
WORTH_LESS = "lost_value:\n  - {percent: 50, reason: It is worn out., when: {grade: grade_d}}\n"
IN_TIME = f"{POLICY}{WORTH_LESS}deadlines:\n  - {{inspection_days: 4, inspection_default: as_quoted}}\n"


async def begun(page: Diary, policy: str, **lines: int) -> Return:
    """A return whose label is out."""
    publish_policy(page.shop.world.rooms, policy, POLICY_FROM, datetime.now(UTC))
    one = await page.shop.two_rates({line.removeprefix("line_"): count for line, count in lines.items()})
    await one.labelled()
    return await page.follows(one, f"asks to send {sum(lines.values())} unit(s) back")


async def test_inspection_that_nobody_does(diary: Diary) -> None:
    """Nobody inspects in time: ops are asked and the shopper is told, after as long again the money goes as quoted, and
    a bad grade that comes later only says where the goods go."""
    one = await begun(diary, IN_TIME, line_3=1)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.passes(3.9)
    assert (await one.view()).next_owner == "warehouse"
    await diary.passes(0.2, "4 days without an inspection")
    assert (await one.view()).next_owner == "ops"
    await diary.passes(3.7)
    assert await diary.shop.world.refunds("pi_demo_two_rates") == []
    await diary.passes(0.4, "4 days more")
    seen = await one.view()
    assert (seen.refunded, seen.stage, seen.next_owner) == (seen.quote, "inspection", "ops")
    (said,) = diary.shop.world.entries(one.case, EntryKind.UNINSPECTED)
    assert said.reasons == ("not_inspected_in_time",)
    worn = (InspectedLine(line_id="3", quantity=1, grade=Grade.D, disposition=Disposition.RECYCLE),)
    late = Inspection(id="look-1", inspected_by="ben", lines=worn)
    await diary.passes(10)
    await diary.says("warehouse", "grades it as damaged", one.update("inspect", late))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote == "45.55 EUR"
    assert [one for one in diary.shop.world.posted("stock:") if one.endswith("recycle")]


def found(id: str, code: FindingCode, **about: Any) -> Finding:
    return Finding.model_validate({"id": id, "by": "ann", "code": code, **about})


async def find(one: Return, id: str, code: FindingCode, **about: Any) -> CaseView:
    return await one.update("record_finding", found(id, code, **about))


async def settle(one: Return, id: str, ending: FindingEnd, number: str | None = None) -> CaseView:
    said = FindingSettled(finding=id, by="ann", ending=ending, tracking_number=number)
    return await one.update("settle_finding", said)


async def test_fewer_than_announced_and_something_else_in_the_box(diary: Diary) -> None:
    """One of two units came, with a scarf that nobody bought here: what came is paid, the rest stays with the shopper,
    and the scarf goes back before the return ends."""
    one = await begun(diary, POLICY, line_1=2)
    await diary.says("warehouse", "counts one of two units", one.receive({"1": 1}))
    await diary.says("warehouse", "finds one too few", find(one, "f-1", FindingCode.SHORT, line_id="1", quantity=1))
    scarf = {"sku": "SCARF", "quantity": 1, "note_id": "note_photos0001"}
    view = await diary.says("warehouse", "finds a scarf", find(one, "f-2", FindingCode.WRONG_ITEM, **scarf))
    assert view.findings == ("1 of line 1: short (ann)", "1 × SCARF: wrong item (ann)")
    assert (await refusal(find(one, "f-2", FindingCode.USED, line_id="1", quantity=1)))[0] == "recorded_differently"
    await diary.says("warehouse", "grades what came", one.inspect({"1": 1}))
    await one.until(lambda view: view.refunded != "")
    seen = await one.until(lambda view: view.next_owner == "warehouse")
    assert "finding settle" in seen.next_action
    await diary.passes(2.1, "2 days in which nobody sees to the scarf")
    assert (await one.view()).next_owner == "ops"
    assert (await refusal(settle(one, "f-2", FindingEnd.OTHER_RETURN)))[0] == "other_goods"
    await diary.says("warehouse", "sends the scarf back", settle(one, "f-2", FindingEnd.SENT_BACK, "BH99"))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "11.76 EUR"  # one of three that were 35.29
    world = diary.shop.world
    assert world.returnable("two-rates", "1") == 2
    assert world.posted("returning:") == {}
    told = [event.type for entry in world.entries(one.case) for event in events_of(entry)]
    assert told.count(EventType.RETURN_FINDING) == 2


async def test_more_than_announced(diary: Diary) -> None:
    """Two units came where one was announced; the extra one is the shopper's until another return takes it."""
    one = await begun(diary, POLICY, line_1=1)
    world = diary.shop.world
    await diary.says("warehouse", "counts one unit", one.receive())
    extra = find(one, "f-1", FindingCode.EXTRA_ITEM, line_id="1", quantity=1)
    await diary.says("warehouse", "finds one more", extra)
    assert world.returnable("two-rates", "1") == 1
    assert (await refusal(find(one, "f-2", FindingCode.EXTRA_ITEM, line_id="1", quantity=2)))[0] == "more_than_sold"
    await diary.says("warehouse", "grades what was announced", one.inspect())
    assert (await refusal(settle(one, "f-1", FindingEnd.KEPT)))[0] == "sold_to_shopper"
    await diary.says("ops", "take the extra one in by another return", settle(one, "f-1", FindingEnd.OTHER_RETURN))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "11.76 EUR"
    assert world.returnable("two-rates", "1") == 2


async def test_damage_by_the_carrier(diary: Diary) -> None:
    """The carrier broke what was sent with our label: nothing is deducted for it, and the shop claims it."""
    one = await begun(diary, POLICY + WORTH_LESS, line_3=1)
    await diary.says("warehouse", "counts one unit", one.receive())
    view = await diary.says(
        "warehouse", "finds it damaged", find(one, "f-1", FindingCode.DAMAGED_IN_TRANSIT, line_id="3", quantity=1)
    )
    assert view.carrier_claim
    broken = (InspectedLine(line_id="3", quantity=1, grade=Grade.D, disposition=Disposition.RECYCLE),)
    said = Inspection(id="look-1", inspected_by="ben", lines=broken)
    await diary.says("warehouse", "grades it as damaged", one.update("inspect", said))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote == "45.55 EUR"


async def test_empty_box(diary: Diary) -> None:
    """The box was empty: the shopper is asked for evidence, and ops decide; here they end it, and nothing is paid."""
    one = await begun(diary, POLICY, line_3=1)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    view = await diary.says("warehouse", "finds the box empty", find(one, "f-1", FindingCode.EMPTY_BOX))
    assert (view.next_owner, "empty box" in view.next_action) == ("ops", True)
    await one.told("evidence_wanted")
    (mail,) = [mail for mail in await diary.shop.world.mails(one.case) if "The box was empty" in mail["text"]]
    assert "by" in mail["text"]
    await diary.passes(2.1, "2 days without a decision")
    assert (await one.view()).next_action.startswith("Overdue")
    closed = ForceClose(by="olga", reason=CloseReason.SUSPECTED_ABUSE)
    await diary.says("ops", "end the return", one.update("force_close", closed))
    view = await diary.ends(Outcome.CLOSED_BY_STAFF, judged=False)
    assert view.refunded == ""
    assert diary.shop.world.pending() == []


async def empty(page: Diary, policy: str) -> Return:
    """A box in which was nothing, of which nobody says anything until its last minute."""
    one = await begun(page, policy, line_3=1)
    last = (await one.view()).due_at
    assert last is not None
    await page.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await page.says("warehouse", "finds the box empty", find(one, "f-1", FindingCode.EMPTY_BOX))
    await page.skip(last - (await page.now) - timedelta(minutes=1))
    seen = await one.until(lambda view: view.next_action.startswith("Overdue: Decide on the empty box"))
    assert (seen.next_owner, seen.outcome) == ("ops", None)
    await page.note("time", "nobody decides, and the last day to send is almost over")
    await page.skip(timedelta(minutes=2))
    return one


async def test_empty_box_on_which_nobody_decides(diary: Diary) -> None:
    """Ops do not say what becomes of it though they were asked: nothing came, so it expires with the time to send."""
    one = await empty(diary, POLICY)
    await diary.ends(Outcome.EXPIRED, judged=False)  # the label was used
    await diary.note("time", "the last day to send is over")
    assert diary.shop.world.pending() == []
    assert diary.shop.world.returnable("two-rates", "3") == 1
    assert await diary.shop.world.refunds("pi_demo_two_rates") == []
    assert (await one.view()).refunded == ""


async def test_empty_box_that_is_paid_where_nobody_decides(shop: Shop, flying: WorkflowEnvironment) -> None:
    """The policy pays for what is lost without the carrier's answer, so it pays for this as well."""
    one = await empty(await Diary.begin("", "", shop, flying), f"{POLICY}{AT_ONCE}")
    assert (await one.result()).refunded == "45.55 EUR"
    assert [entry.actor for entry in shop.world.entries(one.case, EntryKind.LOST)] == ["backhaul"]
    assert shop.world.pending() == []


async def test_other_goods_of_which_nobody_says_anything(shop: Shop, flying: WorkflowEnvironment) -> None:
    """When ops have not said it either, a scarf stays here, set apart, and an extra mug is for another return."""
    one = await begun(await Diary.begin("", "", shop, flying), POLICY, line_1=1)
    await one.receive()
    await find(one, "f-1", FindingCode.WRONG_ITEM, sku="SCARF", quantity=1)
    await find(one, "f-2", FindingCode.EXTRA_ITEM, line_id="1", quantity=1)
    await one.inspect()
    assert (await one.result()).outcome is Outcome.REFUNDED
    said = [entry.facts["settled"] for entry in shop.world.entries(one.case, EntryKind.FINDING_SETTLED)]
    assert [(one["finding"], one["by"], one["ending"]) for one in said] == [
        ("f-1", "backhaul", "kept"),
        ("f-2", "backhaul", "other_return"),
    ]
    assert shop.world.posted("stock:main:SCARF") == {"stock:main:SCARF:quarantine": 1}
    assert (shop.world.posted("returning:"), shop.world.returnable("two-rates", "1")) == ({}, 2)


async def part(one: Return, id: str, lines: Mapping[str, int], rest: Rest = Rest.EXPECTED) -> CaseView:
    graded = tuple(InspectedLine(line_id=line, quantity=count) for line, count in lines.items())
    return await one.update("inspect", Inspection(id=id, inspected_by="ben", rest=rest, lines=graded))


async def test_two_boxes_weeks_apart(diary: Diary) -> None:
    """What came first is paid while the rest is waited for; the second box is paid by itself when it comes."""
    one = await begun(diary, POLICY, line_1=2, line_3=1)
    await diary.says("warehouse", "counts the first box", one.receive({"1": 1}, "box-1"))
    await diary.says("warehouse", "grades it, and more is to come", part(one, "look-1", {"1": 1}))
    view = await one.until(lambda view: view.next_action == "Send the rest of what was announced")
    assert (view.stage, view.next_owner, view.refunded) == ("awaiting_parcel", "shopper", "11.76 EUR")
    await diary.passes(9)
    await diary.says("warehouse", "counts the second box", one.receive({"1": 1, "3": 1}, "box-2"))
    assert (await one.view()).ungraded == {"1": 1, "3": 1}
    assert (await refusal(one.inspect({"1": 2, "3": 1}, "look-2")))[0] == "not_what_was_received"
    assert (await part(one, "look-1", {"1": 1})).stage == "inspection"  # said again
    await diary.says("warehouse", "grades it", part(one, "look-2", {"1": 1, "3": 1}, Rest.STAYS))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote
    world = diary.shop.world
    assert [one.facts["plan"]["number"] for one in world.entries(one.case, EntryKind.PLAN)] == [1, 2]
    assert len(await world.refunds("pi_demo_two_rates")) == 2


async def test_rest_that_never_comes(diary: Diary) -> None:
    """What came is paid, and the rest is waited for in vain: at the last day to send it stays with the shopper."""
    one = await begun(diary, POLICY, line_1=2)
    await diary.says("warehouse", "counts one of two", one.receive({"1": 1}, "box-1"))
    await diary.says("warehouse", "grades it, and more is to come", part(one, "look-1", {"1": 1}))
    until = (await one.until(lambda view: view.next_owner == "shopper")).due_at
    assert until is not None
    left = (until - (await diary.now).astimezone(UTC)).total_seconds() / 86_400
    await diary.passes(left - 0.1)
    assert (await one.view()).outcome is None
    await diary.passes(0.2, "the last day to send passes")
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "11.76 EUR"
    assert diary.shop.world.returnable("two-rates", "1") == 2
    assert diary.shop.world.pending() == []
