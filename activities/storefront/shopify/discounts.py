"""Shopify's discounts: allocations tell every line's and delivery's share; older orders tell less."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from activities.storefront.reading import Node
from activities.storefront.shopify.till import Till
from domain.money import split


@dataclass(frozen=True)
class Cut:
    """What was taken off a line: its own discount, and its share of those on the whole order."""

    own: int = 0
    of_order: int = 0


def cuts(order: Node, till: Till, sold: Sequence[Node]) -> list[Cut]:
    """What was taken off each line, the till's rounding down of cash too."""
    found = _allocated(order, till, sold) if _is_allocated(order) else _summed(order, till, sold)
    down = max(0, -till.rounding(order))
    prices = [one.whole("quantity") * till.amount(one, "price") for one in sold]
    left = [max(0, price - cut.own - cut.of_order) for price, cut in zip(prices, found, strict=True)]
    shares = split(down, left) if down and left else [0] * len(found)
    return [Cut(cut.own, cut.of_order + share) for cut, share in zip(found, shares, strict=True)]


def _is_allocated(order: Node) -> bool:
    return any(one.each("discount_allocations") for one in [*order.each("line_items"), *order.each("shipping_lines")])


def _allocated(order: Node, till: Till, sold: Sequence[Node]) -> list[Cut]:
    across = _across(order)
    found: list[Cut] = []
    for line in sold:
        told = [(_is_across(one, across), till.amount(one, "amount")) for one in line.each("discount_allocations")]
        of_order = sum(amount for whole, amount in told if whole)
        found.append(Cut(sum(amount for _, amount in told) - of_order, of_order))
    return found


def _is_across(cut: Node, across: Collection[int]) -> bool:
    index = "discount_application_index"
    return cut.has(index) and cut.whole(index) in across


def _across(order: Node) -> set[int]:
    """The discounts that were spread over the whole order, by their position in its list."""
    return {
        position
        for position, one in enumerate(order.each("discount_applications"))
        if (one.text("allocation_method"), one.text("target_selection")) == ("across", "all")
    }


def _summed(order: Node, till: Till, sold: Sequence[Node]) -> list[Cut]:
    """The lines' own sums, and by price what `total_discounts` has beyond them and the delivery's."""
    prices = [max(0, one.whole("quantity")) * till.amount(one, "price") for one in sold]
    own = [till.amount(one, "total_discount") if one.has("total_discount") else 0 for one in sold]
    if not sold or not order.has("total_discounts"):
        return [Cut() for _ in sold]
    rest = till.amount(order, "total_discounts") - sum(off_deliveries(order, till))
    if rest < sum(own):
        own = [0] * len(sold)
    shares = split(max(0, rest - sum(own)), [max(0, price - cut) for price, cut in zip(prices, own, strict=True)])
    return [Cut(cut, share) for cut, share in zip(own, shares, strict=True)]


def charged_delivery(order: Node) -> list[Node]:
    """The deliveries; Shopify lists those that were taken off the order, too."""
    return [one for one in order.each("shipping_lines") if not (one.has("is_removed") and one.flag("is_removed"))]


def off_deliveries(order: Node, till: Till) -> list[int]:
    """What was taken off each of the deliveries, however an order tells it: by allocations, by a lower price, or by a
    code for shipping, whose amount is told in the shop's currency alone."""
    sent = charged_delivery(order)
    off = [_off(one, till) for one in sent]
    if any(off) or not sent or _is_allocated(order) or till.shop != till.paid_in:
        return off
    prices = [till.amount(one, "price") for one in sent]
    codes = [one for one in order.each("discount_codes") if one.text("type") == "shipping"]
    return split(min(sum(till.amount(one, "amount") for one in codes), sum(prices)), prices)


def _off(raw: Node, till: Till) -> int:
    allocations = raw.each("discount_allocations")
    if allocations or not raw.has("discounted_price"):
        return sum(till.amount(one, "amount") for one in allocations)
    return max(0, till.amount(raw, "price") - till.amount(raw, "discounted_price"))
