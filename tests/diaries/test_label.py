"""The label: issued once more, about to expire, given back or not; and the ways back without one of ours."""

from __future__ import annotations

from domain.case import Outcome
from domain.method import Method
from domain.parcel import NewLabel, Sent, TrackingStatus
from ledger import EntryKind
from tests.diaries.diary import Diary
from workflows.return_case.stage import Stage


async def test_label_issued_again(diary: Diary) -> None:
    """The shopper wants another label; the first is given back, and the parcel that travels under it all the same counts."""
    one = await diary.shop.shopify()
    first = (await one.labelled()).tracking_number
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(3)
    await diary.says(
        "shopper", "has lost the label and wants another one", one.update("new_label", NewLabel(by="shopper", number=2))
    )
    view = await one.view()
    assert view.tracking_number != first
    assert view.other_parcels == (first,)
    await diary.passes(1)
    await diary.scanned("has the parcel, under the first label", TrackingStatus.IN_TRANSIT, first)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    labels = {label["number"]: label["voided_at"] is not None for label in await diary.shop.world.labels()}
    assert labels == {first: True, view.tracking_number: False}
