"""What of an order went back before: units by Shopify's refunds, money by their transactions.

A refund that is still pending counts as gone: paying it once more would be worse than waiting for it. One of which all
transactions failed took nothing back; one without any is goods that were taken off the order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from activities.storefront.reading import Node, make
from activities.storefront.shopify.discounts import charged_delivery, off_deliveries
from activities.storefront.shopify.duties import duties_back
from activities.storefront.shopify.lines import tip_lines
from activities.storefront.shopify.payments import Payments
from activities.storefront.shopify.taxes import told_taxes
from activities.storefront.shopify.till import Till
from domain.errors import InvalidRequest
from domain.money import half_up
from domain.order import UNPAID, EarlierRefund

_GONE = ("success", "pending")


def read_refunds(
    order: Node, second: Node, transactions: Sequence[Node], payments: Payments, till: Till
) -> tuple[EarlierRefund, ...]:
    """Every earlier refund of an order, oldest first as Shopify lists them; last, money that no refund names."""
    told = [*order.each("refunds"), *second.each("refunds"), *filter(None, [second.child("refund")])]
    refunds = [one for one in {one.whole("id"): one for one in told}.values() if not _failed(one)]
    named = [_paid_back(one.each("transactions")) for one in refunds]
    others = {
        number: one for number, one in _paid_back(transactions).items() if not any(number in own for own in named)
    }
    every = {number: one for own in [*named, others] for number, one in own.items()}
    money = payments.gave_back(every)
    found = [_refund(order, one, [money[it] for it in own], till) for one, own in zip(refunds, named, strict=True)]
    found += [_refund(order, one, [money[number]], till) for number, one in others.items()]
    return tuple(one for one in found if one.lines or one.shipping or one.tip or one.money)


def with_unpaid(refunds: Sequence[EarlierRefund], unpaid: int, placed_at: str) -> tuple[EarlierRefund, ...]:
    """The refunds, with what of the total was never paid: what was taken off the order without any money comes out of
    it first; what is left then stands last, for nothing in particular."""
    found: list[EarlierRefund] = []
    for one in refunds:
        off = min(_taken_off(one), unpaid)
        found.append(one.model_copy(update={"money": {UNPAID: off}}) if off else one)
        unpaid -= off
    if unpaid:
        at = max(one.at for one in refunds) if refunds else placed_at
        rest = {"id": UNPAID, "at": at, "money": {UNPAID: unpaid}}
        found.append(make(EarlierRefund, rest, "", {"at": "processed_at"}))
    return tuple(found)


def taken_off(refunds: Sequence[EarlierRefund]) -> int:
    """What was taken off the order without any money, because it had not been paid yet."""
    return sum(_taken_off(one) for one in refunds)


def _taken_off(refund: EarlierRefund) -> int:
    if refund.total:
        return 0
    return sum(line.gross + line.duties for line in refund.lines) + refund.shipping + refund.tip


def _paid_back(transactions: Iterable[Node]) -> dict[int, Node]:
    return {
        one.whole("id"): one for one in transactions if one.text("kind") == "refund" and one.text("status") in _GONE
    }


def _failed(refund: Node) -> bool:
    """Whether a refund had money to give back and none of it went."""
    transactions = refund.each("transactions")
    return any(one.text("kind") == "refund" for one in transactions) and not _paid_back(transactions)


def _refund(order: Node, raw: Node, money: Sequence[Mapping[str, int]], till: Till) -> EarlierRefund:
    by_tender: dict[str, int] = defaultdict(int)
    for one in money:
        for tender_id, amount in one.items():
            by_tender[tender_id] += amount
    tips = {one.whole("id") for one in tip_lines(order, till)}
    rows = raw.each("refund_line_items")
    refund = {
        "id": str(raw.whole("id")),
        "at": raw.text("processed_at") or raw.text("created_at"),
        "lines": _lines(order, raw, [one for one in rows if one.whole("line_item_id") not in tips], till),
        "shipping": _shipping(order, raw, till) + _additional_fees(raw, till),
        "tip": sum(_gross(order, one, till) for one in rows if one.whole("line_item_id") in tips),
        "money": by_tender,
    }
    return make(EarlierRefund, refund, raw.path, {"at": "processed_at", "lines": "refund_line_items"})


def _lines(order: Node, raw: Node, rows: Sequence[Node], till: Till) -> list[dict[str, object]]:
    """Units, gross and duties by line; what came back to two places stands there twice, duties alone close no unit."""
    units, gross = Counter[str](), Counter[str]()
    for one in rows:
        line_id = str(one.whole("line_item_id"))
        units[line_id] += one.whole("quantity")
        gross[line_id] += _gross(order, one, till)
    duties = duties_back(order, raw, units, till)
    return [
        {"line_id": one, "quantity": units[one], "gross": gross[one], "duties": duties.get(one, 0)}
        for one in dict.fromkeys([*units, *duties])
    ]


def _gross(order: Node, row: Node, till: Till) -> int:
    tax = 0 if order.flag("taxes_included") or not row.has("total_tax") else till.amount(row, "total_tax")
    return till.amount(row, "subtotal") + tax


def _shipping(order: Node, raw: Node, till: Till) -> int:
    """What a refund gave back of the shipping. Older versions of Shopify's API tell it as an adjustment, newer ones as
    refunded shipping lines; where both stand, they are the same money."""
    adjusted = sum(_adjustment(one, till) for one in raw.each("order_adjustments"))
    return adjusted or sum(_shipping_line(order, one, till) for one in raw.each("refund_shipping_lines"))


def _additional_fees(raw: Node, till: Till) -> int:
    """What a refund gave back of the additional fees, which are part of the delivery here."""
    fees = raw.child("total_additional_fees_set")
    return till.of_set(fees, either_sign=True) if fees else 0


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
    sent = charged_delivery(order)
    cost = sum(till.amount(one, "price") for one in sent) - sum(off_deliveries(order, till))
    tax = sum(amount for one in sent for _, amount in told_taxes(one, till))
    return net + (half_up(net * tax, cost) if cost > 0 else 0)
