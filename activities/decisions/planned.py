"""What every plan of a refund goes by, whether the goods were judged or are taken on trust."""

from __future__ import annotations

from domain.case import CaseSoFar
from domain.errors import Refused
from domain.order import UNLINKED, Order
from domain.plan import RefundPlan
from domain.policy import Decision, PublishedPolicy, terms_of
from domain.policy.terms import Graded
from domain.resolution import Resolution
from domain.terms import Terms
from ledger.replanning import Trade


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


def trade_of(known: CaseSoFar) -> Trade | None:
    """What goes out, where goods go for goods of another line."""
    ended = known.outcome or known.expired or known.cancelled or known.force_closed  # then nothing goes out any more
    exchanged = known.trades and known.resolution is Resolution.EXCHANGE and not ended
    return Trade(known.promised, known.collected) if exchanged else None
