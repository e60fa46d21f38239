"""What was sold: Shopify's line items with discounts, taxes, duties and deliveries; shipping; tips."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.storefront.reading import Node, make
from activities.storefront.shopify.discounts import Cut, charged_delivery, cuts, off_deliveries
from activities.storefront.shopify.duties import duties_on
from activities.storefront.shopify.taxes import Told, spread_taxes, tax_lines, told_taxes
from activities.storefront.shopify.till import Till
from activities.storefront.words import tags_of
from domain.order import Delivery, Exclusion, OrderLine, Shipping

_PARCEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ADDITIONAL_FEES = "original_total_additional_fees_set"


@dataclass(frozen=True)
class Sold:
    """What an order's money was paid for."""

    lines: tuple[OrderLine, ...]
    shipping: Shipping | None
    tip: int


def read_sold(order: Node, till: Till, delivered_at: datetime | None) -> Sold:
    """Lines, shipping and tip of an order. Raises InvalidRequest naming the field."""
    tips = [one.path for one in tip_lines(order, till)]
    goods = [one for one in order.each("line_items") if one.path not in tips]
    off = cuts(order, till, goods)
    paid = [
        (one, one.whole("quantity") * till.amount(one, "price") - cut.own - cut.of_order)
        for one, cut in zip(goods, off, strict=True)
    ]
    sent = sum(till.amount(one, "price") for one in charged_delivery(order)) - sum(off_deliveries(order, till))
    *on_lines, on_delivery = spread_taxes(order, paid, sent, till)
    basket = _Basket(order, till, _deliveries(order), delivered_at)
    lines = (basket.line(one, cut, told) for one, cut, told in zip(goods, off, on_lines, strict=True))
    return Sold(tuple(lines), _shipping(order, till, on_delivery), _tips(order, till))


@dataclass(frozen=True)
class _Basket:
    """What the lines of an order have in common."""

    order: Node
    till: Till
    deliveries: Mapping[int, list[Delivery]]
    delivered_at: datetime | None

    def line(self, raw: Node, cut: Cut, told: Sequence[Told]) -> OrderLine:
        """One line; `told` are the taxes that it does not tell itself."""
        line_id, quantity, price = raw.whole("id"), raw.whole("quantity"), self.till.amount(raw, "price")
        paid = quantity * price - cut.own - cut.of_order
        arrived = self.deliveries.get(line_id, [])
        line = {
            "id": str(line_id),
            "sku": raw.text("sku"),
            "title": (raw.text("name") or raw.text("title"))[:300],
            "category": raw.text("product_type")[:100],
            "tags": tags_of(raw.fields.get("tags"), self.order.fields.get("tags")),
            "quantity": quantity,
            "unit_price": price,
            "discount": cut.own,
            "order_discount": cut.of_order,
            "taxes": tax_lines(self.order, [(paid, told or told_taxes(raw, self.till))], raw.at("tax_lines")),
            "duties": duties_on(self.order, raw, self.till),
            "deliveries": [{"quantity": quantity, "at": self.delivered_at}] if self.delivered_at else arrived,
            "exclusions": [Exclusion.DIGITAL] if _is(raw, "gift_card") else [],
        }
        return make(OrderLine, line, raw.path, {"unit_price": "price", "title": "name"})


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


def _shipping(order: Node, till: Till, untold: Sequence[Told]) -> Shipping | None:
    """All deliveries as one, with what else was paid once for the whole order: additional fees, and what the till added
    because there are no smaller coins. `untold` are taxes that no delivery tells itself."""
    fees = order.child(ADDITIONAL_FEES)
    beside = (till.of_set(fees) if fees else 0) + max(0, till.rounding(order))
    charged = charged_delivery(order)
    if not charged and not beside:
        return None
    prices, off = [till.amount(one, "price") for one in charged], off_deliveries(order, till)
    taxed = [(price - cut, told_taxes(one, till)) for one, price, cut in zip(charged, prices, off, strict=True)]
    taxes = tax_lines(order, [*taxed, (sum(prices) - sum(off), untold)], "shipping_lines")
    shipping = {"price": sum(prices) + beside, "discount": sum(off), "taxes": taxes}
    return make(Shipping, shipping, "shipping_lines")


def tip_lines(order: Node, till: Till) -> list[Node]:
    """The lines that are tips; older versions of the API do not mark them, but call them so."""
    marked = [one for one in order.each("line_items") if one.child("tip") is not None]
    if marked or not (tip := _tip_received(order, till)):
        return marked
    called = [one for one in order.each("line_items") if one.text("title") == "Tip" and not one.has("product_id")]
    return called if sum(one.whole("quantity") * till.amount(one, "price") for one in called) == tip else []


def _tip_received(order: Node, till: Till) -> int:
    name = "total_tip_received"
    return till.amount(order, name) if order.has(name) and order.amount(name, till.shop) else 0


def _tips(order: Node, till: Till) -> int:
    """What the shopper gave on top: a line of its own, else only a sum."""
    lines = tip_lines(order, till)
    given = sum(one.whole("quantity") * till.amount(one, "price") for one in lines)
    return given if lines else _tip_received(order, till)


def _is(raw: Node, name: str) -> bool:
    return raw.has(name) and raw.flag(name)
