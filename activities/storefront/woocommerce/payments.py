"""How an order was paid and what of it went back: WooCommerce knows one payment, and refunds of its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from activities.storefront.reading import Node, make
from activities.storefront.tenders import kind_at_provider, step, the_one_tender
from activities.storefront.woocommerce.fields import FEE, exact, meta, moment, rounded
from domain.errors import InvalidRequest
from domain.order import EarlierRefund, Tender, TenderKind

_BY_HAND = {
    "bacs": TenderKind.BANK,
    "cheque": TenderKind.BANK,
    "cod": TenderKind.CASH_ON_DELIVERY,
}
_PAYMENT_IDS = ("_stripe_intent_id", "_intent_id", "_stripe_charge_id", "_charge_id")
"""Where the plug-ins for Stripe keep its ids; a payment intent before a charge."""
_PAID = ("completed", "refunded")


def read_tender(order: Node, currency: str, payment: str | None) -> Tender:
    """The payment of an order; unknown if it is not paid, or paid at a provider whose id is not told.

    Raises InvalidRequest for a `payment` that is not the order's own, or where nothing was paid.
    """
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
    """The payment's id and kind; no id where it was paid at another provider than the cards'."""
    method = order.text("payment_method")
    if method in _BY_HAND:
        return f"{method}-{order.whole('id')}", _BY_HAND[method]
    ids = [*(meta(order, name) for name in _PAYMENT_IDS), order.text("transaction_id")]
    return next((one for one in ids if kind_at_provider(one) is TenderKind.CARD), ""), TenderKind.CARD


def read_refunds(order: Node, more: object, currency: str, tender_id: str) -> tuple[EarlierRefund, ...]:
    """Every earlier refund, as the order lists it or, in full, as the second document does."""
    found = {one.whole("id"): one for one in [*order.each("refunds"), *_second(more)]}
    return tuple(_refund(order, one, currency, tender_id) for _, one in sorted(found.items()))


def _second(more: object) -> list[Node]:
    if isinstance(more, Mapping) and "refunds" not in more:
        return [Node(more, "refund")]
    return Node(more if isinstance(more, Mapping) else {"refunds": more}).each("refunds")


def _refund(order: Node, raw: Node, currency: str, tender_id: str) -> EarlierRefund:
    """A refund; what the order itself lists has no date, and is dated by the order's last change."""
    amount = raw.amount("amount" if raw.has("amount") else "total", currency, either_sign=True)
    sent = sum((_gross(one, currency) for one in raw.each("shipping_lines")), 0)
    refund = {
        "id": str(raw.whole("id")),
        "at": moment(raw, "date_created_gmt") or moment(raw, "date_created") or moment(order, "date_modified_gmt"),
        "lines": _lines(order, raw, currency),
        "shipping": sent,
        "money": {tender_id: amount} if amount else {},
    }
    return make(EarlierRefund, refund, raw.path, {"at": "date_created_gmt", "lines": "line_items"})


def _lines(order: Node, raw: Node, currency: str) -> list[dict[str, object]]:
    """The units that a refund closed, and its money for them; without units it gave back money for the line alone."""
    units: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    for one in raw.each("line_items"):
        quantity, money = abs(one.whole("quantity")), _gross(one, currency)
        if quantity or money:
            line_id = _line_id(order, one)
            units[line_id] += quantity
            gross[line_id] += money
    for one in raw.each("fee_lines"):
        if money := _gross(one, currency):
            gross[f"{FEE}{_line_id(order, one, 'fee_lines', ('name',))}"] += money
    return [{"line_id": line_id, "quantity": units[line_id], "gross": gross[line_id]} for line_id in gross]


def _line_id(
    order: Node, raw: Node, sort: str = "line_items", like: Sequence[str] = ("product_id", "variation_id")
) -> str:
    """The order's line that a refund's line stands for: named by it, or the only one that is like it."""
    sold = order.each(sort)
    same = [one for one in sold if all(one.fields.get(name) == raw.fields.get(name) for name in like)]
    named = meta(raw, "_refunded_item_id") or (str(same[0].whole("id")) if len(same) == 1 else "")
    if named not in [str(one.whole("id")) for one in sold]:
        raise InvalidRequest(raw.at("meta_data"), "its _refunded_item_id names no line of the order")
    return named


def _gross(raw: Node, currency: str) -> int:
    """What a line of a refund gave back, tax included."""
    return rounded(sum((exact(raw, name, currency, either_sign=True) for name in ("total", "total_tax")), Decimal(0)))
