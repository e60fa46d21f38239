"""What a shopper chose, held against what the policy offers: the way back, and what they get."""

from __future__ import annotations

from domain.errors import InvalidRequest
from domain.order import Order
from domain.policy import Decision, Verdict
from domain.policy.choosing import may_choose
from domain.request import ReturnRequest
from domain.resolution import Resolution


def check_method(request: ReturnRequest, decision: Decision) -> None:
    """Raises InvalidRequest unless the chosen way is offered for every line; nothing of what is declined comes back."""
    chosen, offered = request.method, decision.methods
    if chosen is None or chosen in offered or decision.verdict is Verdict.DECLINE:
        return
    choice = f"choose {' or '.join(offered)}, or none" if offered else "choose none, and it goes by label"
    raise InvalidRequest("method", f"these items cannot go back by {chosen}; {choice}")


def check_resolution(request: ReturnRequest, decision: Decision) -> None:
    """Raises InvalidRequest unless what was chosen is offered for every line. Whoever chose nothing asks for a refund;
    where there is none, a person of the shop looks at it."""
    no = may_choose(decision, request.resolution)
    if no is not None and request.resolution is not Resolution.REFUND:
        raise InvalidRequest("resolution", no.message)


def check_exchange(request: ReturnRequest, order: Order) -> None:
    """Raises InvalidRequest for a kit: its parts are worth something only together, so it is bought anew."""
    for position, wanted in enumerate(request.lines):
        if wanted.exchange_for and order.line(wanted.line_id) is None:
            text = f"{wanted.line_id} is a kit, which is not exchanged; choose a refund, and buy the other"
            raise InvalidRequest(f"lines.{position}.exchange_for", text)
