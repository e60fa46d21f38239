"""Shopify's taxes: those of a line or a delivery, and those that old orders tell only as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from activities.storefront.reading import Node, make
from activities.storefront.shopify.till import Till
from domain.money import split
from domain.order import TaxLine

_EFFECTIVE = ("1e-2", "1e-3", "1e-4")
"""How finely a rate is computed where Shopify does not tell it: the first that explains the tax."""

Told = tuple[Node, int]
"""A tax as Shopify writes it, and how much of it this is."""


def told_taxes(owner: Node, till: Till) -> list[Told]:
    """The taxes that a line or a delivery tells itself."""
    return [(one, till.amount(one, "price")) for one in owner.each("tax_lines")]


def spread_taxes(order: Node, goods: Sequence[tuple[Node, int]], sent: int, till: Till) -> list[list[Told]]:
    """Taxes that only the order tells, for each line and last for the delivery; none where those tell their own.

    They go to what is taxable, in proportion to what was paid for it; to the delivery only where the rates say so.
    """
    found: list[list[Told]] = [[] for _ in range(len(goods) + 1)]
    owners = [*order.each("line_items"), *order.each("shipping_lines")]
    whole = till.tax(order)
    if not whole or any(one.each("tax_lines") or one.each("duties") for one in owners):
        return found
    told = told_taxes(order, till) or [(Node({"title": "Tax"}), whole)]
    taxable = [max(0, paid) if not one.has("taxable") or one.flag("taxable") else 0 for one, paid in goods]
    weights = [*taxable, max(0, sent) if _on_delivery(order, told, sum(taxable), sent) else 0]
    for tax, amount in told if any(weights) else ():
        for place, share in enumerate(split(amount, weights)):
            if share:
                found[place].append((tax, share))
    return found


def _on_delivery(order: Node, told: Sequence[Told], goods: int, sent: int) -> bool:
    """Whether the rates explain the tax better with the delivery than without it."""
    if not goods or not all(one.has("rate") for one, _ in told):
        return not goods
    rate = sum((Decimal(one.rate("rate")) for one, _ in told), Decimal(0))
    rate = rate / (1 + rate) if order.flag("taxes_included") else rate
    tax = sum(amount for _, amount in told)
    return abs(rate * (goods + sent) - tax) < abs(rate * goods - tax)


def tax_lines(order: Node, charged: Sequence[tuple[int, Sequence[Told]]], path: str) -> tuple[TaxLine, ...]:
    """The taxes on what was charged, each with what was paid for it before taxes on top; what has one name and one rate
    is one tax."""
    amounts: dict[tuple[str, str], int] = {}
    for paid, told in charged:
        net = paid - (sum(amount for _, amount in told) if order.flag("taxes_included") else 0)
        for one, amount in told:
            tax = (one.text("title")[:100], one.rate("rate") if one.has("rate") else _effective(one, amount, net))
            amounts[tax] = amounts.get(tax, 0) + amount
    taxes = ({"name": name, "rate": rate, "amount": amount} for (name, rate), amount in amounts.items())
    return tuple(make(TaxLine, tax, path) for tax in taxes)


def _effective(raw: Node, amount: int, net: int) -> str:
    """The rate of a tax that does not tell it, out of what was taxed; 0 for no tax."""
    rate = Decimal(0)
    if amount and net > 0:
        for fineness in _EFFECTIVE:
            rate = (Decimal(amount) / net).quantize(Decimal(fineness))
            if 2 * abs(rate * net - amount) <= 1:
                break
    return Node({"rate": rate}, raw.path).rate("rate")
