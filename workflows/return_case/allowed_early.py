"""Purely: whether a return takes what is said of a refund before its goods."""

from __future__ import annotations

from domain.early import EarlyRefund, Settle, Settled
from domain.money import Money
from domain.verbs import Refusal
from workflows.return_case.state import CaseState


def paid_early(early: EarlyRefund) -> Refusal:
    """Nothing of it is called off any more."""
    money = Money(minor=early.amount, currency=early.currency)
    text = f"{money} of this return is paid or sent, or on its way, before its goods; they have to come, or be settled"
    return Refusal(code="paid_early", message=f"{text}: it ends by itself then.")


def may_settle(state: CaseState, said: Settle) -> Refusal | None:
    """Finance settles what the shopper owes."""
    if state.early_settled is not None:
        text = f"What the shopper owed is settled already ({state.early_settled}); it is not settled in another way."
        return (
            None if state.early_settled.value == said.how.value else Refusal(code="recorded_differently", message=text)
        )
    if state.owed_by_shopper is None:
        text = "The shopper owes nothing of this return; only of goods that were paid for before they came can they."
        return Refusal(code="nothing_owed", message=text)
    if said.how is Settled.PAID and not said.reference:
        text = f"Say under which reference of the bank {state.owed_by_shopper} came in (`--reference`)."
        return Refusal(code="no_reference", message=text)
    return None
