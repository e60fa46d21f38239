"""The nouns of an explained plan. They are published as JSON: fields may be added, none is renamed or taken away."""

from __future__ import annotations

from domain.model import Currency, Minor, Model
from domain.plan import (
    Adjustment,
    Bonus,
    Count,
    Difference,
    Fee,
    Leg,
)


class ExplainedTax(Model):
    """One tax in a gross amount; `rate` is a decimal fraction as text."""

    name: str
    rate: str
    amount: Minor


class ExplainedLine(Model):
    """One line: `gross` = worth_after - back_before, in minor units, less what is below a tender's step.

    worth_after = (2 * base * k + n) // (2 * n) with k = base_before + quantity and n = base_units: the worth of the
    first k of n units. The base is what was paid for all `bought` units, or what was left of it when money last went
    back that was not the worth of units. Where the plan has an `adjustment`, gross is the amount that was decided.
    """

    line_id: str
    title: str
    quantity: Count
    bought: Count
    paid: Minor
    base: Minor
    base_units: Count
    base_before: Count
    back_before: Minor
    worth_after: Minor
    gross: Minor
    net: Minor
    taxes: tuple[ExplainedTax, ...]
    duties: Minor
    duties_kept: Minor


class ExplainedShipping(Model):
    """What goes back of delivery."""

    gross: Minor
    net: Minor
    taxes: tuple[ExplainedTax, ...]


class Explanation(Model):
    """A plan to be read: all amounts in minor units of `currency`.

    total = lines with their duties + shipping + tip - fees - exchanged, and the legs add up to it.
    """

    order_id: str
    currency: Currency
    lines: tuple[ExplainedLine, ...]
    shipping: ExplainedShipping | None
    tip: Minor
    gross: Minor
    fees: tuple[Fee, ...]
    exchanged: Minor
    total: Minor
    legs: tuple[Leg, ...]
    later: Minor
    bonus: Bonus | None
    adjustment: Adjustment | None
    differences: tuple[Difference, ...]
