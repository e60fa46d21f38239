"""The demo's two orders, with the payments that they name at the Stripe simulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from activities.storefront.importers import read_order
from activities.tls import trusted
from domain import ids
from domain.order import ImportedOrder, Order, TenderKind
from embedded.demo.shelf import Article
from embedded.stack import Stack
from ledger import UNITS, EntryKind, NewEntry
from ledger.moves import transfers

FOLDER = Path(__file__).parent.parent / "orders"
DELIVERED_AGO = timedelta(days=5)


@dataclass(frozen=True)
class Sample:
    """One order file, and what its shopper sends back: line id to quantity."""

    file: str
    payment: str
    title: str
    returned: dict[str, int]

    def imported(self, now: datetime) -> ImportedOrder:
        """The order, delivered a few days ago."""
        text = (FOLDER / self.file).read_text()
        return read_order(text, payment=self.payment, delivered_at=now - DELIVERED_AGO)


SHOPIFY = Sample("shopify_order_discount_code.json", "pi_demo_shopify", "A published Shopify order", {"1071823193": 1})
TWO_RATES = Sample("two_rates.json", "pi_demo_two_rates", "Two tax rates, shipping and a discount", {"1": 2, "2": 1})


async def stock_up(here: Stack, imported: ImportedOrder) -> Order:
    """Put the order on the shelf and its payments where they are kept. Each run returns a copy that nobody has returned
    yet."""
    order, run = imported.order, 1
    while here.rooms.ledger.find(ids.order_key(order.id)) is not None:
        run += 1
        order = _copy(imported.order, run)
    here.rooms.stores.orders.put(order)
    here.rooms.stores.contacts.put(imported.contact)
    async with httpx2.AsyncClient(verify=trusted()) as http:
        for tender in order.tenders:
            paid = {"id": tender.id, "amount": tender.captured, "currency": order.currency}
            url = f"{here.simulators}/storefront/_control/gift_cards"
            if tender.kind is TenderKind.CARD:
                url = f"{here.simulators}/stripe/_control/payment_intents"
                paid["currency"] = order.currency.lower()
            (await http.post(url, json=paid)).raise_for_status()
    return order


async def put_on_sale(here: Stack, one: Article, currency: str, key: str) -> None:
    """The shop sells it from now on, and has one more of it, found under this key."""
    taxes = [{"name": "VAT", "rate": one.tax}]
    variant = {"sku": one.sku, "title": one.title, "price": one.price, "currency": currency, "taxes": taxes}
    async with httpx2.AsyncClient(verify=trusted()) as http:
        (await http.post(f"{here.simulators}/storefront/_control/variants", json=variant)).raise_for_status()
    moved = transfers(key, UNITS, [("found", f"stock:main:{one.sku}:restocked", 1)])
    now = datetime.now(UTC)
    here.rooms.ledger.append(NewEntry(key=key, kind=EntryKind.RESTOCK, actor="ann", at=now, transfers=moved))


def _copy(order: Order, run: int) -> Order:
    """The same order, bought once more: an order that was returned once has nothing left to return."""
    tenders = tuple(one.model_copy(update={"id": f"{one.id}_{run}"}) for one in order.tenders)
    return order.model_copy(update={"id": f"{order.id}-{run}", "number": f"{order.number}-{run}", "tenders": tenders})
