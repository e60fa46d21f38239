"""Which of two rules that both hold speaks, mostly the better one for every shopper; None where the order tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from domain.policy.goods import Answer, EligibilityRule
from domain.policy.judgement import JudgementRule
from domain.policy.money import FeeRule, Payer, ReturnShippingRule
from domain.policy.outcome import ReturnlessRule
from domain.policy.rule import Rule
from domain.policy.window import Anchor, Ends, WindowRule
from domain.terms import fraction


class _Favoured(Protocol):
    def favour(self) -> tuple[Any, ...]: ...


def says(rule: Rule) -> str:
    """What it gives, without its conditions and the words for people."""
    return rule.model_dump_json(exclude={"when", "reason", "cite", "source"})


def better(one: Rule, other: Rule) -> bool | None:
    """Whether `one` speaks where both hold with equally many conditions. None where that depends on the order."""
    order = _compared(one, other)
    if order == 0:
        # Of two that are alike to the shopper, the one that speaks is chosen by its text, as the reader does it.
        return one.model_dump_json() > other.model_dump_json()
    return None if order is None else order > 0


def merit(rule: Rule) -> str:
    """What makes it speak before another with as many conditions."""
    if isinstance(rule, JudgementRule):
        return "stricter"
    if isinstance(rule, EligibilityRule) and rule.answer is Answer.EXCLUDED:
        return "an exclusion, which no condition lifts"
    return "better for the shopper"


def _compared(one: Rule, other: Rule) -> int | None:
    """Above 0 where the first is better, below where the second is."""
    if isinstance(one, WindowRule) and isinstance(other, WindowRule):
        return _windows(one, other)
    if isinstance(one, FeeRule) and isinstance(other, FeeRule):
        return _fees(one, other)
    if isinstance(one, ReturnShippingRule) and isinstance(other, ReturnShippingRule):
        if one.payer is not other.payer:
            return 1 if one.payer is Payer.SHOP else -1
        return _prices(one.fee, other.fee)
    if isinstance(one, ReturnlessRule) and isinstance(other, ReturnlessRule) and one.currency != other.currency:
        return None
    mine, others = _favour(one), _favour(other)
    return (mine > others) - (mine < others)


def _favour(rule: Rule) -> tuple[Any, ...]:
    favoured: _Favoured = rule  # type: ignore[assignment]  # every other rule has it
    return favoured.favour()


def _windows(one: WindowRule, other: WindowRule) -> int | None:
    if one.ends is not other.ends:
        fixed = other if one.ends is Ends.REASONABLE_TIME else one
        if fixed.anchor is not Anchor.ORDER and fixed.transit_days is None:
            return None  # while the delivery is not known, it has no end either, and asks nobody
        return -1 if fixed is one else 1
    if any(
        getattr(one, name) != getattr(other, name)
        for name in ("anchor", "count", "first", "at_end", "transit_days", "until_yearly")
    ):
        return None
    return _each(_length(one), _length(other))


def _length(rule: WindowRule) -> tuple[int, ...]:
    return (rule.months or 0, rule.days or 0, (rule.until or date.min).toordinal())


def _fees(one: FeeRule, other: FeeRule) -> int | None:
    if one.percent is not None and other.percent is not None:
        return _each((-fraction(one.percent, 10_000),), (-fraction(other.percent, 10_000),))
    if one.percent is None and other.percent is None:
        return _prices(one.amount, other.amount)
    free, other_free = _nothing(one), _nothing(other)
    return free - other_free if free or other_free else None


def _nothing(rule: FeeRule) -> bool:
    return not any(rule.amount.values()) if rule.percent is None else not fraction(rule.percent, 10_000)


def _prices(one: Mapping[str, int], other: Mapping[str, int]) -> int | None:
    """By price lists; a currency that one leaves out costs nothing."""
    currencies = sorted({*one, *other})
    return _each([-one.get(name, 0) for name in currencies], [-other.get(name, 0) for name in currencies])


def _each(one: Sequence[int], other: Sequence[int]) -> int | None:
    """None where one is more in this and the other in that."""
    signs = {(mine > others) - (mine < others) for mine, others in zip(one, other, strict=True)} - {0}
    return None if len(signs) > 1 else next(iter(signs), 0)
