"""Several parcels of one return, and several returns in one parcel."""

from __future__ import annotations

from datetime import UTC, datetime

from domain import ids
from domain.inbox import InboxState, ScanNews
from domain.parcel import OtherParcel, Scan, TrackingStatus
from ledger import EntryKind
from portal.courier import Courier, Sent
from tests.portal.fakes import row
from tests.workflows.returns import Return, Shop, refusal
from tests.workflows.test_webhooks import delivery
from tests.world import until
from workflows.return_case.stage import Stage

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)


async def seen(shop: Shop, number: str, status: TrackingStatus = TrackingStatus.IN_TRANSIT) -> Sent:
    """The carrier tells by webhook that it saw a parcel."""
    here = shop.world.rooms
    courier = Courier(delivery(shop.client), here.ledger, here.stores.parcels, here.stores.outbox)
    scan = Scan(id=f"{status}-{number}", tracking_number=number, status=status, at=NOW)
    return await courier.send(row(ScanNews(scan=scan), f"evt_{status}-{number}"))


def scans(one: Return) -> list[str]:
    """The numbers of its scans in the journal."""
    entries = one.world.entries(one.case, EntryKind.SCAN)
    return [entry.facts["scan"]["tracking_number"] for entry in entries]


async def test_two_returns_in_one_box_hear_of_it_both_and_one_that_ended_is_left_in_peace(real_shop: Shop) -> None:
    one = await real_shop.two_rates({"1": 1})
    other = await real_shop.start(f"{one.case}-other", "two-rates", {"2": 1})
    number = (await one.labelled()).tracking_number
    own = (await other.labelled()).tracking_number
    assert (await seen(real_shop, number)).target == ids.workflow_id(one.case)

    view = await other.update("add_parcel", OtherParcel(tracking_number=number, by="olga"))
    assert (view.tracking_number, view.other_parcels) == (own, (number,))
    sent = await seen(real_shop, number, TrackingStatus.DELIVERED)
    assert (sent.state, set(sent.target.split(", "))) == (
        InboxState.DELIVERED,
        {ids.workflow_id(one.case), ids.workflow_id(other.case)},
    )
    assert (scans(one), scans(other)) == ([number] * 2, [number])
    assert (await other.view()).stage is Stage.IN_TRANSIT
    # Its own label was not used: one label is owed to the carrier, the other not yet.
    assert set(real_shop.world.posted("label_due")) == {f"label_due:label:{other.case}:1"}

    await one.receive({"1": 1})
    await one.inspect({"1": 1})
    await one.result()
    sent = await seen(real_shop, number, TrackingStatus.AVAILABLE_FOR_PICKUP)
    assert (sent.state, sent.target) == (InboxState.DELIVERED, ids.workflow_id(other.case))
    assert number in await other.details()


async def test_a_second_parcel_of_a_return_is_followed_like_the_first(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})
    number = (await one.labelled()).tracking_number
    code, message = await refusal(one.scan("scan-1", number="1Z9"))
    assert code == "other_parcel"
    assert "parcel add" in message
    shop.world.doors.shut("/carrier/track/1Z9")
    for _ in range(2):
        await one.update("add_parcel", OtherParcel(tracking_number="1Z9", by="shopper"))
    # The carrier is asked to tell of it, and holds nothing up while it does not answer.
    await until(lambda: shop.world.doors.knocks["/carrier/track/1Z9"] > 0, "a call to the carrier")
    await one.update("add_parcel", OtherParcel(tracking_number=number, by="shopper"))  # its label's own
    assert (await one.view()).other_parcels == ("1Z9",)
    assert [entry.key for entry in shop.world.entries("R-1", EntryKind.PARCEL)] == ["parcel:R-1:1Z9"]
    assert (await one.scan("scan-1", number="1Z9")).stage is Stage.IN_TRANSIT
    await one.receive({"1": 1}, "box-1")
    await one.receive({"1": 1}, "box-2")
    await one.inspect()
    assert (await one.result()).refunded == "23.53 EUR"


async def test_who_may_not_and_what_is_over_adds_no_parcel(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    for by, wanted in (("fay", "role_may_not"), ("eve", "person_unknown")):
        code, _ = await refusal(one.update("add_parcel", OtherParcel(tracking_number="1Z9", by=by)))
        assert code == wanted
    assert (await one.view()).other_parcels == ()
    real_shop.world.doors.shut("/carrier")  # its label cannot be voided, so it does not end yet
    await one.cancel()
    code, message = await refusal(one.update("add_parcel", OtherParcel(tracking_number="1Z9", by="olga")))
    assert (code, message) == ("cancelled", "Nothing comes back of this return, so it has no parcels.")
