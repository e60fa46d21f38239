"""A rule: when it speaks, and what it rests on. Which of several speaks never depends on their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from domain.inspection import Grade
from domain.model import Minor, Model, ShortText
from domain.money import ListedCurrency
from domain.order import Buyer, Exclusion
from domain.policy.calendar import Country
from domain.policy.reasons import Fault, ReasonGroup
from domain.request import ReturnReason


class Told(StrEnum):
    """What the shop tells shoppers before they buy; the law counts on it."""

    WITHDRAWAL = "withdrawal"
    """That they may withdraw."""
    RETURN_COSTS = "return_costs"
    """That sending back is at their cost."""
    RETURNS_POLICY = "returns_policy"
    """The returns policy itself, where they see it."""


def listed(value: object) -> object:
    """One value where a list of them may stand."""
    return (value,) if isinstance(value, str) else value


def _reason(name: str) -> str:
    known = [one.value for one in (*ReasonGroup, *ReturnReason)]
    if name not in known:
        raise ValueError(f"{name!r} is neither a reason nor a group of them; there are {', '.join(known)}")
    return name


def _month_day(text: str) -> str:
    try:
        date.fromisoformat(f"2024-{text}")  # a leap year has every day
    except ValueError:
        raise ValueError(f"{text!r} is no day of a year; write month and day, such as 12-24") from None
    return text


_One = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Reason = Annotated[_One, AfterValidator(_reason)]
MonthDay = Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$"), AfterValidator(_month_day)]
"""A day of every year: `12-24`."""
_Region = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")]
_Count = Annotated[int, Field(strict=True, ge=0, le=10**6)]
_Many = (BeforeValidator(listed), Field(max_length=500))


class ValueRange(Model):
    """What was paid for the units that come back: from `least` on, and under `below`, in minor units."""

    currency: ListedCurrency
    least: Minor = 0
    below: Minor | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.below is None and not self.least:
            raise ValueError("give least, below, or both")
        if self.below is not None and self.below <= self.least:
            raise ValueError(f"below ({self.below}) must be more than least ({self.least})")
        return self


class Season(Model):
    """Days of the year on which the order was placed, both included; it may go past the end of the year."""

    first: MonthDay
    last: MonthDay

    def has(self, day: date) -> bool:
        """Whether the day is one of them."""
        this = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= this <= self.last
        return this >= self.first or this <= self.last


class When(Model):
    """The conditions of a rule: it speaks where all of them hold, a list where one of it does. None: everywhere."""

    category: Annotated[tuple[_One, ...], *_Many] = ()
    tag: Annotated[tuple[_One, ...], *_Many] = ()
    country: Annotated[tuple[Country, ...], *_Many] = ()
    region: Annotated[tuple[_Region, ...], *_Many] = ()
    channel: Annotated[tuple[_One, ...], *_Many] = ()
    group: Annotated[tuple[_One, ...], *_Many] = ()
    reason: Annotated[tuple[_Reason, ...], *_Many] = ()
    fault: Annotated[tuple[Fault, ...], *_Many] = ()
    grade: Annotated[tuple[Grade, ...], *_Many] = ()
    exclusion: Annotated[tuple[Exclusion, ...], *_Many] = ()
    buyer: Annotated[tuple[Buyer, ...], *_Many] = ()
    not_told: Annotated[tuple[Told, ...], *_Many] = ()
    value: ValueRange | None = None
    season: Season | None = None
    account_days_below: _Count | None = None
    returns_from: _Count | None = None

    @cached_property
    def named(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """The conditions that ask for one of some words."""
        found = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple((name, frozenset(map(str, one))) for name, one in found if isinstance(one, tuple) and one)

    @cached_property
    def count(self) -> int:
        """How many conditions there are; the more, the more specific is the rule."""
        ranges = (self.value, self.season, self.account_days_below, self.returns_from)
        return len(self.named) + sum(one is not None for one in ranges)

    def missed(self, facts: CaseFacts) -> str:
        """The first condition that does not hold; empty if all do. A fact that is not known holds nowhere."""
        for name, wanted in self.named:
            if wanted.isdisjoint(facts.words.get(name, ())):
                return name
        return self._range_missed(facts) if self.count > len(self.named) else ""

    def _range_missed(self, facts: CaseFacts) -> str:
        if (one := self.value) is not None:
            fits = facts.currency == one.currency and one.least <= facts.value
            if not fits or (one.below is not None and facts.value >= one.below):
                return "value"
        if self.season is not None and not self.season.has(facts.placed):
            return "season"
        days, returns = facts.account_days, facts.returns
        if self.account_days_below is not None and (days is None or days >= self.account_days_below):
            return "account_days_below"
        if self.returns_from is not None and (returns is None or returns < self.returns_from):
            return "returns_from"
        return ""


class CaseFacts(Model):
    """What rules ask about one line of a request: words by the name of the condition, and figures."""

    words: Mapping[str, frozenset[str]]
    value: int
    currency: str
    placed: date
    account_days: int | None = None
    returns: int | None = None

    def graded(self, grade: Grade) -> CaseFacts:
        """The same, once somebody has seen the goods."""
        return self.model_copy(update={"words": {**self.words, "grade": frozenset({grade.value})}})


class Rule(Model):
    """What every rule has. `reason` is told to the shopper; `cite` and `source` say which law it is, and where."""

    when: When = When()
    reason: ShortText = ""
    cite: ShortText = ""
    source: ShortText = ""
