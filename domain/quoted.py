"""What a decision is worth to the shopper: the plan of its approved lines, as if they came back as new."""

from __future__ import annotations

from typing import NamedTuple

from domain.history import History
from domain.inspection import Grade
from domain.order import Order
from domain.plan import RefundPlan
from domain.planning import plan_refund
from domain.policy import Decision, terms_of
from domain.resolution import IN_GOODS
from domain.terms import Terms


class Quoted(NamedTuple):
    """The plan, and the terms that it was made on."""

    plan: RefundPlan
    terms: Terms


def quoted(order: Order, history: History, decision: Decision) -> Quoted | None:
    """What the shopper will get back for what may come back, where what they chose is offered for it, and was not paid
    back meanwhile; None if that is nothing, or goods.

    Raises Refused as `plan_refund` does.
    """
    if decision.resolution in IN_GOODS:
        return None  # what goods come to is said with what is promised
    offered = (
        line for line in decision.approved if line.terms is None or decision.resolution in line.terms.resolutions
    )
    left = {line.line_id: min(line.quantity, history.lines[line.line_id].open) for line in offered}
    units = {line_id: count for line_id, count in left.items() if count}
    if not units:
        return None
    terms = terms_of(decision, {line_id: {Grade.A: count} for line_id, count in units.items()})
    terms = terms or Terms(resolution=decision.resolution)
    return Quoted(plan_refund(order, history, units, terms), terms)


def quote_plan(order: Order, history: History, decision: Decision) -> RefundPlan | None:
    """The plan alone. Raises what `quoted` raises."""
    found = quoted(order, history, decision)
    return found and found.plan
