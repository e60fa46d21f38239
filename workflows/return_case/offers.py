"""What is said to an offer of less than was quoted, and of goods that go back instead."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions import AnswerOffer, DecisionActivities, RecordSentBack
from domain.offer import Answer, Answered, OfferAnswer, SentBack
from domain.verbs import Verb
from workflows import options
from workflows.return_case.allowed_offer import may_speak
from workflows.return_case.desk import as_refusal
from workflows.return_case.said import Uphold
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Offers(Steps):
    """Takes the shopper's answer, the shop's word on an appeal, and the parcel number of goods that went back."""

    @workflow.update(description="The shopper accepts the offer, appeals it, or wants the goods back; name no people")
    async def answer_offer(self, raw: RawValue) -> CaseView:
        """Noted; the money waits until then, and goes nowhere if the goods go back."""
        return await self.note(self.take(OfferAnswer, raw))

    @answer_offer.validator
    def _check_answer_offer(self, raw: RawValue) -> None:
        self.check(Verb.ANSWER_OFFER, self.take(OfferAnswer, raw))

    @workflow.update(description="An appealed offer was looked at again and stands; to give more, `override` instead")
    async def uphold(self, raw: RawValue) -> CaseView:
        """Noted; the shopper chooses once more."""
        return await self.note(self.take(Uphold, raw))

    @uphold.validator
    def _check_uphold(self, raw: RawValue) -> None:
        self.check(Verb.UPHOLD, self.take(Uphold, raw))

    @workflow.update(description="The goods are on their way back to the shopper, under this tracking number")
    async def sent_back(self, raw: RawValue) -> CaseView:
        """Noted; the return ends without a refund."""
        return await self.note(self.take(SentBack, raw))

    @sent_back.validator
    def _check_sent_back(self, raw: RawValue) -> None:
        self.check(Verb.SENT_BACK, self.take(SentBack, raw))

    async def record_answer(
        self, plan: int, answer: Answer, by: str, wanted: Callable[[], bool] = not_if_refused
    ) -> dict[str, object]:
        """One answer. Raises NotWanted where the journal knows another one already."""
        answered: Answered = await self.step(
            f"The offer: {answer.replace('_', ' ')}",
            DecisionActivities.answer_offer,
            lambda now: AnswerOffer(**self.about, by=by, plan=plan, answer=answer, now=now),
            options.JOURNAL,
            wanted=wanted,
        )
        said: dict[str, object] = {"answers": (*self.state.answers, answered), "overdue": ""}
        return said | ({"plan": None} if answer is Answer.SEND_BACK else {})

    async def record_upheld(self, fact: Uphold) -> dict[str, object]:
        # What was recorded since it was taken may have ended the offer.
        if (no := may_speak(self.state, fact)) is not None:
            raise as_refusal(no)
        assert self.state.plan is not None
        return await self.record_answer(self.state.plan.number, Answer.STANDS, fact.by)

    async def record_goods_sent_back(self, fact: SentBack) -> dict[str, object]:
        sent = await self.step(
            f"The goods went back under {fact.tracking_number}",
            DecisionActivities.record_sent_back,
            lambda now: RecordSentBack(**self.about, sent_back=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"sent_back": sent, "overdue": ""}
