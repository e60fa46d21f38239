"""What carriers tell of parcels, in whatever order: the newest sign by their own time counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.case import Outcome
from domain.parcel import OtherParcel, TrackingStatus
from tests.diaries.diary import Diary
from tests.workflows.returns import SHOPIFY_ORDER, Return, refusal


async def asked(told: Diary) -> Return:
    one = await told.shop.shopify()
    await one.labelled()
    await told.follows(one, "asks to send one unit back")
    await told.passes(2)
    return one


async def test_scans_that_are_told_late_twice_and_against_each_other(diary: Diary) -> None:
    """Delivered, then in transit, then not to be delivered: each is recorded once, and the newest says who is next."""
    one = await asked(diary)
    noon: datetime = await diary.now
    number = (await one.view()).tracking_number

    async def seen(said: str, id: str, status: TrackingStatus, hours: float) -> str:
        view = await diary.says("carrier", said, one.scan(id, status, number, noon + timedelta(hours=hours)))
        return f"{view.next_owner}: {view.next_action}"

    assert await seen("delivered it at eight", "s-3", TrackingStatus.DELIVERED, 8) == (
        "warehouse: Receive the parcel, which the carrier delivered"
    )
    assert (await seen("had it at two, told late", "s-1", TrackingStatus.IN_TRANSIT, 2)).startswith("warehouse:")
    assert (await seen("says the same once more", "s-1", TrackingStatus.IN_TRANSIT, 2)).startswith("warehouse:")
    assert (await refusal(one.scan("s-1", TrackingStatus.FAILURE, number, noon)))[0] == "recorded_differently"
    assert await seen("has it again at nine", "s-4", TrackingStatus.IN_TRANSIT, 9) == "carrier: Deliver the parcel"
    assert await seen("cannot deliver it", "s-5", TrackingStatus.FAILURE, 10) == (
        "ops: Ask the carrier what it wants: it cannot deliver the parcel"
    )
    assert (await seen("delivers it after all", "s-6", TrackingStatus.DELIVERED, 30)).startswith("warehouse:")
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_a_parcel_that_customs_send_back(diary: Diary) -> None:
    """Customs do not let it in: it goes back to the shopper, who sends it again; then all is as ever."""
    one = await asked(diary)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(5)
    await diary.scanned("takes it back to its sender, refused at customs", TrackingStatus.RETURN_TO_SENDER)
    view = await one.view()
    assert (view.stage, view.next_owner) == ("awaiting_parcel", "shopper")
    assert view.due_at is not None
    assert timedelta(days=13.9) < view.due_at - (await diary.now) <= timedelta(days=14)
    await diary.passes(6)
    again = one.update("add_parcel", OtherParcel(tracking_number="BH000000000000022", by="shopper"))
    await diary.says("shopper", "sends it again, under another number", again)
    await diary.scanned("has the other parcel", TrackingStatus.IN_TRANSIT, "BH000000000000022")
    assert (await one.view()).next_owner == "carrier"
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_a_parcel_that_customs_send_back_for_good(diary: Diary) -> None:
    """It goes back to the shopper, who keeps it: the return expires, and the units are theirs as before."""
    one = await asked(diary)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(20)
    await diary.scanned("takes it back to its sender, refused at customs", TrackingStatus.RETURN_TO_SENDER)
    await diary.passes(13.9)
    assert (await one.view()).next_owner == "shopper"
    await diary.passes(0.2)
    await diary.ends(Outcome.EXPIRED)
    await diary.note("time", "the last day to send it again passes")
    assert diary.shop.world.returnable(SHOPIFY_ORDER, "1071823193") == 1
