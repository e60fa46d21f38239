"""What was sold: WooCommerce's lines and shipping, with the taxes of every rate."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from activities.storefront.reading import Node, make
from activities.storefront.woocommerce.fields import FEE, agreed, exact, rounded, spread
from domain.errors import InvalidRequest
from domain.money import Money
from domain.order import Exclusion, OrderLine, Shipping, TaxLine

_PERCENT = re.compile(r"([0-9]{1,2}(?:[.,][0-9]{1,4})?)\s?%")
_FEES = "fee_lines"
_MOST = 10**6
"""Units of a line; more are refused later."""
_EFFECTIVE = ("1e-2", "1e-3", "1e-4")
"""How finely a rate is computed where the order does not tell it: the first that explains the tax."""


@dataclass(frozen=True)
class Goods:
    """What an order's money was paid for."""

    lines: tuple[OrderLine, ...]
    shipping: Shipping | None


@dataclass(frozen=True)
class _Rate:
    """One of the order's tax rates, and its amount on every line and on shipping."""

    name: str
    rate: str
    on_lines: list[int]
    on_shipping: int
    exactly: list[Decimal]
    """Before they were rounded; on shipping last."""

    def tax(self, amount: int) -> dict[str, object]:
        """As a tax line."""
        return {"name": self.name, "rate": self.rate, "amount": amount}


def read_goods(order: Node, currency: str, delivered_at: datetime | None) -> Goods:
    """Lines and shipping of an order. Raises InvalidRequest naming the field, or the figure that disagrees."""
    inclusive = order.flag("prices_include_tax")
    sold, sent = [*order.each("line_items"), *_fees(order, currency)], order.each("shipping_lines")
    rates = _with_tax_told([_rate(one, sold, sent, currency) for one in order.each("tax_lines")], order, currency)
    on_lines, on_shipping = sum(sum(one.on_lines) for one in rates), sum(one.on_shipping for one in rates)
    delivery = order.amount("shipping_total", currency)
    agreed([exact(one, "total", currency) for one in sent], delivery, "shipping_total", currency)
    beside = delivery + on_shipping + (0 if inclusive else on_lines)
    prices = [_price(one, "total", currency, inclusive) for one in sold]
    paid = agreed(prices, order.amount("total", currency), "total", currency, beside)
    taxes = [[one.tax(one.on_lines[position]) for one in rates] for position in range(len(sold))]
    lines = [
        _line(order, one, price, currency, tax, delivered_at) for one, price, tax in zip(sold, paid, taxes, strict=True)
    ]
    price = delivery + (on_shipping if inclusive else 0)
    return Goods(tuple(lines), _shipping(price, rates) if sent or delivery else None)


def _fees(order: Node, currency: str) -> list[Node]:
    """What was charged beside the goods, each as a line of one unit. Raises InvalidRequest for a negative fee."""
    found: list[Node] = []
    for one in order.each(_FEES):
        charged = False
        for name in ("total", "total_tax"):
            amount = exact(one, name, currency, either_sign=True)
            if amount and one.figure(name).startswith("-"):
                words = "it is a discount that belongs to no line, and an order with one cannot be imported"
                raise InvalidRequest(one.at(name), f"{one.figure(name)} is a negative fee; {words}")
            charged = charged or bool(amount)
        if charged:
            found.append(
                Node({**one.fields, "quantity": 1, "price": None, "subtotal": one.fields.get("total")}, one.path)
            )
    return found


def _with_tax_told(rates: list[_Rate], order: Node, currency: str) -> list[_Rate]:
    """The rates so that they add up to the order's own tax; where it is their unrounded sum, it is spread over them.

    Raises InvalidRequest with both sums if it is neither.
    """
    told, found = order.amount("total_tax", currency), sum(sum(one.on_lines) + one.on_shipping for one in rates)
    if told == found:
        return rates
    exactly = [one for rate in rates for one in rate.exactly]
    if rounded(sum(exactly, Decimal(0))) != told:
        ours, theirs = (Money(minor=minor, currency=currency) for minor in (found, told))
        raise InvalidRequest("total_tax", f"the order says {theirs}, but its tax_lines add up to {ours}")
    parts = iter(spread(told, exactly))
    return [replace(one, on_lines=[next(parts) for _ in one.on_lines], on_shipping=next(parts)) for one in rates]


def _rate(raw: Node, sold: Sequence[Node], sent: Sequence[Node], currency: str) -> _Rate:
    on_sold, on_sent = ([_tax_on(one, raw, currency) for one in charged] for charged in (sold, sent))
    delivery = raw.amount("shipping_tax_total", currency)
    agreed(on_sent, delivery, raw.at("shipping_tax_total"), currency)
    on_lines = agreed(on_sold, raw.amount("tax_total", currency), raw.at("tax_total"), currency)
    taxed = [
        exact(one, "total", currency) for one, tax in zip([*sold, *sent], [*on_sold, *on_sent], strict=True) if tax
    ]
    exactly = [*on_sold, sum(on_sent, Decimal(0))]
    name = html.unescape(raw.text("label") or raw.text("rate_code"))[:100]
    return _Rate(name, _percentage(raw, name, taxed, sum(on_lines) + delivery), on_lines, delivery, exactly)


def _tax_on(charged: Node, rate: Node, currency: str) -> Decimal:
    """What a line has of a rate, with its fractions of a cent."""
    own = [one for one in charged.each("taxes") if one.fields.get("id") == rate.fields.get("rate_id")]
    return sum((exact(one, "total", currency) for one in own), Decimal(0))


def _percentage(raw: Node, name: str, taxed: Sequence[Decimal], tax: int) -> str:
    """The rate as a fraction: told by itself or by the label, else computed from what was taxed."""
    told = Decimal(raw.rate("rate_percent")) / 100 if raw.has("rate_percent") else Decimal(0)
    if not told and (found := _PERCENT.search(name)):
        told = Decimal(found.group(1).replace(",", ".")) / 100
    base = sum(taxed, Decimal(0))
    if not told and base:
        for fineness in _EFFECTIVE:
            told = (tax / base).quantize(Decimal(fineness))
            if 2 * abs(told * base - tax) <= len(taxed):
                break
    return Node({"rate": told}, raw.path).rate("rate")


def _price(raw: Node, name: str, currency: str, inclusive: bool) -> Decimal:
    """`total` (paid) or `subtotal` (before discounts) of a line, with its tax if the shop's prices include it."""
    net = _fine_total(raw, currency) if name == "total" else exact(raw, name, currency)
    taxes = [exact(one, name, currency) for one in raw.each("taxes")] or [exact(raw, f"{name}_tax", currency)]
    return net + (sum(taxes, Decimal(0)) if inclusive else 0)


def _fine_total(raw: Node, currency: str) -> Decimal:
    """What was paid for a line before tax; `price` is of one unit and still has the fractions that `total` has lost."""
    total, quantity = exact(raw, "total", currency), raw.whole("quantity")
    if not 1 <= quantity <= _MOST or not raw.has("price"):
        return total
    fine = exact(raw, "price", currency) * quantity
    return fine if abs(fine - total) <= Decimal("0.5") else total


def _line(
    order: Node, raw: Node, paid: int, currency: str, taxes: list[dict[str, object]], delivered_at: datetime | None
) -> OrderLine:
    """One line. A list price that the units do not divide is the next whole cent, and the discount takes the rest."""
    quantity = raw.whole("quantity")
    if quantity < 1:
        raise InvalidRequest(raw.at("quantity"), f"{quantity} units cannot be bought")
    same = exact(raw, "subtotal", currency) == exact(raw, "total", currency)
    inclusive = order.flag("prices_include_tax")
    listed = paid if same else max(paid, rounded(_price(raw, "subtotal", currency, inclusive)))
    unit_price = -(-listed // quantity)
    # a coupon is taken off the whole order; without one, somebody lowered this line
    of_order = listed - paid if order.each("coupon_lines") else 0
    is_fee = raw.path.startswith(_FEES)
    line = {
        "id": f"{FEE if is_fee else ''}{raw.whole('id')}",
        "sku": raw.text("sku"),
        "title": html.unescape(raw.text("name"))[:300],
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": quantity * unit_price - paid - of_order,
        "order_discount": of_order,
        "taxes": [one for one in taxes if one["amount"]],
        "deliveries": [{"quantity": quantity, "at": delivered_at}] if delivered_at else [],
        "exclusions": [Exclusion.FINAL_SALE] if is_fee else [],
    }
    return make(OrderLine, line, raw.path, {"unit_price": "total", "title": "name"})


def _shipping(price: int, rates: Sequence[_Rate]) -> Shipping:
    taxes: list[TaxLine] = [make(TaxLine, one.tax(one.on_shipping), "tax_lines") for one in rates if one.on_shipping]
    return make(Shipping, {"price": price, "taxes": taxes}, "shipping_lines")
