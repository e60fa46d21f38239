"""Less than was quoted: the shopper accepts, objects, or wants the goods back; or says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.policy import publish_policy
from domain.case import Outcome
from domain.inspection import Disposition, Grade, InspectedLine, Inspection
from domain.offer import Answer, OfferAnswer, SentBack
from domain.people import Person, Role
from ledger import EntryKind
from ledger.signing import public_key
from tests.diaries.diary import Diary
from tests.workflows.returns import Return, refusal
from tests.workflows.test_overrides import KEYS, override
from tests.world import POLICY_FROM
from workflows.return_case.said import Uphold
from workflows.return_case.view import CaseView

WORN = """
id: default
title: Worn goods are worth less
window_days: 3650
lost_value:
  - percent: 30
    reason: It was worn.
    when: {grade: [grade_c, grade_d]}
"""
QUOTED, OFFERED = "45.55 EUR", "31.88 EUR"  # 45.55 less 30 %: 13.665, half up 13.67


async def worn(page: Diary, policy: str = WORN, grade: Grade = Grade.C) -> Return:
    """A kettle that comes back worn, to the moment at which it is graded."""
    world = page.shop.world
    publish_policy(world.rooms, policy, POLICY_FROM, datetime.now(UTC))
    one = await page.shop.two_rates({"3": 1})
    await one.labelled()
    await page.follows(one, "asks to send one kettle back")
    await page.passes(2)
    await page.says("warehouse", "counts one unit", one.receive())
    seen = (InspectedLine(line_id="3", quantity=1, grade=grade, disposition=Disposition.NOT_RESTOCKED),)
    said = Inspection(id="look-1", inspected_by="ben", lines=seen)
    view = await page.says("warehouse", "grades it as clearly used", one.update("inspect", said))
    assert view.quote == QUOTED
    return one


async def answer(one: Return, what: Answer, plan: int = 1, by: str = "shopper") -> CaseView:
    return await one.update("answer_offer", OfferAnswer(by=by, plan=plan, answer=what))


async def test_offer_accepted(diary: Diary) -> None:
    """The goods were worn, so less is offered than was quoted; the shopper accepts, and only then it is paid."""
    one = await worn(diary)
    seen = await one.view()
    assert (seen.stage, seen.next_owner, seen.offer) == ("offer", "shopper", f"{OFFERED} instead of {QUOTED}")
    assert await diary.shop.world.refunds("pi_demo_two_rates") == []
    (mail,) = [mail for mail in await diary.shop.world.mails(one.case) if "offer" in mail["subject"].lower()]
    assert f"{OFFERED} instead of {QUOTED}" in mail["text"]
    assert "It was worn." in mail["text"]
    assert (await refusal(answer(one, Answer.ACCEPT, plan=2)))[0] == "no_offer"
    assert (await refusal(answer(one, Answer.STANDS)))[0] == "not_the_shopper"
    await diary.passes(3)
    await diary.says("shopper", "accepts the offer", answer(one, Answer.ACCEPT))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == OFFERED


async def test_offer_without_an_answer(diary: Diary) -> None:
    """Nobody answers the offer; after the policy's days it counts as accepted, and is paid."""
    one = await worn(diary)
    until = (await one.view()).due_at
    opened = diary.shop.world.entries(one.case, EntryKind.PLAN)[0].at
    assert until is not None
    assert (until - opened).days == 14
    await diary.passes(13.9)
    assert (await one.view()).next_owner == "shopper"
    await diary.passes(0.2, "14 days without an answer")
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == OFFERED
    (said,) = diary.shop.world.entries(one.case, EntryKind.OFFER_ANSWERED)
    assert (said.actor, said.reasons) == ("rule:policy", ("accept", "time_passed"))


async def test_goods_sent_back_instead_of_the_offer(diary: Diary) -> None:
    """The shopper would rather have the goods; the warehouse sends them, and no money moves."""
    one = await worn(diary)
    sent = SentBack(by="ann", tracking_number="BH998877665544332", carrier="Paketdienst")
    assert (await refusal(one.update("sent_back", sent)))[0] == "not_wanted"
    view = await diary.says("shopper", "wants the goods back", answer(one, Answer.SEND_BACK))
    assert (view.stage, view.next_owner, view.planned) == ("sending_back", "warehouse", "")
    assert (await refusal(answer(one, Answer.ACCEPT)))[0] == "no_offer"
    await diary.passes(4, "3 days without a parcel")
    assert (await one.view()).next_owner == "ops"
    await diary.says("warehouse", "sends the parcel back", one.update("sent_back", sent))
    view = await diary.ends(Outcome.SENT_BACK)
    assert (view.sent_back, view.refunded) == ("BH998877665544332", "")
    world = diary.shop.world
    assert await world.refunds("pi_demo_two_rates") == []
    assert world.returnable("two-rates", "3") == 1
    assert world.pending() == []
    (mail,) = [mail for mail in await world.mails(one.case) if "BH998877665544332" in mail["text"]]
    assert "There is no refund" in mail["text"]


async def test_appeal_of_an_offer_granted(diary: Diary) -> None:
    """The shopper objects; a person looks again and waives what was kept, so all that was quoted is paid."""
    one = await worn(diary)
    key = public_key(KEYS["olga"])
    diary.shop.world.hire(Person(id="olga", role=Role.OPS, limits={"EUR": 2000}, public_key=key))
    await diary.passes(1)
    view = await diary.says("shopper", "objects to the offer", answer(one, Answer.APPEAL))
    assert (view.next_owner, "override" in view.next_action) == ("ops", True)
    await diary.says("ops", "waives the deduction", override(one, "olga", waive=["lost_value"]))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == QUOTED
    assert [one.facts["plan"]["number"] for one in diary.shop.world.entries(one.case, EntryKind.PLAN)] == [1, 2]
    (said,) = diary.shop.world.entries(one.case, EntryKind.OVERRIDE)
    assert said.facts["override"]["worth"] == 1367


async def test_appeal_of_an_offer_that_stands(diary: Diary) -> None:
    """The shopper objects, nobody looks in time, ops are asked, and then the offer stands; the shopper accepts it."""
    one = await worn(diary)
    await diary.says("shopper", "objects to the offer", answer(one, Answer.APPEAL))
    await diary.passes(2.1, "2 days without a look")
    assert (await one.view()).next_action.startswith("Overdue")
    await diary.passes(2, "2 days more")
    seen = await one.view()
    assert (seen.next_owner, "which stands" in seen.next_action) == ("shopper", True)
    await diary.says("shopper", "accepts it", answer(one, Answer.ACCEPT))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == OFFERED


async def test_offer_looked_at_by_a_person_before_it_counts(diary: Diary) -> None:
    """The policy has a person look where the shopper says nothing; the offer is upheld, and then counts as accepted."""
    one = await worn(diary, WORN + "deadlines:\n  - {answer_days: 5, offer_default: person}\n")
    await diary.passes(5.1, "5 days without an answer")
    assert (await one.view()).next_owner == "ops"
    assert (await refusal(one.update("uphold", Uphold(by="ann"))))[0] == "role_may_not"
    await diary.says("ops", "upholds the offer", one.update("uphold", Uphold(by="olga")))
    await diary.passes(5.1, "5 days more without an answer")
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == OFFERED
