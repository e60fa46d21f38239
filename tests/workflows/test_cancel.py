"""Calling a return off: everything that was done is undone, in every order of events."""

from __future__ import annotations

from datetime import timedelta

from domain.case import Outcome
from ledger import EntryKind
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, Return, Shop, refusal
from tests.world import until
from workflows.return_case.stage import Stage


async def check(one: Return) -> None:
    """Ended as cancelled, with the units back at the customer and nothing left over."""
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.CANCELLED, "")
    world = one.world
    assert len(world.entries(one.case, EntryKind.CANCELLED)) == 1
    assert world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 1
    assert world.pending() == []
    assert world.posted("returning:") == {}
    assert world.rooms.ledger.verify().faults == ()


async def test_before_receipt_label_and_units_go_back(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.told("approved")
    assert shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 0
    await one.cancel(by="shopper")
    await check(one)
    (label,) = await shop.world.labels()
    assert label["status"] == "cancelled"
    (voided,) = shop.world.entries("R-1", EntryKind.LABEL_VOIDED)
    assert voided.facts["answer"] == "voided"
    assert [mail["subject"] for mail in await shop.world.mails("R-1")] == [
        "Your return R-1 is approved: here is your label",
        "Your return R-1 is cancelled",
    ]
    (cancelled,) = shop.world.entries("R-1", EntryKind.CANCELLED)
    assert (cancelled.actor, cancelled.reasons) == ("shopper", ("changed_mind",))


async def test_calling_it_off_twice_is_calling_it_off_once(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.told("approved")
    shop.world.doors.shut("/carrier")  # the label cannot be voided, so the return stays open
    await one.cancel()
    await one.recorded(EntryKind.CANCELLED)
    assert (await one.cancel()).stage is Stage.CLOSING
    shop.world.doors.open("/carrier")
    await check(one)
    assert len(await shop.world.mails("R-1")) == 2


async def test_after_receipt_it_is_refused_and_leaves_no_trace(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.arrive()
    await one.told("approved", "in_transit", "received")
    before = await one.at_rest()
    code, message = await refusal(one.cancel())
    assert code == "already_received"
    assert "arrived" in message
    assert await one.at_rest() == before
    assert (await one.view()).stage is Stage.INSPECTION


async def test_while_the_carrier_is_down_it_ends_when_the_carrier_is_back(shop: Shop) -> None:
    shop.world.doors.shut("/carrier")
    one = await shop.shopify()
    await until(lambda: shop.world.doors.knocks["/carrier"] > 0, "a call to the carrier")
    assert (await one.cancel()).stage is Stage.CLOSING
    shop.world.doors.open("/carrier")
    await check(one)
    # A label whose answer was lost may stand at the carrier, so it is found under its key and voided.
    assert [label["status"] for label in await shop.world.labels()] == ["cancelled"]
    assert [mail["subject"] for mail in await shop.world.mails("R-1")] == ["Your return R-1 is cancelled"]


async def test_while_the_carrier_refuses_the_label_it_ends_at_once(shop: Shop) -> None:
    shop.world.doors.shut("/carrier", 422)
    one = await shop.shopify()
    view = await one.until(lambda view: bool(view.troubles))
    assert (view.next_owner, view.troubles[0].step) == ("ops", "Buy the return label")
    await one.told("request_received")
    await one.cancel()
    await one.recorded(EntryKind.CANCELLED)  # at once: no time was skipped
    await check(one)
    assert one.notices() == {"request_received": "sent", "cancelled": "sent"}
    shop.world.doors.open("/carrier")
    assert await shop.world.labels() == []


async def test_a_parcel_that_the_carrier_has_already_cannot_be_stopped_but_the_return_ends(shop: Shop) -> None:
    one = await shop.shopify()
    number = (await one.labelled()).tracking_number
    scan = {"id": "s-1", "status": "in_transit", "at": "2026-11-20T10:00:00Z"}
    await shop.world.post(f"/carrier/labels/{number}/scans", scan)
    await one.cancel()
    await check(one)
    (voided,) = shop.world.entries("R-1", EntryKind.LABEL_VOIDED)
    assert voided.facts["answer"] == "already_used"


async def test_a_new_run_of_a_cancelled_return_undoes_the_rest(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.told("approved")
    shop.world.doors.shut("/carrier")
    await one.cancel()
    await one.recorded(EntryKind.CANCELLED)
    await one.handle.terminate("somebody in the Temporal UI")
    shop.world.doors.open("/carrier")
    again = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    await check(again)
    assert [label["status"] for label in await shop.world.labels()] == ["cancelled"]
    assert len(await shop.world.mails("R-1")) == 2


async def test_goods_of_a_cancelled_return_are_not_received(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    shop.world.doors.shut("/carrier")
    await one.cancel()
    code, message = await refusal(one.receive())
    assert code == "cancelled"
    assert "late receive" in message
    shop.world.doors.open("/carrier")
    await check(one)


async def test_a_label_that_nobody_can_void_holds_the_end_up_for_a_week_only(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.told("approved")
    shop.world.doors.shut("/carrier")
    await one.cancel()
    await one.told("cancelled")  # the shopper hears at once
    await until(lambda: shop.world.doors.knocks["/carrier"] > 0, "a call to the carrier")
    await shop.skip(timedelta(minutes=20))
    seen = await one.until(lambda view: bool(view.troubles))
    assert (seen.next_owner, seen.troubles[0].step) == ("ops", f"Void the label {seen.tracking_number}")
    await check(one)
    assert (await one.view()).troubles == ()
    (left,) = shop.world.entries("R-1", EntryKind.NOT_UNDONE)
    cancelled = shop.world.entries("R-1", EntryKind.CANCELLED)[0].at
    assert (left.facts["undo"], (left.at - cancelled).days) == ("void_label", 7)
    assert shop.world.entries("R-1", EntryKind.LABEL_VOIDED) == []
