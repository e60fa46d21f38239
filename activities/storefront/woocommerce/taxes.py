"""WooCommerce's taxes: what each of the order's rates is, and its amount on every line and on shipping."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from activities.storefront.reading import Node
from activities.storefront.woocommerce.fees import Cut, shared
from activities.storefront.woocommerce.fields import agreed, exact, rounds_to, spread
from domain.errors import InvalidRequest
from domain.money import Money, exponent

_PERCENT = re.compile(r"([0-9]{1,2}(?:[.,][0-9]{1,4})?)\s?%")
_EFFECTIVE = ("1e-2", "1e-3", "1e-4")
"""How finely a rate is computed where the order does not tell it: the first that explains the tax."""


@dataclass(frozen=True)
class Rate:
    """One of the order's tax rates, and its amount on every line (fees are the last of them) and on shipping; `cut` is
    what discounts of the whole order took off its amount on the lines."""

    name: str
    rate: str
    on_lines: list[int]
    on_shipping: int
    cut: int
    exactly: list[Decimal]
    """Before they were rounded; on shipping last."""
    less: Decimal
    """The cut before it was rounded."""

    @property
    def total(self) -> int:
        """Its amount on the whole order."""
        return sum(self.on_lines) + self.on_shipping - self.cut

    def lowered(self, goods: int) -> Rate:
        """With the cut taken off the lines that are goods. Raises InvalidRequest if they have less of it."""
        shares = shared(self.cut, self.on_lines[:goods])
        on_goods = [amount - share for amount, share in zip(self.on_lines, shares, strict=False)]
        return replace(self, on_lines=[*on_goods, *self.on_lines[goods:]], cut=0)

    def tax(self, amount: int) -> dict[str, object]:
        """As a tax line."""
        return {"name": self.name, "rate": self.rate, "amount": amount}


def read_rates(order: Node, charged: Sequence[Node], sent: Sequence[Node], cut: Cut, currency: str) -> list[Rate]:
    """The rates so that they add up to the order's own tax; where it is their unrounded sum, it is spread over them.

    Raises InvalidRequest with both sums if it is neither.
    """
    told = order.amount("total_tax", currency)
    tax_lines = order.each("tax_lines") or ([_untold(order, currency)] if told else [])
    rates = [_rate(one, charged, sent, cut, currency) for one in tax_lines]
    found = sum(one.total for one in rates)
    if told == found:
        return rates
    on_goods = told - sum(one.on_shipping for one in rates)
    if rounds_to(exact_tax(rates, goods_alone=True), on_goods):
        return _spread_on_goods(rates, on_goods)
    if not rounds_to(exact_tax(rates), told):
        ours, theirs = (Money(minor=minor, currency=currency) for minor in (found, told))
        raise InvalidRequest("total_tax", f"the order says {theirs}, but its tax_lines add up to {ours}")
    return spread_tax(rates, told)


def exact_tax(rates: Sequence[Rate], goods_alone: bool = False) -> Decimal:
    """The tax of the whole order, or without its shipping, before anything of it was rounded."""
    parts = (one.exactly[:-1] if goods_alone else one.exactly for one in rates)
    return sum((amount for part in parts for amount in part), Decimal(0)) - sum(one.less for one in rates)


def _spread_on_goods(rates: Sequence[Rate], told: int) -> list[Rate]:
    parts = iter(spread(told + sum(one.cut for one in rates), [one for rate in rates for one in rate.exactly[:-1]]))
    return [replace(one, on_lines=[next(parts) for _ in one.on_lines]) for one in rates]


def spread_tax(rates: Sequence[Rate], told: int) -> list[Rate]:
    """The rates with their amounts as near to the exact ones as adding up to `told` allows."""
    parts = iter(spread(told + sum(one.cut for one in rates), [one for rate in rates for one in rate.exactly]))
    return [replace(one, on_lines=[next(parts) for _ in one.on_lines], on_shipping=next(parts)) for one in rates]


def _untold(order: Node, currency: str) -> Node:
    """The one tax of an order that came without its rates; its lines tell how much of it they have."""
    delivery = order.amount("shipping_tax", currency) if order.has("shipping_tax") else 0
    goods = Decimal(order.amount("total_tax", currency) - delivery).scaleb(-exponent(currency))
    return Node({"label": "Tax", "tax_total": goods, "shipping_tax_total": order.fields.get("shipping_tax") or 0})


def _rate(raw: Node, charged: Sequence[Node], sent: Sequence[Node], cut: Cut, currency: str) -> Rate:
    on_lines, on_sent = ([_tax_on(one, raw, currency) for one in some] for some in (charged, sent))
    less = sum((_tax_on(one, raw, currency, either_sign=True) for one in cut.fees), Decimal(0))
    delivery = raw.amount("shipping_tax_total", currency)
    agreed(on_sent, delivery, raw.at("shipping_tax_total"), currency)
    on_goods = raw.amount("tax_total", currency)
    whole = agreed(on_lines, on_goods, raw.at("tax_total"), currency, less=less)
    taxed = [
        exact(one, "total", currency) for one, tax in zip([*charged, *sent], [*on_lines, *on_sent], strict=True) if tax
    ]
    name = html.unescape(raw.text("label") or raw.text("rate_code"))[:100]
    percentage = _percentage(raw, name, taxed, sum(whole) + delivery)
    exactly = [*on_lines, sum(on_sent, Decimal(0))]
    return Rate(name, percentage, whole, delivery, sum(whole) - on_goods, exactly, less)


def _tax_on(charged: Node, rate: Node, currency: str, either_sign: bool = False) -> Decimal:
    """What a line has of a rate, with its fractions of a cent; all its tax, where the order does not tell the rates."""
    if not rate.path:
        return exact(charged, "total_tax", currency, either_sign)
    own = [one for one in charged.each("taxes") if one.id_text("id") == rate.id_text("rate_id")]
    return sum((exact(one, "total", currency, either_sign) for one in own), Decimal(0))


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
