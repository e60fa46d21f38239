"""What of an order went back before: units by Shopify's refunds, money by their transactions.

A refund that is still pending counts as gone: paying it once more would be worse than waiting for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from activities.storefront.reading import Node, make
from activities.storefront.shopify.payments import Payments
from activities.storefront.shopify.till import Till
from domain.order import EarlierRefund

_GONE = ("success", "pending")


def read_refunds(
    order: Node, second: Node, transactions: Sequence[Node], payments: Payments, till: Till
) -> tuple[EarlierRefund, ...]:
    """Every earlier refund of an order, oldest first as Shopify lists them; last, money that no refund names."""
    told = [*order.each("refunds"), *second.each("refunds"), *filter(None, [second.child("refund")])]
    refunds = list({one.whole("id"): one for one in told}.values())
    named = [_paid_back(one.each("transactions")) for one in refunds]
    seen = {number for one in named for number in one}
    found = [_refund(order, one, money, payments, till) for one, money in zip(refunds, named, strict=True)]
    for number, one in _paid_back(transactions).items():
        if number not in seen:
            found.append(_refund(order, one, {number: one}, payments, till))
    return tuple(one for one in found if one.lines or one.shipping or one.money)


def _paid_back(transactions: Iterable[Node]) -> dict[int, Node]:
    return {
        one.whole("id"): one for one in transactions if one.text("kind") == "refund" and one.text("status") in _GONE
    }


def _refund(order: Node, raw: Node, money: Mapping[int, Node], payments: Payments, till: Till) -> EarlierRefund:
    by_tender: dict[str, int] = defaultdict(int)
    for one in money.values():
        by_tender[payments.tender_of(one)] += payments.amount(one)
    refund = {
        "id": str(raw.whole("id")),
        "at": raw.text("processed_at") or raw.text("created_at"),
        "lines": _lines(order, raw, till),
        "shipping": sum(_shipping(one, till) for one in raw.each("order_adjustments")),
        "money": by_tender,
    }
    return make(EarlierRefund, refund, raw.path, {"at": "processed_at", "lines": "refund_line_items"})


def _lines(order: Node, raw: Node, till: Till) -> list[dict[str, object]]:
    """Units and gross by line; what came back to two places stands there twice."""
    units: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    for one in raw.each("refund_line_items"):
        line_id = str(one.whole("line_item_id"))
        tax = 0 if order.flag("taxes_included") or not one.has("total_tax") else till.amount(one, "total_tax")
        units[line_id] += one.whole("quantity")
        gross[line_id] += till.amount(one, "subtotal") + tax
    return [{"line_id": line_id, "quantity": units[line_id], "gross": gross[line_id]} for line_id in units]


def _shipping(raw: Node, till: Till) -> int:
    """What an adjustment gave back of the shipping; Shopify writes it below zero and its tax apart."""
    if raw.text("kind") != "shipping_refund":
        return 0
    tax = till.amount(raw, "tax_amount", either_sign=True) if raw.has("tax_amount") else 0
    return till.amount(raw, "amount", either_sign=True) + tax
