"""What a decision allows: what comes back besides the goods, what is kept, and which payment gives back first."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from domain.model import Id, Minor, Model, Quantity, ShortText
from domain.money import half_up
from domain.order import TenderKind
from domain.plan import FeeKind
from domain.resolution import Resolution


class ShippingRule(StrEnum):
    """Whether the shopper gets back what delivery cost."""

    NEVER = "never"
    WHEN_ALL_RETURNED = "when_all_returned"
    BY_VALUE = "by_value"


Halves = Literal["up", "down"]
"""How half a minor unit is rounded."""

Percent = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$")]
"""A percentage as decimal text: `12.5`."""

FIRST_TO_LAST = (
    TenderKind.GIFT_CARD,
    TenderKind.STORE_CREDIT,
    TenderKind.CARD,
    TenderKind.UNKNOWN,
    TenderKind.BANK,
    TenderKind.CASH_ON_DELIVERY,
)
"""Credit first, what a person has to pay by hand last."""


class Share(Model):
    """Either a percentage of a base or a fixed amount, and the reason that the shopper is told."""

    percent: Percent | None = None
    amount: Minor | None = None
    reason: ShortText = ""
    halves: Halves = "up"

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.percent is None) is (self.amount is None):
            raise ValueError("give either percent or amount")
        return self

    def of(self, base: int) -> int:
        """The share of a base, in minor units; `halves` of a minor unit are rounded so."""
        if self.percent is None:
            return self.amount or 0
        return fraction(self.percent, base, 100, self.halves)


class FeeTerm(Share):
    """A fee or deduction.

    Restocking and lost value are per line that comes back (`line_id` names the one, none means each; `units` is how
    many of its units it is for, none means all), return shipping is once per return. `tax_rate` is a decimal fraction
    as text; the tax is inside the amount.
    """

    kind: FeeKind
    line_id: Id | None = None
    units: Quantity | None = None
    tax_name: Annotated[str, StringConstraints(max_length=100)] = ""
    tax_rate: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}(\.[0-9]{1,8})?$")] | None = None

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        if self.kind is FeeKind.ROUNDING:
            raise ValueError("kind: rounding is found, never asked for")
        if self.kind is FeeKind.RETURN_SHIPPING and self.line_id is not None:
            raise ValueError("line_id: return shipping is for the whole return")
        if self.units is not None and self.line_id is None:
            raise ValueError("units: name the line that they are of")
        return self


class Terms(Model):
    """What the decision allows; the default is full terms: no fees, duties with the goods, the rest when all is back.

    `delivery_kept` are lines of which no delivery is paid back: their goods never count for a share of it.
    `cheapest_standard_only` caps delivery at what the cheapest standard delivery would have cost. Kinds of tender that
    `tender_order` leaves out come last; within a kind the newest payment is first. `resolution` says whether the money
    goes back to the tenders or becomes store credit.
    """

    refund_shipping: ShippingRule = ShippingRule.WHEN_ALL_RETURNED
    delivery_kept: tuple[Id, ...] = ()
    cheapest_standard_only: bool = False
    refund_duties: bool = True
    refund_tip: bool = True
    fees: tuple[FeeTerm, ...] = ()
    bonus: Share | None = None
    resolution: Resolution = Resolution.REFUND
    tender_order: Annotated[tuple[TenderKind, ...], Field(max_length=len(TenderKind))] = FIRST_TO_LAST


def fraction(rate: str, base: int, of: int = 1, halves: Halves = "up") -> int:
    """`base` times a decimal given as text, divided by `of`; halves rounded up unless said. No float on the way."""
    whole, _, decimals = rate.partition(".")
    numerator, denominator = base * int(whole + decimals), of * 10 ** len(decimals)
    return half_up(numerator, denominator) if halves == "up" else -half_up(-numerator, denominator)
