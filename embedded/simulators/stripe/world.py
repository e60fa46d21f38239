"""What the world does by itself: time passes, money comes in, references arrive."""

from __future__ import annotations

import hashlib

from embedded.simulators.stripe import balance, refunds, sessions, settling
from embedded.simulators.stripe.objects import Outcome, StripeRefund, Trace
from embedded.simulators.stripe.turn import Turn


def catch_up(turn: Turn) -> None:
    """Let everything happen that has become due."""
    for due in settling.take_due(turn):
        if due.what == "expire":
            session = sessions.get(turn, due.of)
            if session.status == "open":
                sessions.expire(turn, session)
            continue
        refund = refunds.get(turn, due.of)
        if due.what == "settle" and refund.outcome.status == "pending":
            refunds.move(turn, refund, Outcome())
        if due.what == "reference" and refund.outcome.status == "succeeded" and refund.trace.status == "pending":
            trace(turn, refund, Trace(status="available", reference=reference(refund.id)))


def fund(turn: Turn, currency: str, *, unlimited: bool = False) -> None:
    """Pay the refunds that wait for money, oldest first, as far as it goes; `unlimited`: the limit was just lifted.

    Where there is no limit, nothing waits for money but what the controls have put there.
    """
    if not unlimited and turn.rows.get(balance.Available, currency) is None:
        return
    for refund in settling.short(turn, currency):
        if not balance.covers(turn, refund.amount, currency):
            break
        refunds.move(turn, refund, Outcome())


def trace(turn: Turn, refund: StripeRefund, to: Trace) -> StripeRefund:
    """The card network says what a refund can be found by."""
    traced = refund.model_copy(update={"trace": to})
    if traced != refund:
        refunds.keep(turn, refund, traced)
    return traced


def reference(refund: str) -> str:
    """An acquirer's reference number: 23 digits, always the same for one refund."""
    return str(int(hashlib.sha256(refund.encode()).hexdigest(), 16))[:23]
