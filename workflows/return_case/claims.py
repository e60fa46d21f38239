"""A parcel of which nobody hears: claimed at the carrier, and paid for when the policy says so."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions import DecisionActivities, RecordAnswer, RecordClaim, RecordLoss
from activities.decisions.claims import RULE
from domain.carrier_claim import Answer, AnswerClaim, CarrierClaim, OpenClaim, answered
from domain.verbs import Verb
from workflows import options
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import NotWanted, not_if_refused


class Claims(Steps):
    """Staff opens them, the carrier answers; one that is never answered counts as lost."""

    @workflow.update(description="Claim the parcel at the carrier, under its reference; the policy says when to refund")
    async def open_claim(self, raw: RawValue) -> CaseView:
        """Noted once per reference; the carrier is waited for from here on."""
        return await self.note(self.take(OpenClaim, raw))

    @open_claim.validator
    def _check_open_claim(self, raw: RawValue) -> None:
        self.check(Verb.OPEN_CLAIM, self.take(OpenClaim, raw))

    @workflow.update(description="What the carrier answered to the claim: found, or lost and how much it pays")
    async def answer_claim(self, raw: RawValue) -> CaseView:
        """Noted once; what is lost is refunded, and what is found is waited for."""
        return await self.note(self.take(AnswerClaim, raw))

    @answer_claim.validator
    def _check_answer_claim(self, raw: RawValue) -> None:
        self.check(Verb.ANSWER_CLAIM, self.take(AnswerClaim, raw))

    async def record_open_claim(self, fact: OpenClaim) -> dict[str, object]:
        claim = await self.step(
            f"Claim {fact.reference} at the carrier",
            DecisionActivities.record_claim,
            lambda now: RecordClaim(**self.about, claim=fact, currency=self.order.currency, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"claims": (*self.state.claims, claim)}

    async def record_answer_claim(self, fact: AnswerClaim) -> dict[str, object]:
        answer, paid = await self.step(
            f"The carrier has answered {fact.reference}: {fact.answer}",
            DecisionActivities.record_answer,
            lambda now: RecordAnswer(**self.about, answer=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        found = {"patient_until": workflow.now() + options.PARCEL_PATIENCE} if answer is Answer.FOUND else {}
        return {"claims": answered(self.state.claims, fact.reference, answer, paid), **found}

    async def count_as_lost(self) -> None:
        """What is claimed as lost is paid for as if it had come, unless it has just come."""
        claim = self.state.claimed_as_lost
        if claim is None:
            return
        try:
            judged = await self.step(
                f"The parcel counts as lost, by claim {claim.reference}",
                DecisionActivities.record_loss,
                lambda now: RecordLoss(**self.about, by=claim.by, now=now),
                options.JOURNAL,
                wanted=not_if_refused,
            )
        except NotWanted:  # the journal knows of goods, which the story hears of in a moment
            return
        if not self.state.ungraded:
            self.learn(lost=claim.by, inspection=judged, overdue="")

    async def give_up_answer(self) -> None:
        """The carrier has not answered, though ops asked: it counts as lost."""
        await self._close_claim(Answer.UNANSWERED)

    async def end_claim(self) -> None:
        """No return ends with an open claim: goods that came were found, and for what was paid the carrier is waited
        for, a bounded time."""
        if self.state.open_claim is not None and not self.state.lost:
            await self._close_claim(Answer.FOUND)
        await self.hear_of_claim()

    async def hear_of_claim(self) -> None:
        """Until the carrier has answered, or counts as having lost the parcel."""
        while (claim := self.state.open_claim) is not None:
            wanted = self.state.next_action.action
            if await self._answered_by(claim.answer_by, wanted):
                continue
            self.learn(overdue=f"Overdue: {wanted}")
            if not await self._answered_by(claim.answer_by + options.PARCEL_PATIENCE, "The carrier does not answer"):
                await self.give_up_answer()
        self.learn(overdue="")

    async def _answered_by(self, until: datetime, summary: str) -> bool:
        patience = max(0.0, (until - workflow.now()).total_seconds())
        try:
            await workflow.wait_condition(
                lambda: self.state.open_claim is None, timeout=patience, timeout_summary=summary
            )
        except TimeoutError:
            return False
        return True

    async def _close_claim(self, answer: Answer) -> None:
        claim: CarrierClaim | None = self.state.open_claim
        if claim is not None:
            fact = AnswerClaim(by=RULE, reference=claim.reference, answer=answer)
            try:
                self.learn(**await self.record_answer_claim(fact), overdue="")
            except NotWanted:  # somebody has just said what the carrier answered
                await workflow.wait_condition(lambda: not self.heard)
