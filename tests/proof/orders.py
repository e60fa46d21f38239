"""Orders to be returned: bought by one customer each, paid with a card and with something newer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from activities.storefront.importers import read_order
from domain.order import ImportedOrder, Order, Tender, TenderKind
from embedded.demo.orders import FOLDER
from settings import ROOT as ROOT

RETURNED = {"1": 2, "2": 1}
"""What of such an order comes back: line id to quantity."""

LONG_AGO = timedelta(days=100)
"""Delivered so long ago, an order is not taken back any more."""

_NEWER = {TenderKind.CARD: ("pi", 3000), TenderKind.GIFT_CARD: ("gc", 3000), TenderKind.BANK: ("bank", 9000)}
"""The newer tender: how its id begins, and so many minor units that neither it nor the card pays for all that is
returned. A refund has two legs, and a bank transfer's comes last."""


def bought(name: str, delivered_at: datetime, newer: TenderKind = TenderKind.CARD) -> ImportedOrder:
    """An order of its own, paid with a card and with a newer card, gift card or transfer."""
    imported = read_order((FOLDER / "two_rates.json").read_text(), delivered_at=delivered_at)
    order, customer, word = imported.order, f"cust-{name}", name.replace("-", "_")
    later, (prefix, share) = order.placed_at + timedelta(minutes=1), _NEWER[newer]
    tenders = (
        Tender(id=f"pi_{word}_old", kind=TenderKind.CARD, captured=order.total - share, paid_at=order.placed_at),
        Tender(id=f"{prefix}_{word}_new", kind=newer, captured=share, paid_at=later),
    )
    changed = {"id": f"o-{name}", "number": f"B-{name}", "customer_id": customer, "tenders": tenders}
    return imported.model_copy(
        update={
            "order": Order.model_validate({**order.model_dump(), **changed}),
            "contact": imported.contact.model_copy(update={"customer_id": customer, "email": f"{name}@example.com"}),
        }
    )


def payments(order: Order, refundable: bool = True) -> Iterator[tuple[str, dict[str, object]]]:
    """What was paid, as the simulators that keep it are told: where, and what. A card that is not `refundable` takes no
    money back."""
    for tender in order.tenders:
        paid: dict[str, object] = {"id": tender.id, "amount": tender.captured}
        if tender.kind is TenderKind.CARD:
            until = {} if refundable else {"refundable_until": 0}
            yield "/stripe/_control/payment_intents", {**paid, "currency": order.currency.lower(), **until}
        if tender.kind is TenderKind.GIFT_CARD:
            yield "/storefront/_control/gift_cards", {**paid, "currency": order.currency}
