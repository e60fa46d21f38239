"""What the conditions of rules have in common: where one holds because others do, and whether two can hold at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from domain.inspection import Grade
from domain.order import Buyer
from domain.policy.reasons import Fault, fault_of, group_of
from domain.policy.rule import Rule, Season, ValueRange, When
from domain.request import ReturnReason


class Case(NamedTuple):
    """What can be told apart of any request, because all of its values are known."""

    reason: ReturnReason
    buyer: Buyer
    grade: Grade | None


GRADED = ("restocking", "lost_value")
"""Clauses that are read again for every grade; the others never know it."""

_BY_CASE = ("reason", "fault", "buyer", "grade")
_ONE_OF = ("category", "country", "region", "channel")
"""Of these a line has one at most; of tags, groups and exclusions it may have several."""

_INDEXED = (*_ONE_OF, "tag", "group", "exclusion")


def cases_of(when: When, clause: str) -> frozenset[Case]:
    """The cases in which those conditions hold that are about the case alone."""
    return _cases(when.reason, when.fault, when.buyer, when.grade, clause in GRADED)


@lru_cache(maxsize=1024)
def _cases(
    reasons: tuple[str, ...],
    faults: tuple[Fault, ...],
    buyers: tuple[Buyer, ...],
    grades: tuple[Grade, ...],
    graded: bool,
) -> frozenset[Case]:
    known: tuple[Grade | None, ...] = tuple(Grade) if graded else (None,)
    return frozenset(
        Case(reason, buyer, grade)
        for reason, buyer, grade in product(ReturnReason, Buyer, known)
        if (not reasons or {reason.value, group_of(reason).value} & set(reasons))
        and (not faults or fault_of(reason) in faults)
        and (not buyers or buyer in buyers)
        and (not grades or grade in grades)
    )


def implied(asked: When, *given: When) -> bool:
    """Whether each condition that is not about the case holds wherever all of the `given` ones hold together."""
    for name, wanted in asked.named:
        if name in _BY_CASE:
            continue
        words = [found for one in given for other, found in one.named if other == name]
        if name in _ONE_OF and words:
            words = [frozenset.intersection(*words)]
        if not any(one <= wanted for one in words):
            return False
    return asked.count == len(asked.named) or _ranges_implied(asked, given)


def _ranges_implied(asked: When, given: Sequence[When]) -> bool:
    value, season = asked.value, asked.season
    days, returns = asked.account_days_below, asked.returns_from
    return (
        (value is None or any(one.value and _within(one.value, value) for one in given))
        and (season is None or any(one.season and days_of(one.season) <= days_of(season) for one in given))
        and (days is None or any(0 <= (one.account_days_below or -1) <= days for one in given))
        and (returns is None or any(one.returns_from is not None and one.returns_from >= returns for one in given))
    )


def compatible(one: When, other: When) -> bool:
    """Whether both can hold for one line, as far as it is not about the case."""
    words = dict(other.named)
    if any(name in _ONE_OF and name in words and found.isdisjoint(words[name]) for name, found in one.named):
        return False
    if one.value and other.value and not _meet(one.value, other.value):
        return False
    return not (one.season and other.season and days_of(one.season).isdisjoint(days_of(other.season)))


def sharing(one: When, other: When) -> bool:
    """Whether they ask about the same things, and for a word in common wherever they ask for words."""
    mine, others = dict(one.named), dict(other.named)
    return mine.keys() == others.keys() and all(not found.isdisjoint(others[name]) for name, found in mine.items())


def kind_of(when: When) -> tuple[str, ...]:
    """The names of its conditions."""
    ranges = ("value", "season", "account_days_below", "returns_from")
    return (*(name for name, _ in when.named), *(name for name in ranges if getattr(when, name) is not None))


def _within(inner: ValueRange, outer: ValueRange) -> bool:
    below = outer.below is None or (inner.below is not None and inner.below <= outer.below)
    return inner.currency == outer.currency and inner.least >= outer.least and below


def _meet(one: ValueRange, other: ValueRange) -> bool:
    before = one.below is None or other.least < one.below
    return one.currency == other.currency and before and (other.below is None or one.least < other.below)


@lru_cache(maxsize=256)
def days_of(season: Season) -> frozenset[date]:
    """The days of a leap year that it has."""
    days = (date(2024, 1, 1) + timedelta(days=number) for number in range(366))
    return frozenset(day for day in days if season.has(day))


class Neighbours:
    """Rules that may hold for the same line, found by the condition that tells most of them apart."""

    def __init__(self, rules: Sequence[Rule], names: Sequence[str] = _INDEXED) -> None:
        named = [dict(rule.when.named) for rule in rules]
        counts = {name: sum(name in one for one in named) for name in names}
        self._key = max(counts, key=lambda name: counts[name])
        self._words = [one.get(self._key, frozenset()) for one in named]
        self._with: dict[str, list[int]] = {}
        for place, words in enumerate(self._words):
            for word in words or ("",):
                self._with.setdefault(word, []).append(place)

    def of(self, place: int) -> Iterator[int]:
        """The places of others that might hold where this one does; all of them if it does not ask for the key."""
        words = self._words[place]
        if not words:
            yield from (other for other in range(len(self._words)) if other != place)
            return
        found = {other for word in (*words, "") for other in self._with.get(word, ())}
        yield from sorted(found - {place})


def meeting(rules: Sequence[Rule]) -> Neighbours:
    """Neighbours by what a line has one of: two rules that ask for other words never meet."""
    return Neighbours(rules, _ONE_OF)
