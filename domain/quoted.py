"""What a decision is worth to the shopper: the plan of its approved lines, as if they came back as new."""

from __future__ import annotations

from typing import NamedTuple

from domain.history import History
from domain.order import Order
from domain.plan import RefundPlan
from domain.planning import plan_refund
from domain.policy import Decision, as_new, terms_of
from domain.terms import Terms


class Quoted(NamedTuple):
    """The plan, and the terms that it was made on."""

    plan: RefundPlan
    terms: Terms


def quoted(order: Order, history: History, decision: Decision) -> Quoted | None:
    """What is quoted for a decision; None if it approves nothing. Raises what `plan_refund` raises."""
    approved = {line.line_id: line.quantity for line in decision.approved}
    if not approved:
        return None
    terms = terms_of(decision, as_new(decision)) or Terms()
    return Quoted(plan_refund(order, history, approved, terms), terms)
