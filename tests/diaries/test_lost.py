"""Parcels of which nobody hears any more: claimed at the carrier, found or lost."""

from __future__ import annotations

from domain.carrier_claim import Answer, AnswerClaim, OpenClaim
from domain.case import Outcome
from domain.parcel import TrackingStatus
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.diaries.policies import in_force
from tests.workflows.returns import SHOPIFY_ORDER, Return, refusal
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
