"""What the shopper gets, how the goods travel, and when the money goes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.method import Method
from domain.model import Minor, Model
from domain.money import ListedCurrency
from domain.policy.money import PerCent
from domain.policy.rule import Rule, listed
from domain.resolution import Resolution
from domain.terms import fraction


class Trigger(StrEnum):
    """The event on which the money goes back, or what an exchange gives goes out."""

    LABEL = "label"
    """The shopper can send; of goods that go out alone."""
    FIRST_SCAN = "first_scan"
    DROP_OFF = "drop_off"
    RECEIPT = "receipt"
    INSPECTION = "inspection"


class DueFrom(StrEnum):
    """The event from which the days until a refund is due are counted."""

    NOTICE = "notice"
    """The shopper said that the goods come back."""
    RECEIPT = "receipt"
    """The goods are here."""
    AGREEMENT = "agreement"
    """The shop agreed that the shopper is right."""
    SENT_OR_RECEIVED = "sent_or_received"
    """The goods are here, or the shopper has shown that they were sent; whichever is earlier."""


def _places(known: type[StrEnum], chosen: tuple[StrEnum, ...]) -> tuple[int, ...]:
    """How early each of the chosen is named; the earlier, the greater."""
    order = list(known)
    return tuple(-order.index(one) for one in chosen)


class ResolutionRule(Rule):
    """Between what the shopper may choose, the one that is offered first in front."""

    allowed: Annotated[tuple[Resolution, ...], BeforeValidator(listed), Field(min_length=1, max_length=6)]

    def favour(self) -> tuple[int, ...]:
        """A refund before none, then the greater choice, then the one whose first choice is named first above."""
        return (Resolution.REFUND in self.allowed, len(self.allowed), *_places(Resolution, self.allowed))


class MethodRule(Rule):
    """How goods may get back."""

    allowed: Annotated[tuple[Method, ...], BeforeValidator(listed), Field(min_length=1, max_length=5)]

    def favour(self) -> tuple[int, ...]:
        """The greater choice, then the one whose first choice is named first above."""
        return (len(self.allowed), *_places(Method, self.allowed))


class RefundDueRule(Rule):
    """The refund is due so many days after the event; `withhold` is until when it may wait beyond that."""

    days: Annotated[int, Field(strict=True, ge=0, le=365)]
    after: DueFrom = DueFrom.NOTICE
    withhold: Literal[DueFrom.SENT_OR_RECEIVED, DueFrom.RECEIPT] | None = None

    def favour(self) -> tuple[int, ...]:
        """The earlier event and the fewer days."""
        return (self.withhold is None, -list(DueFrom).index(self.after), -self.days)


class TriggerRule(Rule):
    """On which event the refund is paid, and how much of it may be out before the goods are here."""

    event: Literal[Trigger.FIRST_SCAN, Trigger.DROP_OFF, Trigger.RECEIPT, Trigger.INSPECTION] = Trigger.INSPECTION
    exposure_limit: Mapping[ListedCurrency, Minor] = {}

    def favour(self) -> tuple[int, ...]:
        """The earlier event."""
        return (-list(Trigger).index(self.event),)


class ShipRule(Rule):
    """On which event the goods of an exchange go out, and what they may be worth together before those that come back
    are here."""

    event: Trigger = Trigger.INSPECTION
    exposure_limit: Mapping[ListedCurrency, Minor] = {}

    def favour(self) -> tuple[int, ...]:
        """The earlier event."""
        return (-list(Trigger).index(self.event),)


class ReturnlessRule(Rule):
    """The goods may be kept where bringing them back costs more than they are still worth.

    `costs` are label and handling of one unit in minor units; it is still worth `salvage` percent of what was paid.
    Goods of a line may be kept up to `at_most`, those of a whole return up to `at_most_per_return`, else as much.
    """

    currency: ListedCurrency
    costs: Minor
    salvage: PerCent
    at_most: Minor
    at_most_per_return: Minor | None = None

    @property
    def limit(self) -> int:
        """What the goods that are kept of one return may be worth together."""
        return self.at_most if self.at_most_per_return is None else self.at_most_per_return

    @model_validator(mode="after")
    def _sane(self) -> Self:
        if fraction(self.salvage, 1000) > 100_000:
            raise ValueError(f"salvage: {self.salvage} is more than all of it (100)")
        return self

    def favour(self) -> tuple[int, ...]:
        """Where more may be kept."""
        return (self.at_most, self.costs, -fraction(self.salvage, 10_000))

    def favour_in(self, currency: str) -> tuple[int, ...]:
        """For an order in a currency, what is written in that one first; amounts of others cannot be compared."""
        return (self.currency == currency, *self.favour())

    def keeps(self, currency: str, value: int, units: int) -> bool:
        """Whether units that so much was paid for may be kept."""
        fits = currency == self.currency and value <= self.at_most
        return fits and self.costs * units > fraction(self.salvage, value, 100)


class RefundDue(Model):
    """One obligation to pay by a date, and what it rests on."""

    days: int
    after: DueFrom
    withhold: DueFrom | None = None
    cite: str = ""
