"""What of the money is kept, paid back and added."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.model import Minor, Model
from domain.money import ListedCurrency
from domain.policy.rule import Rule
from domain.policy.window import Days
from domain.terms import Halves, Percent, ShippingRule, fraction


def _percent(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


PerCent = Annotated[Percent, BeforeValidator(_percent)]
"""A percentage: a whole number, or a text such as `"12.5"`."""


def _at_most_all(percent: str | None) -> None:
    if percent is not None and fraction(percent, 1000) > 100_000:
        raise ValueError(f"percent: {percent} is more than all of it (100)")


class Cut(Model):
    """What is kept of each unit: a percentage of what it is worth, or an amount in minor units; `tax_percent` is the
    rate of the tax inside of it, empty for none. `halves` of a percentage are rounded up; down where a person said how
    much is paid back."""

    percent: Percent | None = None
    amount: Minor | None = None
    tax_percent: str = ""
    reason: str = ""
    halves: Halves = "up"

    def of(self, worth: int) -> int:
        """What it takes of a unit that is worth so much."""
        if self.percent is None:
            return min(self.amount or 0, worth)
        return fraction(self.percent, worth, 100, self.halves)


class FeeRule(Rule):
    """A part of the goods' worth that is kept, per unit: `percent` of it, or an amount per currency.

    Where the amounts leave the order's currency out, nothing is kept. `tax_percent` is the rate of the tax that is
    inside of what is kept. In a statute it is the most that may be kept, and says nothing of tax.
    """

    percent: PerCent | None = None
    amount: Mapping[ListedCurrency, Minor] = {}
    tax_percent: PerCent | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        _at_most_all(self.percent)
        _at_most_all(self.tax_percent)
        if (self.percent is None) is (not self.amount):
            raise ValueError("give either percent or amount")
        return self

    def cut(self, currency: str) -> Cut:
        """What it keeps of a unit in an order of that currency."""
        amount = self.amount.get(currency, 0) if self.percent is None else None
        tax = self.tax_percent or ""
        return Cut(percent=self.percent, amount=amount, tax_percent=tax, reason=self.reason)


class Payer(StrEnum):
    """Who pays for the way back."""

    SHOP = "shop"
    SHOPPER = "shopper"


class ReturnShippingRule(Rule):
    """Who pays for the way back, and what is deducted for our label, which every return gets; without a fee nothing."""

    payer: Payer = Payer.SHOP
    fee: Mapping[ListedCurrency, Minor] = {}

    @model_validator(mode="after")
    def _fee_of_the_shopper(self) -> Self:
        if self.fee and self.payer is Payer.SHOP:
            raise ValueError("fee: the shop pays, so there is none; leave it out, or write payer: shopper")
        return self


class Cap(StrEnum):
    """How much of the delivery is paid back at most."""

    NONE = "none"
    CHEAPEST_STANDARD = "cheapest_standard"


class DeliveryRule(Rule):
    """Whether the shopper gets back what delivery to them cost, and how much of it."""

    refund: ShippingRule = ShippingRule.WHEN_ALL_RETURNED
    cap: Cap = Cap.NONE

    def favour(self) -> tuple[int, ...]:
        """By value, then with the last unit, then never; without a cap first."""
        return (rank(self.refund), self.cap is Cap.NONE)


def rank(rule: ShippingRule) -> int:
    """How good a shipping rule is for the shopper."""
    return (ShippingRule.NEVER, ShippingRule.WHEN_ALL_RETURNED, ShippingRule.BY_VALUE).index(rule)


class Duties(StrEnum):
    """What happens to customs duties that were paid at the sale."""

    REFUND = "refund"
    KEEP = "keep"


class DutiesRule(Rule):
    """Whether duties go back with the goods."""

    duties: Duties = Duties.REFUND

    def favour(self) -> tuple[int, ...]:
        """They go back first."""
        return (self.duties is Duties.REFUND,)


class BonusRule(Rule):
    """Store credit on top of a refund that stays in the shop, in percent of it."""

    percent: PerCent

    @model_validator(mode="after")
    def _sane(self) -> Self:
        _at_most_all(self.percent)
        return self

    def favour(self) -> tuple[int, ...]:
        """The more, the better."""
        return (fraction(self.percent, 10_000),)


class PriceAdjustmentRule(Rule):
    """For how many days after the order the shop pays the difference when its own price falls."""

    days: Annotated[Days, Field(ge=1)]

    def favour(self) -> tuple[int, ...]:
        """The longer, the better."""
        return (self.days,)
