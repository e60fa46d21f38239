"""Refunds that do not wait for the inspection, and what becomes of the goods."""

from __future__ import annotations

from domain.case import Outcome
from domain.early import Settle, Settled
from domain.inspection import Disposition, Grade, InspectedLine, Inspection
from domain.parcel import TrackingStatus
from domain.resolution import Resolution
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.diaries.policies import in_force
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, Return, refusal
from workflows.return_case.said import Lost
from workflows.return_case.view import CaseView

AT_SCAN = """
refund_trigger:
  - event: first_scan
    exposure_limit: {USD: 30000}
restocking:
  - percent: 50
    when: {grade: grade_c}
"""
CUSTOMER = "1073339475"


async def scanned_and_paid(diary: Diary, clauses: str = AT_SCAN) -> Return:
    """A return whose money is back on the card while its parcel is on its way."""
    await in_force(diary.shop, clauses)
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    await one.scan("scan-0", TrackingStatus.IN_TRANSIT, at=await diary.now)
    await one.until(lambda view: view.refund_status == "succeeded")
    await one.told("refund_done")
    await diary.note("carrier", "has the parcel, which is when the policy pays")
    assert (await one.view()).stage == "in_transit"
    return one


def out(diary: Diary) -> dict[str, int]:
    """What is out to customers before goods came, and what they owe."""
    world = diary.shop.world
    return {**world.posted("early:"), **world.posted("receivable:"), **world.posted("exposure:")}


async def settle(one: Return, how: Settled, reference: str = "", by: str = "fay") -> CaseView:
    return await one.update("settle", Settle.model_validate({"by": by, "how": how, "reference": reference}))


async def test_refund_at_the_first_scan(diary: Diary) -> None:
    """The policy pays as soon as the carrier has the parcel; the goods come as new, and nothing is owed."""
    one = await scanned_and_paid(diary)
    paid = await one.view()
    assert (paid.refunded, paid.paid_early) == (paid.quote, paid.quote)
    assert out(diary) == {"early:R-1": 18109, f"exposure:{CUSTOMER}": 30000 - 18109}
    assert (await refusal(one.cancel()))[0] == "paid_early"
    await diary.passes(1)
    await diary.scanned("delivers it", TrackingStatus.DELIVERED)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    assert out(diary) == {f"exposure:{CUSTOMER}": 30000}
    assert diary.shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 0


async def test_refund_at_the_first_scan_of_goods_that_turn_out_used(diary: Diary) -> None:
    """What the goods are worth less than was paid for them, the shopper owes; finance sees it come in."""
    one = await scanned_and_paid(diary)
    await diary.passes(1)
    await diary.says("warehouse", "counts one unit", one.receive())
    used = InspectedLine(line_id=SHOPIFY_LINE, quantity=1, grade=Grade.C, disposition=Disposition.REFURBISH)
    await one.update("inspect", Inspection(id="look-1", inspected_by="ben", lines=(used,)))
    await one.told("payment_due")
    await diary.note("warehouse", "grades it as clearly used")
    (end,) = diary.shop.world.entries("R-1", EntryKind.EARLY_END)
    short = end.facts["end"]["short"]
    assert 0 < short < 18109
    assert out(diary) == {f"exposure:{CUSTOMER}": 30000, f"receivable:{CUSTOMER}": short}
    (mail,) = [one for one in await diary.shop.world.mails("R-1") if "pay" in one["subject"]]
    assert f"{short / 100:.2f}" in mail["subject"]
    await diary.passes(3)
    assert (await refusal(settle(one, Settled.PAID)))[0] == "no_reference"
    assert (await refusal(settle(one, Settled.WAIVED, by="olga")))[0] == "role_may_not"
    await diary.says("finance", "has seen the shopper's money", settle(one, Settled.PAID, "bank-77"))
    await diary.ends(Outcome.REFUNDED)
    assert diary.shop.world.posted("receivable:") == {}
    assert diary.shop.world.posted("payout:") == {"payout:R-1": -short}


async def test_refund_at_the_first_scan_of_goods_that_never_come(diary: Diary) -> None:
    """The carrier takes the parcel back to the shopper, who has the money and sends nothing again."""
    one = await scanned_and_paid(diary)
    await diary.passes(4)
    await diary.scanned("takes it back to its sender", TrackingStatus.RETURN_TO_SENDER)
    view = await one.view()
    assert (view.stage, view.next_owner) == ("awaiting_parcel", "shopper")
    assert view.due_at is not None
    await diary.passes(25)
    await one.told("payment_due")
    await diary.note("time", "the last day to send it again passes")
    assert out(diary) == {f"exposure:{CUSTOMER}": 30000, f"receivable:{CUSTOMER}": 18109}
    assert diary.shop.world.posted("kept:") == {f"kept:{SHOPIFY_ORDER}": 1}
    await diary.says("finance", "lets it go", settle(one, Settled.WAIVED))
    assert (await diary.ends(Outcome.REFUNDED)).stage == "closed"
    assert diary.shop.world.posted("goodwill") == {"goodwill": -18109}


async def test_refund_at_the_first_scan_that_nobody_settles(diary: Diary) -> None:
    """Neither the shopper nor finance says anything: what is owed stays in the books, and the return ends."""
    one = await scanned_and_paid(diary)
    await diary.passes(1)
    await diary.scanned("takes it back to its sender", TrackingStatus.RETURN_TO_SENDER)
    await diary.passes(25)
    await one.told("payment_due")
    await diary.note("time", "the last day to send it again passes")
    await diary.passes(15, "the last day to pay passes")
    assert (await one.view()).next_action.startswith("Overdue: Get 181.09 USD")
    await diary.passes(15, "ops have not answered either")
    await diary.ends(Outcome.REFUNDED)
    assert diary.shop.world.posted("receivable:") == {f"receivable:{CUSTOMER}": 18109}


async def test_refund_at_the_first_scan_above_what_may_be_out(diary: Diary) -> None:
    """More would be out to this customer than the policy allows, so the refund waits for the inspection."""
    await in_force(diary.shop, AT_SCAN.replace("30000", "10000"))
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await one.recorded(EntryKind.NOT_EARLY)
    assert diary.shop.world.entries("R-1", EntryKind.NOT_EARLY)[0].reasons == ("exposure",)
    assert diary.shop.world.entries("R-1", EntryKind.PLAN) == []
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    assert out(diary) == {f"exposure:{CUSTOMER}": 10000}


async def test_refund_at_the_first_scan_of_a_parcel_that_is_lost(diary: Diary) -> None:
    """The carrier loses what was paid for already: nobody is paid twice, and the shopper owes nothing."""
    one = await scanned_and_paid(diary)
    await diary.passes(40)
    await diary.says("ops", "has the carrier's word that it is lost", one.update("lost", Lost(by="olga")))
    await diary.ends(Outcome.REFUNDED)
    assert out(diary) == {f"exposure:{CUSTOMER}": 30000}
    assert diary.shop.world.posted("kept:") == {f"kept:{SHOPIFY_ORDER}": 1}


async def test_refund_at_the_receipt(diary: Diary) -> None:
    """The policy pays when all of it has arrived, before anybody has looked at it."""
    await in_force(diary.shop, "refund_trigger:\n  - event: receipt\n")
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    assert (await one.view()).planned == ""
    await one.receive()
    await one.until(lambda view: view.refund_status == "succeeded")
    await one.told("refund_done")
    await diary.note("warehouse", "counts one unit")
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    assert out(diary) == {f"exposure:{CUSTOMER}": 18109}


async def test_money_at_the_receipt_of_what_cannot_be_replaced(diary: Diary) -> None:
    """The same again is asked for and sold out: the refund that follows is paid when the goods come, and they are
    looked at meanwhile."""
    again = "resolutions:\n  - allowed: [refund, replacement]\nrefund_trigger:\n  - event: receipt\n"
    await in_force(diary.shop, again)
    one = await diary.shop.two_rates({"1": 1}, resolution=Resolution.REPLACEMENT, reason="defective")
    await one.labelled()
    await diary.follows(one, "asks for the same again, which is sold out")
    await diary.says("warehouse", "counts one unit", one.receive())
    await one.until(lambda view: view.refund_status == "succeeded")
    await diary.says("warehouse", "grades it as new", one.inspect())
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "11.76 EUR")
    assert diary.shop.world.posted("early:") == {}
    assert len(diary.shop.world.entries(one.case, EntryKind.PLAN)) == 1
