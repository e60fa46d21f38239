"""Returns in which nothing goes wrong."""

from __future__ import annotations

from domain.case import Outcome
from domain.parcel import TrackingStatus
from tests.diaries.diary import Diary


async def test_plain_return(diary: Diary) -> None:
    """One unit comes back as new, and its money goes back to the card."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(1)
    await diary.scanned("delivers it", TrackingStatus.DELIVERED)
    await diary.passes(1)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote
