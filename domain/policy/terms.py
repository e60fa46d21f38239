"""The terms of a refund, out of a decision and of what the goods turned out to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.inspection import Grade, InspectedLine
from domain.kits import without_kits
from domain.order import Order
from domain.plan import FeeKind
from domain.policy.decision import Decision, LineDecision, LineTerms
from domain.policy.judgement import Verdict
from domain.policy.money import Cap, Cut, Duties, Payer, rank
from domain.resolution import Resolution
from domain.terms import FeeTerm, Share, ShippingRule, Terms, fraction

Graded = Mapping[str, Mapping[Grade, int]]
"""How many units of each grade, line by line."""


def graded(order: Order, lines: Sequence[InspectedLine]) -> Graded:
    """What was inspected, kits as their parts."""
    found: dict[str, dict[Grade, int]] = {}
    for line in lines:
        for line_id, quantity in without_kits(order, {line.line_id: line.quantity}).items():
            grades = found.setdefault(line_id, {})
            grades[line.grade] = grades.get(line.grade, 0) + quantity
    return found


def terms_of(decision: Decision, units: Graded) -> Terms | None:
    """What holds for these units together; None where the decision says nothing of them.

    Fees are per line. What is once per return or order is the best for the shopper of any line that comes back; of
    delivery, goods of lines that pay none of it back do not count. The bonus is for store credit alone.
    """
    lines = [line for line in decision.lines if line.line_id in units and line.terms is not None]
    terms = [line.terms for line in lines if line.terms is not None]
    if not terms:
        return None
    paying = [one.cap for one in terms if one.delivery is not ShippingRule.NEVER]
    return Terms(
        refund_shipping=max((one.delivery for one in terms), key=rank),
        delivery_kept=tuple(line.line_id for line in lines if line.terms and line.terms.delivery is ShippingRule.NEVER),
        cheapest_standard_only=bool(paying) and Cap.NONE not in paying,
        refund_duties=any(one.duties is Duties.REFUND for one in terms),
        fees=tuple(_fees(lines, units, terms)),
        bonus=_bonus(terms) if decision.resolution is Resolution.STORE_CREDIT else None,
        resolution=decision.resolution,
    )


def to_review(decision: Decision, units: Graded) -> bool:
    """Whether a person has to look at any of these units before they are paid for."""
    return any(line.verdict is Verdict.REVIEW and line.line_id in units for line in decision.lines)


def _fees(lines: Sequence[LineDecision], units: Graded, terms: Sequence[LineTerms]) -> Iterable[FeeTerm]:
    for line in lines:
        if line.terms is not None:
            yield from _kept(FeeKind.RESTOCKING, line.line_id, line.terms.restocking, units[line.line_id])
            yield from _kept(FeeKind.LOST_VALUE, line.line_id, line.terms.lost_value, units[line.line_id])
    fee = min(0 if one.return_shipping is Payer.SHOP else one.label_fee for one in terms)
    if fee:
        yield FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=fee)


def _kept(kind: FeeKind, line_id: str, cuts: Mapping[Grade, Cut], grades: Mapping[Grade, int]) -> Iterable[FeeTerm]:
    for grade in Grade:
        cut, units = cuts.get(grade), grades.get(grade, 0)
        if cut is None or not units:
            continue
        yield FeeTerm(
            kind=kind,
            line_id=line_id,
            units=units,
            percent=cut.percent,
            amount=None if cut.amount is None else cut.amount * units,
            tax_rate=_rate(cut.tax_percent),
            reason=cut.reason,
            halves=cut.halves,
        )


def _rate(percent: str) -> str | None:
    """A rate as orders have it: `"8.1"` percent is `"0.081"`."""
    whole, _, decimals = percent.partition(".")
    digits = whole.rjust(3, "0")
    return f"{digits[:-2]}.{digits[-2:]}{decimals}" if percent else None


def _bonus(terms: Sequence[LineTerms]) -> Share | None:
    best = max((one.bonus for one in terms), key=lambda one: fraction(one, 10_000) if one else 0)
    return Share(percent=best) if best else None
