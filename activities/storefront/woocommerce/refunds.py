"""What of a WooCommerce order went back before: its refunds name lines, units and money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from activities.storefront.reading import Node, make
from activities.storefront.woocommerce.fees import is_cut
from activities.storefront.woocommerce.fields import exact, meta, moment, rounded
from activities.storefront.woocommerce.payments import gave_back
from domain.errors import InvalidRequest
from domain.order import EarlierRefund, Tender


def read_refunds(order: Node, more: object, currency: str, tenders: Sequence[Tender]) -> tuple[EarlierRefund, ...]:
    """Every earlier refund, as the order lists it or, in full, as the second document does."""
    found = {one.whole("id"): one for one in [*order.each("refunds"), *_second(more)]}
    refunds = [one for _, one in sorted(found.items())]
    amounts = [one.amount("amount" if one.has("amount") else "total", currency, either_sign=True) for one in refunds]
    money = gave_back(amounts, tenders)
    return tuple(_refund(order, one, currency, paid) for one, paid in zip(refunds, money, strict=True))


def _second(more: object) -> list[Node]:
    if isinstance(more, Mapping) and "refunds" not in more:
        return [Node(more, "refund")]
    return Node(more if isinstance(more, Mapping) else {"refunds": more}).each("refunds")


def _refund(order: Node, raw: Node, currency: str, money: Mapping[str, int]) -> EarlierRefund:
    """A refund; what the order itself lists has no date, and is dated by the order's last change."""
    changed = (moment(order, "date_modified_gmt"), moment(order, "date_modified"))
    refund = {
        "id": str(raw.whole("id")),
        "at": moment(raw, "date_created_gmt") or moment(raw, "date_created") or next(filter(None, changed), ""),
        "lines": _lines(order, raw, currency),
        "shipping": sum(_gross(one, currency) for one in raw.each("shipping_lines")) + _fees(order, raw, currency),
        "money": money,
    }
    return make(EarlierRefund, refund, raw.path, {"at": "date_created_gmt", "lines": "line_items"})


def _lines(order: Node, raw: Node, currency: str) -> list[dict[str, object]]:
    """The units that a refund closed, and its money for them; without units it gave back money for the line alone."""
    units: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    for one in raw.each("line_items"):
        quantity, money = abs(one.whole("quantity")), _gross(one, currency)
        if quantity or money:
            line_id = _sold_id(order, one, "line_items", ("product_id", "variation_id"))
            units[line_id] += quantity
            gross[line_id] += money
    return [{"line_id": line_id, "quantity": units[line_id], "gross": gross[line_id]} for line_id in gross]


def _fees(order: Node, raw: Node, currency: str) -> int:
    """What went back of the fees that were paid. A fee below zero lowered the lines, and lowers what they gave back."""
    back = 0
    for one in raw.each("fee_lines"):
        money = _gross(one, currency)
        if money and not is_cut(order, _sold_id(order, one, "fee_lines", ("name",)), currency):
            back += money
    return back


def _sold_id(order: Node, raw: Node, sort: str, like: Sequence[str]) -> str:
    """What a line of a refund stands for in the order: named by it, or the only one that is like it."""
    sold = order.each(sort)
    same = [one for one in sold if all(one.fields.get(name) == raw.fields.get(name) for name in like)]
    named = meta(raw, "_refunded_item_id") or (str(same[0].whole("id")) if len(same) == 1 else "")
    if named not in [str(one.whole("id")) for one in sold]:
        raise InvalidRequest(raw.at("meta_data"), "its _refunded_item_id names no line of the order")
    return named


def _gross(raw: Node, currency: str) -> int:
    """What a line of a refund gave back, tax included."""
    return rounded(sum((exact(raw, name, currency, either_sign=True) for name in ("total", "total_tax")), Decimal(0)))
