"""Shopify's duties: what a line carries of them with the taxes on them, and what refunds gave back of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from activities.storefront.reading import Node
from activities.storefront.shopify.till import Till
from domain.money import half_up, split

_SUM = "total_duties_set"


def duties_on(order: Node, line: Node, till: Till) -> int:
    """The duties of a line with the taxes on them; none where the prices include them."""
    if order.has("duties_included") and order.flag("duties_included"):
        return 0
    return _untaxed(line, till) + (0 if order.flag("taxes_included") else _taxes(line.each("duties"), till))


def _untaxed(line: Node, till: Till) -> int:
    return sum(till.of_set(one) for one in line.each("duties"))


def _taxes(duties: Sequence[Node], till: Till) -> int:
    return sum(till.amount(tax, "price") for one in duties for tax in one.each("tax_lines"))


def taxes_on_duties(order: Node, till: Till) -> int:
    """The part of the order's tax that its duties carry."""
    return sum(_taxes(one.each("duties"), till) for one in order.each("line_items"))


def duties_back(order: Node, refund: Node, units: Mapping[str, int], till: Till) -> dict[str, int]:
    """What a refund that closed these units gave back of the duties of each line, with the taxes on them.

    Duties are named by their ids; what only its sum has is in proportion to the duties of those units, or of all lines.
    """
    lines = {str(one.whole("id")): one for one in order.each("line_items") if one.each("duties")}
    lines = {line_id: one for line_id, one in lines.items() if duties_on(order, one, till)}
    owner = {duty.id_text("id"): line_id for line_id, one in lines.items() for duty in one.each("duties")}
    found, unnamed = Counter[str](), 0
    for one in refund.each("duties"):
        amount = till.of_set(told, either_sign=True) if (told := one.child("amount_set")) else 0
        if line_id := owner.get(one.id_text("duty_id")):
            found[line_id] += amount
        else:
            unnamed += amount
    whole = till.of_set(told, either_sign=True) if (told := refund.child(_SUM)) else 0
    found.update(_spread(max(unnamed, whole - found.total()), lines, units, till))
    taxed = {line_id: (duties_on(order, one, till), _untaxed(one, till)) for line_id, one in lines.items()}
    return {one: half_up(amount * taxed[one][0], taxed[one][1] or 1) for one, amount in (+found).items()}


def _spread(rest: int, lines: Mapping[str, Node], units: Mapping[str, int], till: Till) -> dict[str, int]:
    """A sum of duties over the lines, by what the units have of them."""
    if rest <= 0 or not lines:
        return {}
    every = {line_id: _untaxed(one, till) for line_id, one in lines.items()}
    closed = {
        line_id: half_up(every[line_id] * max(0, units.get(line_id, 0)), max(1, one.whole("quantity")))
        for line_id, one in lines.items()
    }
    weights = closed if any(closed.values()) else every
    return dict(zip(weights, split(rest, list(weights.values())), strict=True))
