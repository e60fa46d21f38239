"""Purely: the refunds that pay the legs of the plan that stands."""

from __future__ import annotations

from domain.refund import FINAL_NO, Refund
from workflows.return_case.state import CaseState, of_plan


def with_refund(state: CaseState, refund: Refund) -> tuple[Refund, ...]:
    """All refunds with this one as it stands now, in its place. A final no stays one, whatever was read before it."""
    known = next((one for one in state.refunds if one.key == refund.key), None)
    if known is None:
        return (*state.refunds, refund)
    if known.status in FINAL_NO and refund.status not in FINAL_NO:
        return state.refunds
    return tuple(refund if one.key == refund.key else one for one in state.refunds)


def attempts(state: CaseState, payment: str) -> int:
    """Which attempt at a leg is the current one: one more than the provider's final noes."""
    mine = (one for one in state.refunds if one.payment == payment and of_plan(state, one))
    return 1 + sum(1 for one in mine if one.status in FINAL_NO)


def latest(state: CaseState, payment: str) -> Refund | None:
    """What is known last of the refund to a payment."""
    return next((one for one in reversed(state.refunds) if one.payment == payment and of_plan(state, one)), None)
