"""Orders to be returned: bought by one customer each, paid with two cards."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx2

from activities.storefront.importers import read_order
from domain.order import ImportedOrder, Order, Tender, TenderKind
from embedded.demo.orders import FOLDER
from settings import ROOT as ROOT

RETURNED = {"1": 2, "2": 1}
"""What of such an order comes back: line id to quantity."""

LONG_AGO = timedelta(days=100)
"""Delivered so long ago, an order is not taken back any more."""

_NEWER_CARD = 3000
"""Minor units paid with the second card, less than what is returned: a refund has two legs."""


def bought(name: str, delivered_at: datetime) -> ImportedOrder:
    """An order of its own."""
    imported = read_order((FOLDER / "two_rates.json").read_text(), delivered_at=delivered_at)
    order, customer, word = imported.order, f"cust-{name}", name.replace("-", "_")
    tenders = (
        Tender(id=f"pi_{word}_old", kind=TenderKind.CARD, captured=order.total - _NEWER_CARD, paid_at=order.placed_at),
        Tender(
            id=f"pi_{word}_new",
            kind=TenderKind.CARD,
            captured=_NEWER_CARD,
            paid_at=order.placed_at + timedelta(minutes=1),
        ),
    )
    changed = {"id": f"o-{name}", "number": f"B-{name}", "customer_id": customer, "tenders": tenders}
    return imported.model_copy(
        update={
            "order": Order.model_validate({**order.model_dump(), **changed}),
            "contact": imported.contact.model_copy(update={"customer_id": customer, "email": f"{name}@example.com"}),
        }
    )


async def pay(order: Order, http: httpx2.AsyncClient) -> None:
    """Have the order's payments at the provider."""
    for tender in order.tenders:
        payment = {"id": tender.id, "amount": tender.captured, "currency": order.currency.lower()}
        (await http.post("/stripe/_control/payment_intents", json=payment)).raise_for_status()
