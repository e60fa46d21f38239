"""What a person gives beyond a decision."""

from __future__ import annotations

from collections.abc import Mapping

from domain.history import History
from domain.inspection import Grade
from domain.order import Order
from domain.plan import FeeKind
from domain.planning import plan_refund
from domain.policy.decision import Decision, LineDecision
from domain.policy.judgement import Verdict
from domain.policy.terms import terms_of
from domain.terms import Terms


def beyond(order: Order, history: History, after: Decision, before: Decision) -> int:
    """What one decision pays back more than another by itself, in minor units: at most, whichever grade the goods of
    each line turn out to have. A line in review pays nothing by itself. Raises Refused as `plan_refund` does."""

    def more(grades: Mapping[str, Grade], label: bool = True) -> int:
        return _pays(order, history, after, grades, label) - _pays(order, history, before, grades, label)

    old = {line.line_id: line for line in before.lines}
    worst, sum_of_most = {line.line_id: Grade.A for line in after.lines}, 0
    least = more(worst)
    for line in after.lines:
        if _fees(line) != _fees(old.get(line.line_id)):
            alone = {grade: more({line.line_id: grade}, label=False) for grade in Grade}
            worst[line.line_id] = max(alone, key=lambda grade: alone[grade])
            sum_of_most += max(alone.values()) - alone[Grade.A]
    # What is kept for the label is never more than the goods are worth; so both are looked at.
    return max(0, least + sum_of_most, more(worst))


def _fees(line: LineDecision | None) -> object:
    """What of a line depends on the grade."""
    if line is None or line.terms is None or line.verdict is not Verdict.APPROVE:
        return None
    return line.terms.restocking, line.terms.lost_value


def _pays(order: Order, history: History, decision: Decision, grades: Mapping[str, Grade], label: bool) -> int:
    """What goes back for approved lines of these grades; without a `label`, nothing is kept for ours."""
    lines = [line for line in decision.lines if line.verdict is Verdict.APPROVE and line.line_id in grades]
    left = {line.line_id: min(line.quantity, history.lines[line.line_id].open) for line in lines}
    units = {line_id: count for line_id, count in left.items() if count}
    if not units:
        return 0
    terms = terms_of(decision, {line_id: {grades[line_id]: count} for line_id, count in units.items()}) or Terms()
    fees = tuple(one for one in terms.fees if label or one.kind is not FeeKind.RETURN_SHIPPING)
    return plan_refund(order, history, units, terms.model_copy(update={"fees": fees})).total
