"""How an order was paid: WooCommerce knows one payment, and beside it the gift cards of its own plug-in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from activities.storefront.reading import Node, make
from activities.storefront.tenders import kind_at_provider, step, the_one_tender
from activities.storefront.woocommerce.fields import meta, moment
from domain.errors import InvalidRequest
from domain.order import Tender, TenderKind

_BY_HAND = {
    "bacs": TenderKind.BANK,
    "cheque": TenderKind.BANK,
    "cod": TenderKind.CASH_ON_DELIVERY,
}
_PAYMENT_IDS = ("_stripe_intent_id", "_intent_id", "_stripe_charge_id", "_charge_id")
"""Where the plug-ins for Stripe keep its ids; a payment intent before a charge."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PAID = ("completed", "refunded")


def read_tenders(order: Node, currency: str, payment: str | None) -> tuple[Tender, ...]:
    """The payment of an order, then the gift cards; they came off the order's total before it was paid.

    Raises InvalidRequest for a `payment` that is not the order's own, or where nothing was paid.
    """
    cards = tuple(_gift_card(one, currency) for one in order.each("gift_cards"))
    main = _payment(order, currency, payment)
    by_cards_alone = cards and not main.captured and payment is None
    return cards if by_cards_alone else (main, *cards)


def _gift_card(raw: Node, currency: str) -> Tender:
    tender = {
        "id": f"gift-card-{raw.whole('id')}",
        "kind": TenderKind.GIFT_CARD,
        "captured": raw.amount("amount", currency),
    }
    return make(Tender, tender, raw.path, {"captured": "amount"})


def _payment(order: Node, currency: str, payment: str | None) -> Tender:
    """Unknown if it is not paid, or paid at a provider whose id is not told."""
    total = order.amount("total", currency)
    paid_at = moment(order, "date_paid_gmt") or moment(order, "date_paid") or None
    paid = bool(paid_at) or order.text("status") in _PAID
    tender_id, kind = _told(order)
    if paid and tender_id and payment in (None, tender_id):
        tender = {"id": tender_id, "kind": kind, "captured": total, "step": step(kind, currency), "paid_at": paid_at}
        return make(Tender, tender, names={"id": "transaction_id", "paid_at": "date_paid_gmt"})
    if paid and tender_id:
        raise InvalidRequest("payment", f"the order was paid with {tender_id}; leave it out")
    if payment is not None and not paid:
        raise InvalidRequest("date_paid_gmt", "it is empty; only a paid order has a payment to link")
    return the_one_tender(payment, total, 0, currency)


def _told(order: Node) -> tuple[str, TenderKind]:
    """The payment's id and kind; no id where it was paid at another provider than the cards', or under no id at all."""
    method = order.text("payment_method")
    if method in _BY_HAND:
        return f"{method}-{order.whole('id')}", _BY_HAND[method]
    ids = [*(meta(order, name) for name in _PAYMENT_IDS), order.id_text("transaction_id")]
    cards = (one for one in ids if kind_at_provider(one) is TenderKind.CARD and _ID.fullmatch(one))
    return next(cards, ""), TenderKind.CARD


def gave_back(amounts: Sequence[int], tenders: Sequence[Tender]) -> list[dict[str, int]]:
    """What each refund, one after the other, gave back to which payment: WooCommerce tells only how much, so the
    payment comes first and then the gift cards, each within what it has; the last takes whatever is more."""
    left = {one.id: one.captured for one in tenders}
    found: list[dict[str, int]] = []
    for amount in amounts:
        money: dict[str, int] = {}
        for one in tenders:
            part = amount if one is tenders[-1] else min(amount, left[one.id])
            if part:
                money[one.id] = part
                left[one.id] -= part
                amount -= part
        found.append(money)
    return found
