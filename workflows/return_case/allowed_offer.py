"""Purely: whether a return takes what is said to an offer as it stands."""

from __future__ import annotations

from domain.inspection import Disposition
from domain.offer import Answer, Answered, OfferAnswer, SentBack
from domain.verbs import Refusal
from workflows.return_case.said import Uphold
from workflows.return_case.state import CaseState


def may_speak(state: CaseState, said: OfferAnswer | Uphold | SentBack) -> Refusal | None:
    """Whatever is said of an offer."""
    match said:
        case OfferAnswer():
            return _may_answer(state, said)
        case Uphold():
            return _may_uphold(state)
        case SentBack():
            return _may_send_back(state, said)


def _may_answer(state: CaseState, said: OfferAnswer) -> Refusal | None:
    """The shopper accepts the offer, objects to it, or wants the goods back."""
    if said.answer is Answer.STANDS:
        return Refusal(code="not_the_shopper", message="That an offer stands is the shop's word: `uphold` it.")
    if _said(state, said.plan, said.answer):
        return None
    if state.offer is None or state.plan is None or state.plan.number != said.plan:
        return Refusal(code="no_offer", message="No offer of this plan waits for an answer; look again.")
    if said.answer is Answer.APPEAL and any(one.answer is Answer.APPEAL for one in state.part_answers):
        text = "This offer was looked at again already; `accept` it, or have the goods back (`send-back`)."
        return Refusal(code="appealed_already", message=text)
    if said.answer is Answer.SEND_BACK and (state.restocked is not None or _missing(state)):
        text = "Some of these goods are put away or not there any more, so they cannot go back; `accept` the offer"
        text += " or `appeal` it."
        return Refusal(code="not_here", message=text)
    return None


def _may_uphold(state: CaseState) -> Refusal | None:
    """The shop has looked at an objection and offers the same."""
    if state.plan is not None and _said(state, state.plan.number, Answer.STANDS):
        return None
    if state.appealed_at is None:
        return Refusal(code="no_appeal", message="Nobody objects to an offer of this return, so none is upheld.")
    return None


def _may_send_back(state: CaseState, said: SentBack) -> Refusal | None:
    """The goods went back to the shopper."""
    if state.sent_back is not None:
        if state.sent_back.tracking_number == said.tracking_number:
            return None
        text = f"These goods went back under {state.sent_back.tracking_number}; one parcel takes all of them."
        return Refusal(code="recorded_differently", message=text)
    if state.wants_goods is None:
        return Refusal(code="not_wanted", message="The shopper has not asked for these goods, so they stay here.")
    return None


def _said(state: CaseState, plan: int, answer: Answer) -> Answered | None:
    return next((one for one in state.answers if (one.plan, one.answer) == (plan, answer)), None)


def _missing(state: CaseState) -> bool:
    lines = state.inspection.lines if state.inspection else ()
    return any(line.disposition is Disposition.MISSING for line in lines)
