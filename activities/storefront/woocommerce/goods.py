"""What was sold: WooCommerce's lines, shipping and fees, with the taxes of every rate."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from activities.storefront.reading import Node, make
from activities.storefront.woocommerce.fees import Cut, charged_fees, cut_of, shared
from activities.storefront.woocommerce.fields import adding_up, agreed, exact, includes_tax, rounded, spread
from activities.storefront.woocommerce.taxes import Rate, exact_tax, read_rates, spread_tax
from domain.errors import InvalidRequest
from domain.order import OrderLine, Shipping

_MOST = 10**6
"""Units of a line; more are refused later."""


@dataclass(frozen=True)
class Goods:
    """What an order's money was paid for."""

    lines: tuple[OrderLine, ...]
    shipping: Shipping | None


@dataclass(frozen=True)
class _Sold:
    """One line, what was `paid` for it in the end, and how much of that the discounts of the whole order took off."""

    raw: Node
    paid: int
    off: int
    taxes: list[dict[str, object]]


def read_goods(order: Node, currency: str, total: int, delivered_at: datetime | None) -> Goods:
    """Lines and shipping of an order for which `total` was paid. Raises InvalidRequest naming the field, or the figure
    that disagrees."""
    inclusive = includes_tax(order)
    goods, fees, sent = order.each("line_items"), charged_fees(order, currency), order.each("shipping_lines")
    cut, charged = cut_of(order, currency, inclusive), [*goods, *fees]
    rates = read_rates(order, charged, sent, cut, currency)
    delivery = order.amount("shipping_total", currency)
    agreed([exact(one, "total", currency) for one in sent], delivery, "shipping_total", currency)
    bill = _Bill(charged, cut, delivery, total, currency, inclusive)
    rates, paid = bill.settled(rates)
    shares = shared(sum(paid) + bill.beside(rates) - total, paid[: len(goods)])
    rates = [one.lowered(len(goods)) for one in rates]
    sold = [
        _Sold(one, paid[position] - share, share, [rate.tax(rate.on_lines[position]) for rate in rates])
        for position, (one, share) in enumerate(zip(goods, shares, strict=True))
    ]
    lines = tuple(_line(order, one, currency, delivered_at) for one in sold)
    price = delivery + (sum(one.on_shipping for one in rates) if inclusive else 0) + sum(paid[len(goods) :])
    return Goods(lines, _shipping(price, rates, len(goods)) if sent or fees or delivery else None)


@dataclass(frozen=True)
class _Bill:
    """What was charged, and the total that it has to add up to."""

    charged: Sequence[Node]
    cut: Cut
    delivery: int
    total: int
    currency: str
    inclusive: bool

    def settled(self, rates: list[Rate]) -> tuple[list[Rate], list[int]]:
        """The rates, and what was charged for every line; raises InvalidRequest with both sums if nothing agrees.

        The finest figures come first, then those of whole cents; last, the total leaves another tax than is told.
        """
        fine, plain = ([self._price(one, fine) for one in self.charged] for fine in (True, False))
        beside = self.beside(rates)
        plain_cut = self.cut.net + (sum(one.cut for one in rates) if self.inclusive else 0)
        for prices, cut in ((fine, self.cut.amount), (plain, plain_cut)):
            if (paid := adding_up(prices, self.total, beside, cut)) is not None:
                return rates, paid
        found = self._with_another_tax(rates)
        return found or (rates, agreed(fine, self.total, "total", self.currency, beside, self.cut.amount))

    def beside(self, rates: Sequence[Rate]) -> int:
        """What the total has beside the prices of the lines."""
        on_goods = 0 if self.inclusive else sum(sum(one.on_lines) - one.cut for one in rates)
        return self.delivery + sum(one.on_shipping for one in rates) + on_goods

    def _price(self, raw: Node, fine: bool) -> Decimal:
        if fine:
            return _price(raw, "total", self.currency, self.inclusive)
        tax = exact(raw, "total_tax", self.currency) if self.inclusive else Decimal(0)
        return exact(raw, "total", self.currency) + tax

    def _with_another_tax(self, rates: Sequence[Rate]) -> tuple[list[Rate], list[int]] | None:
        """The total is the judge where it is the rounded sum of all exact figures: the tax is what it leaves."""
        nets = [_fine_total(one, self.currency) for one in self.charged]
        net = sum(nets, Decimal(0)) - self.cut.net
        tax = self.total - self.delivery - rounded(net)
        if not rates or tax < 0 or rounded(net + exact_tax(rates)) + self.delivery != self.total:
            return None
        rates = spread_tax(rates, tax)
        paid = spread(rounded(net) + rounded(self.cut.net), nets)
        if self.inclusive:
            paid = [one + sum(rate.on_lines[place] for rate in rates) for place, one in enumerate(paid)]
        return list(rates), paid


def _price(raw: Node, name: str, currency: str, inclusive: bool) -> Decimal:
    """`total` (paid) or `subtotal` (before discounts) of a line, with its tax if the shop's prices include it."""
    net = _fine_total(raw, currency) if name == "total" else exact(raw, name, currency)
    taxes = [exact(one, name, currency) for one in raw.each("taxes")] or [exact(raw, f"{name}_tax", currency)]
    return net + (sum(taxes, Decimal(0)) if inclusive else 0)


def _fine_total(raw: Node, currency: str) -> Decimal:
    """What was paid for a line before tax; `price` is of one unit and still has the fractions that `total` has lost."""
    total = exact(raw, "total", currency)
    if not raw.has("price"):
        return total
    quantity = raw.whole("quantity")
    fine = exact(raw, "price", currency) * quantity if 1 <= quantity <= _MOST else total
    return fine if abs(fine - total) <= Decimal("0.5") else total


def _line(order: Node, sold: _Sold, currency: str, delivered_at: datetime | None) -> OrderLine:
    """One line. A list price that the units do not divide is the next whole cent, and the discount takes the rest."""
    raw, paid = sold.raw, sold.paid + sold.off
    quantity = raw.whole("quantity")
    if quantity < 1:
        raise InvalidRequest(raw.at("quantity"), f"{quantity} units cannot be bought")
    same = exact(raw, "subtotal", currency) == exact(raw, "total", currency)
    listed = paid if same else max(paid, rounded(_price(raw, "subtotal", currency, includes_tax(order))))
    unit_price = -(-listed // quantity)
    # a coupon is taken off the whole order; without one, somebody lowered this line
    of_order = sold.off + (listed - paid if order.each("coupon_lines") else 0)
    line = {
        "id": str(raw.whole("id")),
        "sku": raw.text("sku"),
        "title": html.unescape(raw.text("name"))[:300],
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": quantity * unit_price - sold.paid - of_order,
        "order_discount": of_order,
        "taxes": [one for one in sold.taxes if one["amount"]],
        "deliveries": [{"quantity": quantity, "at": delivered_at}] if delivered_at else [],
    }
    return make(OrderLine, line, raw.path, {"unit_price": "total", "title": "name"})


def _shipping(price: int, rates: Sequence[Rate], goods: int) -> Shipping:
    """Delivery, with the fees, which like it were paid once for the whole order."""
    amounts = ((one, one.on_shipping + sum(one.on_lines[goods:])) for one in rates)
    taxes = [one.tax(amount) for one, amount in amounts if amount]
    return make(Shipping, {"price": price, "taxes": taxes}, "shipping_lines")
