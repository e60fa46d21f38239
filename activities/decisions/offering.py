"""Less than was quoted: the offer, what is answered to it, and goods that go back to the shopper instead."""

from __future__ import annotations

from datetime import datetime

from temporalio import activity

from activities.decisions.uninspected import Uninspected
from activities.people import check_person, check_speaker
from domain import goods_ids, ids
from domain.case import CaseSoFar
from domain.errors import Refused
from domain.model import Id, Model, UtcDatetime
from domain.offer import RULE, Answer, Answered, Offer, OfferAnswer, SentBack
from domain.plan import RefundPlan
from domain.policy import PublishedPolicy
from domain.quoted import kept_beyond
from domain.verbs import Verb
from ledger import EntryKind, NewEntry
from ledger.deciding import decided
from ledger.moves import goods
from ledger.moves.money import withdrawn
from ledger.recall import case_so_far


class AnswerOffer(Model):
    """An answer to the offer of a plan; `by` is `rule:policy` where the time has passed."""

    case: Id
    order_id: Id
    by: str
    plan: int
    answer: Answer
    now: UtcDatetime


class RecordSentBack(Model):
    """The goods of a return went back to the shopper."""

    case: Id
    order_id: Id
    sent_back: SentBack
    now: UtcDatetime


def offer_for(known: CaseSoFar, plan: RefundPlan, policy: PublishedPolicy, now: datetime) -> Offer | None:
    """The offer of a plan that keeps more than was quoted; None where it does not, or the shopper has agreed before."""
    decision = known.decision
    if known.early is not None:  # it is paid on trust; what the goods are worth less, is owed at the end
        return None
    if decision is None or known.quote is None or any(one.answer is Answer.ACCEPT for one in known.part_answers):
        return None
    kept = kept_beyond(known.quote, plan)
    if kept <= policy.policy.offer_above.get(plan.currency, 0):
        return None
    until = now + decision.days(decision.answer_days)
    return Offer(kept=kept, until=until, unanswered=decision.offer_default)


def may_answer(known: CaseSoFar, said: OfferAnswer) -> str:
    """Why an offer does not take an answer, in words; empty if it does."""
    last = known.last_answer.answer if known.last_answer else None
    if known.offer is None or known.plan is None or known.plan.number != said.plan:
        return f"no offer of plan {said.plan} waits for an answer; look again"
    if said.answer is Answer.STANDS and last is not Answer.APPEAL:
        return "nobody has objected to the offer, so there is nothing to uphold"
    if said.answer is Answer.APPEAL and any(one.answer is Answer.APPEAL for one in known.part_answers):
        return "the offer was looked at again already; accept it, or have the goods back"
    if said.answer is Answer.SEND_BACK and known.restocked is not None:
        return "the goods are put away already, so they cannot go back; accept the offer or appeal it"
    return ""


class Offering(Uninspected):
    """Records what is said to an offer. The money of a plan that is not wanted is free again at once."""

    @activity.defn(no_thread_cancel_exception=True)
    def answer_offer(self, ask: AnswerOffer) -> Answered:
        """Record an answer, each once per plan.

        Raises Refused if whoever says so may not, or the offer does not wait for this any more.
        """
        key = goods_ids.answer_key(ask.case, ask.plan, ask.answer)
        entry = self._ledger.find(key)
        if entry is None:
            self._check_speaker(ask)
            entry = decided(self._ledger, ask.order_id, lambda: self._answered(key, ask), key)
        return Answered.model_validate(entry.facts["answered"])

    @activity.defn(no_thread_cancel_exception=True)
    def record_sent_back(self, ask: RecordSentBack) -> SentBack:
        """Record that the goods are on their way back: the units are the customer's again.

        Raises Refused if whoever says so may not, or the shopper did not ask for it.
        """
        key = goods_ids.sent_back_key(ask.case)
        entry = self._ledger.find(key)
        if entry is None:
            check_person(self._people, ask.sent_back.by, Verb.SENT_BACK)
            entry = decided(self._ledger, ask.order_id, lambda: self._sent_back(key, ask), key)
        return SentBack.model_validate(entry.facts["sent_back"])

    def _check_speaker(self, ask: AnswerOffer) -> None:
        """Raises Refused unless they may say so: the shop speaks for itself on an appeal, for the shopper otherwise."""
        if ask.by == RULE:
            return
        if ask.answer is Answer.STANDS:
            check_person(self._people, ask.by, Verb.UPHOLD)
        else:
            check_speaker(self._people, ask.by, Verb.ANSWER_OFFER)

    def _answered(self, key: str, ask: AnswerOffer) -> NewEntry:
        known = case_so_far(self._ledger.entries(case=ask.case))
        said = OfferAnswer.model_construct(by=ask.by, plan=ask.plan, answer=ask.answer)
        if why := may_answer(known, said):
            raise Refused("no_offer", f"return {ask.case}: {why}")
        answered = Answered(by=ask.by, plan=ask.plan, answer=ask.answer, at=ask.now, until=_until(known, ask))
        facts: dict[str, object] = {"answered": answered.model_dump(mode="json", exclude_none=True)}
        planned = self._ledger.find(ids.plan_key(ask.case, ask.plan))
        assert planned is not None  # its offer waits
        gone = ask.answer is Answer.SEND_BACK
        return NewEntry(
            key=key,
            kind=EntryKind.OFFER_ANSWERED,
            order=ask.order_id,
            case=ask.case,
            actor=ask.by,
            reasons=(ask.answer.value,) if ask.by != RULE else (ask.answer.value, "time_passed"),
            at=ask.now,
            facts={**facts, "withdrawn": [planned.key]} if gone else facts,
            asked={"plan": ask.plan, "answer": ask.answer.value},
            transfers=withdrawn(key, planned.transfers, self._ledger.pending_left) if gone else (),
        )

    def _sent_back(self, key: str, ask: RecordSentBack) -> NewEntry:
        known = case_so_far(self._ledger.entries(case=ask.case))
        if known.wants_goods is None or known.inspection is None:
            raise Refused("not_wanted", f"the shopper of return {ask.case} has not asked for the goods")
        facts = {"sent_back": ask.sent_back.model_dump(mode="json")}
        return NewEntry(
            key=key,
            kind=EntryKind.SENT_BACK,
            order=ask.order_id,
            case=ask.case,
            actor=ask.sent_back.by,
            at=ask.now,
            facts=facts,
            asked={"tracking_number": ask.sent_back.tracking_number},
            transfers=goods.sent_back(key, ask.case, ask.order_id, known.ungraded),
        )


def _until(known: CaseSoFar, ask: AnswerOffer) -> datetime | None:
    """When what follows from an answer is due."""
    decision = known.decision
    assert decision is not None  # an offer has one
    days = {
        Answer.APPEAL: decision.review_days,
        Answer.STANDS: decision.answer_days,
        Answer.SEND_BACK: decision.inspection_days or 1,
    }.get(ask.answer)
    return None if days is None else ask.now + decision.days(days)
