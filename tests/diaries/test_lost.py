"""Parcels of which nobody hears any more: claimed at the carrier, found or lost."""

from __future__ import annotations

from datetime import timedelta

from domain.carrier_claim import Answer, AnswerClaim, OpenClaim
from domain.case import Outcome
from domain.inspection import Grade, InspectedLine, Inspection, Rest
from domain.parcel import OtherParcel, TrackingStatus
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.diaries.policies import in_force
from tests.workflows.returns import SHOPIFY_ORDER, Return, refusal
from workflows.return_case.said import Lost
from workflows.return_case.view import CaseView

AT_ONCE = "deadlines:\n  - lost_after_days: 5\n    claim_days: 10\n    lost: refund_at_once\n"


async def claim(one: Return, reference: str = "CL-1", by: str = "olga") -> CaseView:
    return await one.update("open_claim", OpenClaim(by=by, reference=reference, amount=5000))


async def answer(one: Return, found: Answer, paid: int = 0, by: str = "olga") -> CaseView:
    return await one.update("answer_claim", AnswerClaim(by=by, reference="CL-1", answer=found, paid=paid))


async def silent(diary: Diary, days: float) -> Return:
    """A parcel that moved on the second day and is heard of no more."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    assert (await refusal(claim(one)))[0] == "not_sent"
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(days - 0.01)
    assert (await one.view()).next_owner == "carrier"
    await diary.passes(0.02)
    await one.until(lambda view: view.next_owner == "ops")
    await diary.note("time", "nothing is heard of the parcel")
    return one


def carrier(diary: Diary) -> dict[str, int]:
    return diary.shop.world.posted("receivable:")


async def test_a_lost_parcel(diary: Diary) -> None:
    """The carrier is asked, has lost it and pays for it; then the shopper is refunded."""
    one = await silent(diary, 14)
    assert (await refusal(claim(one, by="fay")))[0] == "role_may_not"
    await diary.says("ops", "claims it at the carrier", claim(one))
    assert (await refusal(claim(one, "CL-2")))[0] == "claimed_already"
    assert (await refusal(answer(one, Answer.FOUND, 100)))[0] == "found_and_paid"
    await diary.passes(6)
    await diary.says("finance", "has the carrier's word: lost, 45.00 paid", answer(one, Answer.LOST, 4500, "fay"))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote
    assert carrier(diary) == {"receivable:carrier:R-1": 4500}
    assert diary.shop.world.posted("recovered") == {"recovered": 4500}
    assert diary.shop.world.posted("kept:") == {f"kept:{SHOPIFY_ORDER}": 1}


async def test_a_parcel_that_the_carrier_finds(diary: Diary) -> None:
    """The carrier is asked and finds it; the goods come, and the refund follows the inspection."""
    one = await silent(diary, 14)
    await diary.says("ops", "claims it at the carrier", claim(one))
    await diary.passes(3)
    await diary.says("ops", "has the carrier's word: found", answer(one, Answer.FOUND))
    assert (await one.view()).next_owner == "carrier"
    await diary.passes(2)
    await diary.scanned("delivers it", TrackingStatus.DELIVERED)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    assert carrier(diary) == {}


async def test_a_lost_parcel_that_is_refunded_at_once(diary: Diary) -> None:
    """The policy pays as soon as the parcel is claimed; the return waits for the carrier with its end alone."""
    await in_force(diary.shop, AT_ONCE)
    one = await silent(diary, 5)
    await claim(one)
    await one.told("lost")
    await one.until(lambda view: view.refund_status == "succeeded")
    await diary.note("ops", "claims it at the carrier")
    view = await one.view()
    assert (view.next_owner, view.next_action) == ("carrier", "Answer the claim CL-1")
    await diary.passes(4)
    await diary.says("ops", "has the carrier's word: lost, 50.00 paid", answer(one, Answer.LOST, 5000))
    await diary.ends(Outcome.REFUNDED)
    assert carrier(diary) == {"receivable:carrier:R-1": 5000}


async def test_a_claim_that_the_carrier_never_answers(diary: Diary) -> None:
    """It counts as lost once ops have been asked as well; the shopper is not left waiting."""
    one = await silent(diary, 14)
    await diary.says("ops", "claims it at the carrier", claim(one))
    await diary.passes(30.01)
    await one.until(lambda view: view.next_owner == "ops")
    await diary.note("time", "the carrier's last day passes")
    assert (await one.view()).next_action == "Overdue: Answer the claim CL-1"
    await diary.passes(7)
    await one.recorded(EntryKind.LOST)
    await diary.note("time", "ops have not heard of it either")
    await diary.ends(Outcome.REFUNDED)
    assert carrier(diary) == {}


async def test_goods_that_come_while_they_are_claimed(diary: Diary) -> None:
    """The box comes before the carrier has said a word: the claim is over."""
    one = await silent(diary, 14)
    await diary.says("ops", "claims it at the carrier", claim(one))
    await diary.passes(1)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    (told,) = diary.shop.world.entries("R-1", EntryKind.CARRIER_ANSWER)
    assert (told.facts["answer"], told.actor) == ("found", "backhaul")


MUG, SECOND = "1", "second-box"


async def in_two_parcels(diary: Diary, *, early: bool = False) -> Return:
    """Three mugs in two parcels, of which the first has come with two; nothing is heard of the other."""
    one = await diary.shop.two_rates({MUG: 3})
    await one.labelled()
    await diary.follows(one, "asks to send three mugs back")
    await diary.passes(2)
    await one.scan("scan-a", TrackingStatus.IN_TRANSIT, at=await diary.now)
    if early:
        await one.until(lambda view: view.refund_status == "succeeded")
        await one.told("refund_done")
    await diary.note("carrier", "has the first parcel")
    other = OtherParcel(by="ann", tracking_number=SECOND)
    await diary.says("warehouse", "is told of a second one", one.update("add_parcel", other))
    await one.receive({MUG: 2})
    await diary.note("warehouse", "counts two mugs out of the first")
    assert (await refusal(claim(one)))[0] == "already_received"  # no carrier has had another one
    await diary.scanned("has the second parcel", TrackingStatus.IN_TRANSIT, SECOND)
    return one


async def test_one_of_two_parcels_is_lost(diary: Diary) -> None:
    """Two mugs come and are paid; the carrier has lost the parcel with the third, which is paid for as well."""
    one = await in_two_parcels(diary)
    await diary.says("ops", "claims the second parcel", claim(one))
    assert (await refusal(one.update("lost", Lost(by="olga"))))[0] == "part_under_way"
    await diary.says("warehouse", "grades the two as new", one.inspect({MUG: 2}))
    view = await one.until(lambda view: view.refunded == "23.53 EUR")
    view = await one.until(lambda view: view.next_owner == "carrier")
    assert (view.next_action, view.outcome) == ("Answer the claim CL-1", None)
    await diary.passes(6)
    await diary.says("ops", "has the carrier's word: lost, 9.00 paid", answer(one, Answer.LOST, 900))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote == "35.29 EUR"
    world = diary.shop.world
    assert sum(world.posted("stock:").values()) == 2
    assert (world.posted("kept:"), carrier(diary)) == ({"kept:two-rates": 1}, {"receivable:carrier:R-1": 900})
    (mail,) = [one for one in await world.mails("R-1") if "is lost" in one["subject"]]
    assert "35.29" not in str(mail)


async def test_one_of_two_parcels_is_lost_and_paid_at_once(diary: Diary) -> None:
    """The policy pays with the claim: as soon as what came is paid, the rest is, and the carrier is waited for."""
    await in_force(diary.shop, AT_ONCE)
    one = await in_two_parcels(diary)
    await diary.says("warehouse", "grades the two as new", one.update("inspect", looked(Rest.EXPECTED)))
    await one.until(lambda view: view.next_owner == "carrier")
    await claim(one)
    await one.until(lambda view: view.refunded == "35.29 EUR" and view.next_owner == "carrier")
    await one.told("lost")
    await diary.note("ops", "claims the second parcel")
    await diary.passes(17, "the carrier does not answer, nor does anybody else")
    await diary.ends(Outcome.REFUNDED)
    assert carrier(diary) == {}


async def test_one_of_two_parcels_is_found(diary: Diary) -> None:
    """The carrier finds the second parcel, and what is in it is paid when it was judged."""
    one = await in_two_parcels(diary)
    await diary.says("ops", "claims the second parcel", claim(one))
    await one.inspect({MUG: 2})
    await one.until(lambda view: view.next_owner == "carrier")
    await diary.note("warehouse", "grades the two as new")
    await diary.says("ops", "has the carrier's word: found", answer(one, Answer.FOUND))
    view = await one.view()
    assert (view.next_owner, view.next_action) == ("carrier", "Deliver the rest of what was announced")
    await diary.passes(3)
    await diary.says("warehouse", "counts the third mug", one.receive({MUG: 1}, "box-2"))
    await diary.says("warehouse", "grades it as new", one.inspect({MUG: 1}, "look-2"))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "35.29 EUR"


async def test_one_of_two_parcels_that_nobody_asks_for(diary: Diary) -> None:
    """Nobody claims the second parcel though ops were asked to: what did not come stays with the shopper."""
    one = await in_two_parcels(diary)
    await diary.says("warehouse", "grades the two as new, and waits", one.update("inspect", looked(Rest.EXPECTED)))
    await one.until(lambda view: view.next_action == "Deliver the rest of what was announced")
    due = (await one.view()).due_at
    assert due is not None
    await diary.skip(due - (await diary.now) + timedelta(minutes=1))
    await one.until(lambda view: view.next_owner == "ops")
    await diary.note("time", "nothing is heard of the second parcel")
    assert "`claim open`" in (await one.view()).next_action
    await diary.passes(7)
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "23.53 EUR"
    await diary.note("time", "nobody has claimed it")


async def test_one_of_two_parcels_is_lost_that_were_paid_for(diary: Diary) -> None:
    """The money went with the first scan; what the carrier has lost of the goods, the shopper does not owe."""
    await in_force(diary.shop, "refund_trigger:\n  - event: first_scan\n")
    one = await in_two_parcels(diary, early=True)
    await diary.says("ops", "claims the second parcel", claim(one))
    assert (await refusal(one.update("lost", Lost(by="olga"))))[0] == "paid_early"
    await diary.says("warehouse", "grades the two as new", one.inspect({MUG: 2}))
    view = await one.until(lambda view: view.next_owner == "carrier")
    assert view.next_action == "Answer the claim CL-1"
    await diary.passes(6)
    await diary.says("ops", "has the carrier's word: lost, 9.00 paid", answer(one, Answer.LOST, 900))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "35.29 EUR"
    (end,) = diary.shop.world.entries("R-1", EntryKind.EARLY_END)
    assert (end.facts["end"]["short"], end.reasons) == (0, ("lost_by_carrier",))
    assert diary.shop.world.posted("receivable:") == {"receivable:carrier:R-1": 900}


def looked(rest: Rest) -> Inspection:
    """Two mugs as new."""
    line = InspectedLine(line_id=MUG, quantity=2, grade=Grade.A)
    return Inspection(id="look-1", inspected_by="ben", rest=rest, lines=(line,))
