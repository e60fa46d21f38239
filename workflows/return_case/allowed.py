"""Purely: whether a return takes a message as it stands."""

from __future__ import annotations

from domain.carrier_claim import AnswerClaim, OpenClaim
from domain.choice import Choice
from domain.choosing import may_choose_now
from domain.early import Settle
from domain.editing import Edit
from domain.evidence import AskEvidence, GiveEvidence
from domain.finding import Finding, FindingSettled
from domain.inspection import Inspection, Receipt
from domain.mending import CorrectCount, Extend, Regrade
from domain.offer import OfferAnswer, SentBack
from domain.override import Override
from domain.parcel import HandedOver, NewLabel, OtherParcel, Scan
from domain.policy import Verdict
from domain.repair import ShippedByHand, WorkshopSaid
from domain.verbs import Refusal, Verb
from workflows.return_case.allowed_claims import may_claim
from workflows.return_case.allowed_early import may_settle, paid_early
from workflows.return_case.allowed_finding import may_find
from workflows.return_case.allowed_goods import may_add, may_inspect, may_lose, may_receive, may_scan
from workflows.return_case.allowed_label import may_ask_label, may_send
from workflows.return_case.allowed_offer import may_speak
from workflows.return_case.allowed_staff import may_agree, may_approve, may_close, may_override, may_resend
from workflows.return_case.allowed_trade import may_trade
from workflows.return_case.allowed_words import may_ask, may_change, may_correct, may_extend, may_give, may_regrade
from workflows.return_case.facts import Said
from workflows.return_case.said import Approve, ForceClose, Lost, Resend, Uphold
from workflows.return_case.state import CaseState

Aside = OpenClaim | AnswerClaim | Settle | WorkshopSaid | ShippedByHand | Choice


def allowed(verb: Verb, state: CaseState, said: object = None) -> Refusal | None:
    """Whether the return takes this message now; None is yes. The same fact again is always a yes."""
    if state.request is None or (state.decision is None and verb is not Verb.RETRY_NOW):
        return Refusal(code="not_decided", message="This return has not been decided yet; try again in a moment.")
    if state.outcome is not None and not isinstance(said, Override):
        text = f"This return is closed ({state.outcome}); nothing can change it any more."
        return Refusal(code="closed", message=text)
    if isinstance(said, Finding | FindingSettled):
        return may_find(state, said)
    if isinstance(said, OfferAnswer | Uphold | SentBack):
        return may_speak(state, said)
    match said:
        case Receipt():
            return may_receive(state, said)
        case Inspection():
            return may_inspect(state, said)
        case NewLabel():
            return may_ask_label(state, said)
        case HandedOver():
            return may_send(state, said)
        case OtherParcel():
            return may_add(state, said)
        case Scan():
            return may_scan(state, said)
        case Approve():
            return may_agree(state, said, said.override) if said.override else may_approve(state, said)
        case Override():
            return may_override(state, said)
        case ForceClose() | Lost():
            return may_close(state) if isinstance(said, ForceClose) else may_lose(state)
        case Resend():
            return may_resend(state, said)
        case OpenClaim() | AnswerClaim() | Settle() | WorkshopSaid() | ShippedByHand() | Choice():
            return _may_go_on(state, said)
        case AskEvidence() | GiveEvidence() | Edit() | CorrectCount() | Regrade() | Extend():
            return _may_say(state, said)
    return _may_do(verb, state)


def _may_do(verb: Verb, state: CaseState) -> Refusal | None:
    """Verbs that say nothing more."""
    if verb is Verb.ASSIGN and state.turn.owner in ("backhaul", "nobody"):
        return Refusal(code="nobody_waits", message="Nobody has to act on this return now: it goes on by itself.")
    if verb is Verb.CANCEL:
        return _may_cancel(state)
    if verb is Verb.RETRY_NOW and not state.troubles and state.look_at is None:
        return Refusal(code="nothing_waits", message="No step of this return waits to be tried again.")
    if verb is Verb.REPLAN and state.plan is None:
        return Refusal(code="no_plan", message="Nothing of this return was planned yet; it will be, from what is left.")
    return None


def _may_go_on(state: CaseState, said: Aside) -> Refusal | None:
    """What is said of a way that only some returns go."""
    match said:
        case OpenClaim() | AnswerClaim():
            return may_claim(state, said)
        case Settle():
            return may_settle(state, said)
        case WorkshopSaid() | ShippedByHand():
            return may_trade(state, said)
        case Choice():
            return may_choose_now(state, said.resolution)


def _may_say(state: CaseState, said: Said) -> Refusal | None:
    match said:
        case AskEvidence():
            return may_ask(state, said)
        case GiveEvidence():
            return may_give(state, said)
        case Edit():
            return may_change(state, said)
        case CorrectCount():
            return may_correct(state, said)
        case Regrade():
            return may_regrade(state, said)
        case Extend():
            return may_extend(state, said)


def _may_cancel(state: CaseState) -> Refusal | None:
    if state.called_off:
        return None
    if state.decision is not None and state.decision.verdict is Verdict.DECLINE:
        return Refusal(code="declined", message="This return was declined, so there is nothing to cancel.")
    if state.lost:
        return Refusal(code="lost", message="Its parcel is recorded as lost and is being paid for, so nothing is left.")
    if state.kept:
        return Refusal(code="kept", message="The shopper keeps the goods and is paid for them, so nothing is left.")
    if state.early:
        return paid_early(state.early)
    if state.receipts:
        return Refusal(
            code="already_received", message="The goods have arrived, so the return cannot be cancelled any more."
        )
    return None
