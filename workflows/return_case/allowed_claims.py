"""Purely: whether a return takes a claim at the carrier, or its answer."""

from __future__ import annotations

from domain.carrier_claim import MOST_CLAIMS, Answer, AnswerClaim, OpenClaim
from domain.people import RESERVED
from domain.verbs import Refusal
from workflows.return_case.allowed_goods import may_be_lost, other_content
from workflows.return_case.state import CaseState


def may_claim(state: CaseState, said: OpenClaim | AnswerClaim) -> Refusal | None:
    """What staff claims, and what the carrier answers."""
    return _may_open(state, said) if isinstance(said, OpenClaim) else _may_answer(state, said)


def _may_open(state: CaseState, said: OpenClaim) -> Refusal | None:
    """Staff claims a parcel that moved, and of which nothing came."""
    known = next((one for one in state.claims if one.reference == said.reference), None)
    if known is not None:
        return None if known.amount == said.amount else other_content("claim", said.reference)
    if (waiting := state.open_claim) is not None:
        text = f"The claim {waiting.reference} is open; answer it first: `starter.py claim answer`."
        return Refusal(code="claimed_already", message=text)
    if state.lost:
        return Refusal(code="lost", message="This parcel is recorded as lost and is being paid for; nothing is open.")
    if len(state.claims) >= MOST_CLAIMS:
        text = f"This return has {MOST_CLAIMS} claims, the most that are taken; look at their answers."
        return Refusal(code="too_many", message=text)
    return may_be_lost(state)


def _may_answer(state: CaseState, said: AnswerClaim) -> Refusal | None:
    """The carrier answers what was claimed."""
    known = next((one for one in state.claims if one.reference == said.reference), None)
    if known is None:
        named = ", ".join(one.reference for one in state.claims) or "none"
        text = f"Nothing was claimed as {said.reference}; this return's claims: {named}."
        return Refusal(code="no_claim", message=text)
    if known.answer is not None:
        same = (known.answer, known.paid) == (said.answer, said.paid)
        return None if same else other_content("answer to claim", said.reference)
    if said.answer is Answer.UNANSWERED or said.by in RESERVED:
        return Refusal(code="no_answer", message="Say what the carrier answered: found, or lost and what it pays.")
    if said.answer is Answer.FOUND and said.paid:
        text = "The carrier pays nothing for a parcel that it found; `lost` is what it pays for."
        return Refusal(code="found_and_paid", message=text)
    return None
