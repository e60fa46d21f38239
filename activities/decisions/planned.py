"""What every plan of a refund goes by, whether the goods were judged or are taken on trust."""

from __future__ import annotations

from domain.errors import Refused
from domain.order import UNLINKED, Order
from domain.plan import RefundPlan
from domain.policy import Decision, PublishedPolicy, terms_of
from domain.policy.terms import Graded
from domain.terms import Terms


def terms_for(policy: PublishedPolicy, decision: Decision | None, grades: Graded) -> Terms:
    """What was decided; where a decision says nothing of terms, what the policy has for everything."""
    decided = terms_of(decision, grades) if decision else None
    return decided or Terms(refund_shipping=policy.policy.refund_shipping)


def check_linked(order: Order, plan: RefundPlan) -> None:
    """A quote may stand on a payment that nobody knows; a refund may not: raises Refused then."""
    if any(leg.tender_id == UNLINKED for leg in plan.legs):
        raise Refused(
            "tender_unknown",
            f"order {order.number} came without its payment; link the payment: orders import FILE --payment ID",
        )
