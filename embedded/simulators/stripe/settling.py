"""What becomes of refunds with time: how the next one goes, when pending ones settle, when their reference comes."""

from __future__ import annotations

from typing import Literal

from domain.model import Model
from embedded.simulators.stripe import balance
from embedded.simulators.stripe.objects import Outcome, StripeRefund
from embedded.simulators.stripe.turn import Turn

_ONE = "all"


class NextOutcome(Model):
    """How the next refund goes, whatever else would be true."""

    outcome: Outcome


class Settling(Model):
    """Seconds of simulated time until a new refund succeeds and until its reference comes; None: at once, never."""

    after: int | None = None
    reference_after: int | None = None


class Due(Model):
    """Something that happens by itself at a time, to a refund or a checkout session."""

    id: str
    of: str
    what: Literal["expire", "reference", "settle"]
    at: int


def set_next(turn: Turn, outcome: Outcome) -> None:
    """Say how the next refund goes."""
    turn.rows.put(_ONE, NextOutcome(outcome=outcome))


def settings(turn: Turn) -> Settling:
    """The pace that was set."""
    return turn.rows.get(Settling, _ONE) or Settling()


def set_pace(turn: Turn, pace: Settling) -> None:
    """Say how long refunds to come take."""
    turn.rows.put(_ONE, pace)


def first_outcome(turn: Turn, amount: int, currency: str) -> Outcome:
    """Where a new refund stands: as told, or pending while the balance or the pace wants it."""
    told = turn.rows.get(NextOutcome, _ONE)
    turn.rows.remove(NextOutcome, _ONE)
    outcome = told.outcome if told else Outcome(status="pending" if settings(turn).after is not None else "succeeded")
    if outcome.status == "succeeded" and not balance.covers(turn, amount, currency):
        return Outcome(status="pending", pending_reason="insufficient_funds")
    return outcome


def plan(turn: Turn, refund: StripeRefund) -> None:
    """Note down what will happen to a refund by itself."""
    pace = settings(turn)
    if refund.outcome.status == "pending" and refund.outcome.pending_reason == "processing" and pace.after is not None:
        _note(turn, refund, "settle", pace.after)
    if refund.outcome.status == "succeeded" and pace.reference_after is not None:
        _note(turn, refund, "reference", pace.reference_after)


def take_due(turn: Turn) -> list[Due]:
    """What has become due, earliest first; it is taken off the list."""
    due = sorted((one for one in turn.rows.all(Due) if one.at <= turn.now), key=lambda one: one.at)
    for one in due:
        turn.rows.remove(Due, one.id)
    return due


def short(turn: Turn, currency: str) -> list[StripeRefund]:
    """The refunds that wait for money, oldest first."""
    waiting = [
        refund
        for refund in turn.rows.all(StripeRefund)
        if refund.currency == currency
        and refund.outcome == Outcome(status="pending", pending_reason="insufficient_funds")
    ]
    return waiting[::-1]


def _note(turn: Turn, refund: StripeRefund, what: Literal["settle", "reference"], seconds: int) -> None:
    due = Due(id=f"{what}:{refund.id}", of=refund.id, what=what, at=turn.now + seconds)
    turn.rows.put(due.id, due)
