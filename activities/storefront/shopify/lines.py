"""What was sold: Shopify's line items with discounts, taxes, duties and deliveries; shipping; tips."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from activities.storefront.reading import Node, make
from activities.storefront.shopify.till import Till
from domain.money import split
from domain.order import Delivery, Exclusion, OrderLine, Shipping, TaxLine

_PARCEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EFFECTIVE = ("1e-2", "1e-3", "1e-4")
"""How finely a rate is computed where Shopify does not tell it: the first that explains the tax."""


def read_lines(order: Node, till: Till, delivered_at: datetime | None) -> tuple[OrderLine, ...]:
    """The lines of an order, without its tips. Raises InvalidRequest naming the field."""
    sold = [one for one in order.each("line_items") if one.child("tip") is None]
    basket = _Basket(order, till, _across(order), _deliveries(order), delivered_at)
    return tuple(basket.line(one, share) for one, share in zip(sold, _shares(order, till, sold), strict=True))


@dataclass(frozen=True)
class _Basket:
    """What the lines of an order have in common."""

    order: Node
    till: Till
    across: Collection[int]
    deliveries: Mapping[int, list[Delivery]]
    delivered_at: datetime | None

    def line(self, raw: Node, share: int) -> OrderLine:
        """One line; `share` is what it has of a discount that Shopify did not spread itself."""
        line_id, quantity = raw.whole("id"), raw.whole("quantity")
        cuts = [(cut, self.till.amount(cut, "amount")) for cut in raw.each("discount_allocations")]
        of_order = sum(amount for cut, amount in cuts if self._across(cut))
        off = sum(amount for _, amount in cuts) + share
        paid = quantity * self.till.amount(raw, "price") - off
        told = self.deliveries.get(line_id, [])
        line = {
            "id": str(line_id),
            "sku": raw.text("sku"),
            "title": (raw.text("name") or raw.text("title"))[:300],
            "quantity": quantity,
            "unit_price": self.till.amount(raw, "price"),
            "discount": off - share - of_order,
            "order_discount": of_order + share,
            "taxes": _taxes(self.order, [(raw, paid)], self.till),
            "duties": 0 if _is(self.order, "duties_included") else _duties(self.order, raw, self.till),
            "deliveries": [{"quantity": quantity, "at": self.delivered_at}] if self.delivered_at else told,
            "exclusions": [Exclusion.DIGITAL] if _is(raw, "gift_card") else [],
        }
        return make(OrderLine, line, raw.path, {"unit_price": "price", "title": "name"})

    def _across(self, cut: Node) -> bool:
        index = "discount_application_index"
        return cut.has(index) and cut.whole(index) in self.across


def _across(order: Node) -> set[int]:
    """The discounts that were spread over the whole order, by their position in its list."""
    return {
        position
        for position, one in enumerate(order.each("discount_applications"))
        if (one.text("allocation_method"), one.text("target_selection")) == ("across", "all")
    }


def _shares(order: Node, till: Till, sold: Sequence[Node]) -> list[int]:
    """What each line has of `total_discounts`, where an order says no more about its discounts than their sum."""
    told = any(one.each("discount_allocations") for one in (*sold, *order.each("shipping_lines")))
    if told or not sold or not order.has("total_discounts"):
        return [0] * len(sold)
    weights = [max(0, one.whole("quantity")) * till.amount(one, "price") for one in sold]
    return split(till.amount(order, "total_discounts"), weights)


def _duties(order: Node, raw: Node, till: Till) -> int:
    """The duties of a line with the taxes on them."""
    duties = raw.each("duties")
    return sum(till.of_set(one) for one in duties) + (0 if order.flag("taxes_included") else _on_duties(duties, till))


def _on_duties(duties: Sequence[Node], till: Till) -> int:
    return sum(till.amount(tax, "price") for one in duties for tax in one.each("tax_lines"))


def taxes_on_duties(order: Node, till: Till) -> int:
    """The part of the order's tax that its duties carry."""
    return sum(_on_duties(one.each("duties"), till) for one in order.each("line_items"))


def _deliveries(order: Node) -> Mapping[int, list[Delivery]]:
    """The parcels of each line. Shopify has no time of delivery: the last change of a delivered fulfilment is it."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    for sent in order.each("fulfillments"):
        if sent.text("status") != "success":
            continue
        number = "".join(sent.text("tracking_number").split())
        arrived = sent.text("updated_at") if sent.text("shipment_status") == "delivered" else None
        for one in sent.each("line_items"):
            parcel = number if _PARCEL.fullmatch(number) else None
            delivery = {"quantity": one.whole("quantity"), "at": arrived, "parcel": parcel}
            found[one.whole("id")].append(make(Delivery, delivery, one.path, {"at": "updated_at"}))
    return found


def read_shipping(order: Node, till: Till) -> Shipping | None:
    """All deliveries as one; Shopify lists those that were taken off the order, too."""
    charged = [one for one in order.each("shipping_lines") if not _is(one, "is_removed")]
    if not charged:
        return None
    prices, cuts = [till.amount(one, "price") for one in charged], [_off_shipping(one, till) for one in charged]
    paid = [price - cut for price, cut in zip(prices, cuts, strict=True)]
    taxes = _taxes(order, list(zip(charged, paid, strict=True)), till)
    shipping = {"price": sum(prices), "discount": sum(cuts), "taxes": taxes}
    return make(Shipping, shipping, "shipping_lines")


def _off_shipping(raw: Node, till: Till) -> int:
    cuts = raw.each("discount_allocations")
    if cuts or not raw.has("discounted_price"):
        return sum(till.amount(cut, "amount") for cut in cuts)
    return max(0, till.amount(raw, "price") - till.amount(raw, "discounted_price"))


def tips(order: Node, till: Till) -> int:
    """What the shopper gave on top: a line of its own, else only a sum."""
    lines = [one for one in order.each("line_items") if one.child("tip") is not None]
    if lines:
        return sum(one.whole("quantity") * till.amount(one, "price") for one in lines)
    sum_of_all = order.has("total_tip_received") and order.amount("total_tip_received", till.shop)
    return till.amount(order, "total_tip_received") if sum_of_all else 0


def _taxes(order: Node, charged: Sequence[tuple[Node, int]], till: Till) -> tuple[TaxLine, ...]:
    """The taxes of what was charged, each with what was paid for it before taxes on top."""
    amounts: dict[tuple[str, str], int] = {}
    for owner, paid in charged:
        told = [(one, till.amount(one, "price")) for one in owner.each("tax_lines")]
        net = paid - (sum(amount for _, amount in told) if order.flag("taxes_included") else 0)
        for one, amount in told:
            tax = (one.text("title")[:100], one.rate("rate") if one.has("rate") else _effective(one, amount, net))
            amounts[tax] = amounts.get(tax, 0) + amount
    taxes = ({"name": name, "rate": rate, "amount": amount} for (name, rate), amount in amounts.items())
    return tuple(make(TaxLine, tax, charged[0][0].at("tax_lines")) for tax in taxes)


def _effective(raw: Node, amount: int, net: int) -> str:
    """The rate of a tax that does not tell it, out of what was taxed; 0 for no tax."""
    rate = Decimal(0)
    if amount and net > 0:
        for fineness in _EFFECTIVE:
            rate = (Decimal(amount) / net).quantize(Decimal(fineness))
            if 2 * abs(rate * net - amount) <= 1:
                break
    return Node({"rate": rate}, raw.path).rate("rate")


def _is(raw: Node, name: str) -> bool:
    return raw.has(name) and raw.flag(name)
