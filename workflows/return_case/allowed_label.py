"""Purely: whether a return takes what is said of its label and of the parcel that the shopper sends."""

from __future__ import annotations

from domain.parcel import MOST_LABELS, HandedOver, NewLabel
from domain.verbs import Refusal
from workflows.return_case.allowed_goods import MOST_PARCELS, other_content
from workflows.return_case.state import CaseState


def may_ask_label(state: CaseState, wanted: NewLabel) -> Refusal | None:
    """Another label instead of the last one."""
    last = state.new_label
    if last is not None and wanted.number <= last.number:
        same = wanted.number < last.number or wanted.method == last.method
        return None if same else other_content("wish for label", str(wanted.number))
    if no := _nothing_to_send(state):
        return no
    if state.label is None:
        text = "This return has no label yet; it is on its way to be bought, so wait for that one."
        return Refusal(code="no_label", message=text)
    if state.moving:
        return Refusal(code="on_its_way", message="The goods of this return are on their way already.")
    following = max(state.label_number, last.number if last else 0) + 1
    if wanted.number != following or following > MOST_LABELS:
        most = f"the next one is number {following}" if following <= MOST_LABELS else "that is the most that are bought"
        return Refusal(code="other_number", message=f"This return has had {following - 1} label(s); {most}.")
    offered = state.decision.methods if state.decision else ()
    if wanted.method is not None and wanted.method not in offered:
        ways = ", ".join(offered) or "label"
        return Refusal(code="way_not_offered", message=f"It cannot go back by {wanted.method}; it can by {ways}.")
    return None


def may_send(state: CaseState, sent: HandedOver) -> Refusal | None:
    """The shopper shows that the goods were handed over."""
    if any(one.shown == sent.shown for one in state.handed_over):
        told = (sent.tracking_number, sent.receipt)
        same = any((one.tracking_number, one.receipt) == told for one in state.handed_over)
        return None if same else other_content("proof", sent.shown)
    if no := _nothing_to_send(state):
        return no
    if sent.receipt is None and sent.tracking_number in state.tracking_numbers:
        text = "This number is known already, and shows nothing by itself; tell the number of the carrier's receipt."
        return Refusal(code="no_proof", message=text)
    if len(state.handed_over) >= MOST_PARCELS or len(state.tracking_numbers) >= MOST_PARCELS:
        text = f"This return has {MOST_PARCELS} parcels or proofs, the most that are taken; look at its numbers."
        return Refusal(code="too_many", message=text)
    return None


def _nothing_to_send(state: CaseState) -> Refusal | None:
    if state.stopped:
        return Refusal(code="ends_already", message="Nothing comes back of this return any more.")
    if state.kept or (state.decision is not None and state.decision.keeps):
        return Refusal(code="kept", message="The shopper keeps the goods of this return; nothing is to be sent.")
    if state.receipts or state.lost or state.inspection is not None:
        return Refusal(code="already_received", message="The goods of this return are here, or paid for already.")
    return None
