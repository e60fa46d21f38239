"""What people and carriers tell a return, and what each fact makes of its state once it is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.exceptions import ApplicationError

from domain.carrier_claim import AnswerClaim, OpenClaim, answered
from domain.choice import Choice
from domain.early import Settle
from domain.editing import Edit
from domain.evidence import AskEvidence, GiveEvidence
from domain.finding import Finding, FindingSettled, Found
from domain.inspection import Inspection, Receipt
from domain.mending import CorrectCount, Extend, Regrade, regraded
from domain.offer import Answer, OfferAnswer, SentBack
from domain.override import Override
from domain.parcel import HandedOver, NewLabel, OtherParcel, Scan
from domain.repair import ShippedByHand, WorkshopSaid
from workflows.return_case.said import Approve, Assign, Cancel, ForceClose, Lost, Resend, Uphold
from workflows.return_case.state import CaseState

Said = AskEvidence | GiveEvidence | Edit | CorrectCount | Regrade | Extend
Goods = NewLabel | HandedOver | OtherParcel | Scan | Receipt | Finding | FindingSettled | Inspection | Lost
Trade = Choice | WorkshopSaid | ShippedByHand | OfferAnswer | Uphold | SentBack
Aside = Settle | OpenClaim | AnswerClaim
Fact = Goods | Trade | Aside | Cancel | ForceClose | Assign | Resend | Approve | Override | Said


@dataclass
class Heard:
    """A fact that was said, until it is recorded or refused."""

    fact: Fact
    answered: bool = False
    refusal: ApplicationError | None = None


def known(state: CaseState, fact: Fact) -> bool:
    """Whether the fact stands recorded already, so that saying it again changes nothing."""
    if isinstance(fact, Goods):
        return _known_goods(state, fact)
    if isinstance(fact, Trade):
        return _known_trade(state, fact)
    match fact:
        case Cancel():
            return state.called_off
        case ForceClose():
            return state.force_closed is not None
        case Assign():
            return state.assignment is not None and state.assignment.to == fact.to
        case Resend():
            return False
        case Approve(override=str()):
            return any(one.update_id == fact.override and one.agreed_by for one in state.overrides)
        case Approve():
            return state.approval is not None and not state.needs_approval
        case Override():
            return any(one.update_id == fact.update_id for one in state.overrides)
        case _:
            return _known(state, fact)


def _known_goods(state: CaseState, fact: Goods) -> bool:
    match fact:
        case NewLabel():
            return state.new_label is not None and fact.number <= state.new_label.number
        case HandedOver():
            return any(one.shown == fact.shown for one in state.handed_over)
        case OtherParcel():
            return fact.tracking_number in state.tracking_numbers
        case Scan():
            return any(one.id == fact.id for one in state.scans)
        case Receipt():
            return any(one.id == fact.id for one in state.receipts)
        case Inspection():
            return fact in (*state.parts, state.seen)
        case Lost():
            return state.lost is not None
        case Finding():
            return any(one.finding.id == fact.id for one in state.findings)
        case FindingSettled():
            return any(one.finding == fact.finding for one in state.settled)


def _known_trade(state: CaseState, fact: Trade) -> bool:
    match fact:
        case Choice():
            return state.resolution is fact.resolution
        case OfferAnswer():
            return any((one.plan, one.answer) == (fact.plan, fact.answer) for one in state.answers)
        case Uphold():
            last = state.last_answer
            return last is not None and last.answer is Answer.STANDS
        case SentBack():
            return state.sent_back is not None
        case WorkshopSaid():
            return state.repair is not None
        case ShippedByHand():
            return bool(state.sent)


def _known(state: CaseState, fact: Said | Aside) -> bool:
    match fact:
        case AskEvidence():
            return state.evidence_wanted is not None and state.evidence_wanted.wanted == fact.wanted
        case GiveEvidence():
            return any(one.id == fact.id for one in state.shown)
        case Edit():
            return fact.id in state.edits
        case CorrectCount():
            none = not fact.lines and fact.receipt in state.not_ours
            return none or any(one.id == fact.receipt and one.lines == fact.lines for one in state.receipts)
        case Regrade():
            now = state.inspection
            return now is not None and regraded(now, fact).lines == now.lines
        case Extend():
            return False  # the journal knows
        case Settle():
            return state.early_settled is not None
        case OpenClaim():
            return any(one.reference == fact.reference for one in state.claims)
        case AnswerClaim():
            return any(one.reference == fact.reference and one.answer for one in state.claims)


def with_fact(state: CaseState, fact: Fact) -> CaseState:
    """The state as if the fact were recorded: what the next message is judged by. What is decided by
    it (an approval, an override, a choice, an edit, a claim) changes nothing yet."""
    if known(state, fact):
        return state
    if isinstance(fact, Goods):
        return _with_goods(state, fact)
    match fact:
        case Cancel():
            return state.model_copy(update={"cancel": fact})
        case ForceClose():
            return state.model_copy(update={"force_closed": fact.by})
        case SentBack():
            return state.model_copy(update={"sent_back": fact})
        case Settle():
            return state.model_copy(update={"early_settled": fact.how})
        case AnswerClaim():
            told = answered(state.claims, fact.reference, fact.answer, fact.paid)
            return state.model_copy(update={"claims": told})
        case WorkshopSaid():
            return state.model_copy(update={"repair": fact.result})
        case CorrectCount():
            return state.model_copy(update=state.counted_anew(fact))
        case Regrade() if state.inspection is not None:
            return state.model_copy(update={"inspection": regraded(state.inspection, fact)})
        case _:
            return state


def _with_goods(state: CaseState, fact: Goods) -> CaseState:
    match fact:
        case NewLabel():
            return state.model_copy(update={"new_label": fact})
        case HandedOver():
            return state.model_copy(update={"handed_over": (*state.handed_over, fact)})
        case OtherParcel():
            return state.model_copy(update={"parcels": (*state.parcels, fact.tracking_number)})
        case Scan():
            return state.model_copy(update={"scans": (*state.scans, fact)})
        case Receipt():
            return state.model_copy(update={"receipts": (*state.receipts, fact)})
        case Inspection():
            return state.model_copy(update={"graded" if state.uninspected else "inspection": fact})
        case Lost():
            return state.model_copy(update={"lost": fact.by})
        case Finding():
            return state.model_copy(update={"findings": (*state.findings, Found(finding=fact))})
        case FindingSettled():
            return state.model_copy(update={"settled": (*state.settled, fact)})
