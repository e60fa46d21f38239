"""What of an order went back before: units by Shopify's refunds, money by their transactions.

A refund that is still pending counts as gone: paying it once more would be worse than waiting for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from activities.storefront.reading import Node, make
from activities.storefront.shopify.lines import read_shipping
from activities.storefront.shopify.payments import Payments
from activities.storefront.shopify.till import Till
from domain.errors import InvalidRequest
from domain.money import half_up
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
    _check_tips(order, refunds, sum(one.total for one in found), till)
    return tuple(one for one in found if one.lines or one.shipping or one.money)


def _check_tips(order: Node, refunds: Sequence[Node], gone: int, till: Till) -> None:
    """A refund cannot say that it gave back a tip; only once all of the money went back, that makes no difference."""
    tips = _tip_ids(order)
    for one in (line for refund in refunds for line in refund.each("refund_line_items")):
        if one.whole("line_item_id") in tips and gone != till.amount(order, "total_price"):
            words = "it gave back a tip; such an order can only be imported once all of its money went back"
            raise InvalidRequest(one.at("line_item_id"), words)


def _tip_ids(order: Node) -> set[int]:
    return {one.whole("id") for one in order.each("line_items") if one.child("tip") is not None}


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
        "shipping": _shipping(order, raw, till),
        "money": by_tender,
    }
    return make(EarlierRefund, refund, raw.path, {"at": "processed_at", "lines": "refund_line_items"})


def _lines(order: Node, raw: Node, till: Till) -> list[dict[str, object]]:
    """Units and gross by line, without tips; what came back to two places stands there twice."""
    units: dict[str, int] = defaultdict(int)
    gross: dict[str, int] = defaultdict(int)
    tips = _tip_ids(order)
    for one in raw.each("refund_line_items"):
        if one.whole("line_item_id") in tips:
            continue
        line_id = str(one.whole("line_item_id"))
        tax = 0 if order.flag("taxes_included") or not one.has("total_tax") else till.amount(one, "total_tax")
        units[line_id] += one.whole("quantity")
        gross[line_id] += till.amount(one, "subtotal") + tax
    return [{"line_id": line_id, "quantity": units[line_id], "gross": gross[line_id]} for line_id in units]


def _shipping(order: Node, raw: Node, till: Till) -> int:
    """What a refund gave back of the shipping. Older versions of Shopify's API tell it as an adjustment, newer ones as
    refunded shipping lines; where both stand, they are the same money."""
    adjusted = sum(_adjustment(one, till) for one in raw.each("order_adjustments"))
    return adjusted or sum(_shipping_line(order, one, till) for one in raw.each("refund_shipping_lines"))


def _adjustment(raw: Node, till: Till) -> int:
    """What an adjustment gave back of the shipping; Shopify writes it below zero and its tax apart."""
    if raw.text("kind") != "shipping_refund":
        return 0
    tax = till.amount(raw, "tax_amount", either_sign=True) if raw.has("tax_amount") else 0
    return till.amount(raw, "amount", either_sign=True) + tax


def _shipping_line(order: Node, raw: Node, till: Till) -> int:
    """A refunded shipping line with its tax; where that is not told, it is in proportion to the tax on the shipping."""
    name = "subtotal_amount_set"
    subtotal = raw.child(name)
    if subtotal is None:
        raise InvalidRequest(raw.at(name), "it is missing")
    net = till.of_set(subtotal, either_sign=True)
    if order.flag("taxes_included"):
        return net
    if (told := raw.child("tax_amount_set")) is not None:
        return net + till.of_set(told, either_sign=True)
    sold = read_shipping(order, till)
    cost = sold.price - sold.discount if sold else 0
    return net + (half_up(net * sum(one.amount for one in sold.taxes), cost) if sold and cost else 0)
