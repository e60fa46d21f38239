"""How an order gets in, whoever brings it: read, joined with what is known of it, and its person kept apart from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities.storefront.importers import OrderFormat, read_order
from domain.delivery import keeping_deliveries, with_delivery
from domain.order import UNPAID, Order, TenderKind
from domain.policy.words import ShopWords, with_named
from domain.stores import Contacts, Orders


class Intake:
    """Puts orders on the shelf and contacts into their own table. `words` are the tags and groups to be kept."""

    def __init__(self, orders: Orders, contacts: Contacts, words: Callable[[], ShopWords]) -> None:
        self._orders = orders
        self._contacts = contacts
        self._words = words

    def take(
        self,
        text: str,
        format: OrderFormat = "auto",
        *,
        payment: str | None = None,
        more: str | None = None,
        delivered_at: datetime | None = None,
        of: str | None = None,
    ) -> Order | None:
        """Store an order, or a newer version of it, as its JSON says; deliveries and a payment that were told before
        stay known. With `of`, an order that has neither this id nor this number is not stored: None.

        Raises InvalidRequest as `read_order` does.
        """
        imported = read_order(text, format, payment, more=more)
        if of is not None and of not in (imported.order.id, imported.order.number, imported.order.number.lstrip("#")):
            return None
        earlier = self._earlier(imported.order.id)
        if earlier and payment is None and (known := _known_payment(imported.order, earlier)):
            imported = read_order(text, format, known, more=more)
        order = imported.order if delivered_at is None else with_delivery(imported.order, {}, delivered_at)
        order = with_named(keeping_deliveries(order, earlier) if earlier else order, self._words)
        self._contacts.put(imported.contact)
        self._orders.put(order)
        return order

    def _earlier(self, order_id: str) -> Order | None:
        found = self._orders.get(order_id)
        return found if found and found.id == order_id else None


def _known_payment(order: Order, earlier: Order) -> str | None:
    """The payment that was linked before to what this version of the order comes without; None if that is not clear."""
    missing = [one.captured for one in order.tenders if one.kind is TenderKind.UNKNOWN and one.id != UNPAID]
    told = [one.id for one in order.tenders]
    known = [one for one in earlier.tenders if one.kind is not TenderKind.UNKNOWN and one.id not in told]
    return known[0].id if len(known) == 1 and missing == [known[0].captured] else None
