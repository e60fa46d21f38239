"""The way back that a shopper chose, held against those that the policy offers."""

from __future__ import annotations

from domain.errors import InvalidRequest
from domain.policy import Decision, Verdict
from domain.request import ReturnRequest


def check_method(request: ReturnRequest, decision: Decision) -> None:
    """Raises InvalidRequest unless the chosen way is offered for every line; nothing of what is declined comes back."""
    chosen, offered = request.method, decision.methods
    if chosen is None or chosen in offered or decision.verdict is Verdict.DECLINE:
        return
    choice = f"choose {' or '.join(offered)}, or none" if offered else "choose none, and it goes by label"
    raise InvalidRequest("method", f"these items cannot go back by {chosen}; {choice}")
