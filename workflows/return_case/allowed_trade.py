"""Purely: whether a return takes what is said of goods that go out to its shopper."""

from __future__ import annotations

from domain.repair import ShippedByHand, WorkshopSaid
from domain.resolution import Resolution
from domain.verbs import Refusal
from workflows.return_case.allowed_goods import other_content
from workflows.return_case.state import CaseState


def may_trade(state: CaseState, said: WorkshopSaid | ShippedByHand) -> Refusal | None:
    """The word of the workshop, or of whoever packs parcels."""
    return _may_mend(state, said) if isinstance(said, WorkshopSaid) else _may_ship(state)


def _may_mend(state: CaseState, said: WorkshopSaid) -> Refusal | None:
    if state.repair is not None:
        return None if state.repair is said.result else other_content("repair", state.repair)
    if state.resolution is not Resolution.REPAIR:
        text = f"Nothing of this return is in repair: it ends with {state.resolution.replace('_', ' ')}."
        return Refusal(code="not_in_repair", message=text)
    if state.inspection is None:
        return Refusal(code="nothing_inspected", message="The goods are not inspected yet; `inspect` them first.")
    return None


def _may_ship(state: CaseState) -> Refusal | None:
    if state.sent:
        return None
    if state.send_by is None:
        text = "Nothing of this return waits to be sent to its shopper"
        return Refusal(code="nothing_to_send", message=f"{text} ({state.next_action.action}).")
    return None
