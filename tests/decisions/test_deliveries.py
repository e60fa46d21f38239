"""Deliveries that the shop learns of after an order was first touched: a later return is decided on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from activities.decisions import DecisionActivities, OpenReturn
from activities.storefront import FetchOrder, StorefrontActivities
from activities.storefront.embedded import EmbeddedStorefront
from activities.storefront.importers import read_order
from database.stores import SqlOrders, SqlPolicies, SqlSnapshots
from domain.delivery import with_delivery, without_deliveries
from domain.order import Order
from domain.policy import Policy
from domain.request import RequestedLine, ReturnRequest
from ledger import EntryKind
from ledger.recall import newest_snapshot
from ledger.store import SqlLedger
from settings import ROOT
from tests.staff import Staff

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


class Shop:
    """An order of which no delivery is known."""

    def __init__(self, engine: Engine) -> None:
        self.orders, self.ledger = SqlOrders(engine), SqlLedger(engine)
        self._snapshots, policies = SqlSnapshots(engine), SqlPolicies(engine)
        policies.publish(Policy(id="standard", title="Standard", window_days=30), "a" * 64, NOW)
        self.storefront = StorefrontActivities(EmbeddedStorefront(self.orders), self._snapshots, policies, self.ledger)
        self.decisions = DecisionActivities(self._snapshots, policies, self.ledger, Staff())
        text = (ROOT / "embedded" / "orders" / "two_rates.json").read_text()
        self.order = without_deliveries(read_order(text).order)
        self.orders.put(self.order)

    def verdict(self, case: str, now: datetime = NOW) -> str:
        """What is decided on one unit of line 1."""
        lines = (RequestedLine(line_id="1", quantity=1),)
        request = ReturnRequest(id=case, order_id=self.order.id, lines=lines)
        self.storefront.fetch_order(FetchOrder(request=request, now=now))
        opened = self.decisions.open_return(OpenReturn(request=request, order_id=self.order.id, now=now))
        return opened.decision.verdict.value

    def delivered(self, at: datetime) -> Order:
        """Tell the shop of a delivery of everything."""
        self.order = with_delivery(self.order, {}, at)
        self.orders.put(self.order)
        return self.order

    def kinds(self) -> list[EntryKind]:
        return [one.kind for one in self.ledger.entries(order=self.order.id)]


@pytest.fixture
def shop(engine: Engine) -> Shop:
    return Shop(engine)


def test_a_later_return_is_decided_on_what_came_since(shop: Shop) -> None:
    # nobody knows that it has come, so no window has begun
    assert shop.verdict("R-1") == "approve"
    shop.delivered(NOW - timedelta(days=31))
    assert shop.verdict("R-2") == "decline"
    assert shop.verdict("R-3") == "decline"
    assert shop.kinds() == [
        EntryKind.ORDER_OPENED,
        EntryKind.DECISION,
        EntryKind.DELIVERY,
        EntryKind.DECISION,
        EntryKind.DECISION,
    ]
    learned = next(one for one in shop.ledger.entries() if one.kind is EntryKind.DELIVERY)
    assert learned.transfers == ()
    assert learned.key.startswith(f"delivery:{shop.order.id}:")
    assert learned.key.endswith(f":{learned.facts['snapshot']}")
    assert shop.ledger.verify().faults == ()


def test_refunds_that_the_shop_tells_of_later_are_not_taken_from_it(shop: Shop) -> None:
    # the shop's order shows our own refunds, too: what went back is known by facts of its own
    assert shop.verdict("R-1") == "approve"
    (tender,) = shop.order.tenders
    refunded = tender.model_copy(update={"refunded": 100})
    shop.orders.put(shop.order.model_copy(update={"tenders": (refunded,)}))
    assert shop.verdict("R-2") == "approve"
    assert shop.kinds() == [EntryKind.ORDER_OPENED, EntryKind.DECISION, EntryKind.DECISION]


def test_an_edited_order_is_what_a_later_return_is_decided_on(shop: Shop) -> None:
    assert shop.verdict("R-1") == "approve"
    shop.orders.put(shop.order.model_copy(update={"locale": "de"}))
    assert shop.verdict("R-2") == "approve"
    edited = next(one for one in shop.ledger.entries() if one.kind is EntryKind.ORDER_EDITED)
    assert edited.transfers == ()
    assert newest_snapshot(shop.ledger.entries(order=shop.order.id)) == edited.facts["snapshot"]
    assert shop.ledger.verify().faults == ()
