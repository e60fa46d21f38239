"""What ops may mend."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions.evidence import RecordAsked
from activities.decisions.mending import RecordCount, RecordExtended, RecordRegraded, WordActivities
from domain.evidence import AskEvidence
from domain.mending import CorrectCount, Deadline, Extend, Regrade
from domain.verbs import Verb
from workflows import options
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Mending(Steps):
    """Asks the shopper, corrects what was said of the goods, and gives more time."""

    @workflow.update(
        description="Ask the shopper to show something of lines in review: receipt, photo or serial number"
    )
    async def ask_evidence(self, raw: RawValue) -> CaseView:
        """Noted; the review waits for the shopper, as long as the policy says."""
        return await self.note(self.take(AskEvidence, raw))

    @ask_evidence.validator
    def _check_ask_evidence(self, raw: RawValue) -> None:
        self.check(Verb.ASK_EVIDENCE, self.take(AskEvidence, raw))

    @workflow.update(description="A box was counted wrongly: what was in it, before it is inspected")
    async def correct_count(self, raw: RawValue) -> CaseView:
        """Noted; units that were never there are the shopper's again."""
        return await self.note(self.take(CorrectCount, raw))

    @correct_count.validator
    def _check_correct_count(self, raw: RawValue) -> None:
        self.check(Verb.CORRECT_COUNT, self.take(CorrectCount, raw))

    @workflow.update(description="Other grades for what was inspected, before any money is asked for; planned anew")
    async def regrade(self, raw: RawValue) -> CaseView:
        """Noted; a plan that was made of the old grades is taken back in the same entry."""
        return await self.note(self.take(Regrade, raw))

    @regrade.validator
    def _check_regrade(self, raw: RawValue) -> None:
        self.check(Verb.REGRADE, self.take(Regrade, raw))

    @workflow.update(description="More time to send, to show evidence, for a review or an inspection")
    async def extend(self, raw: RawValue) -> CaseView:
        """Noted; whoever has waited for the old day waits for the new one."""
        return await self.note(self.take(Extend, raw))

    @extend.validator
    def _check_extend(self, raw: RawValue) -> None:
        self.check(Verb.EXTEND, self.take(Extend, raw))

    async def record_asked(self, fact: AskEvidence) -> dict[str, object]:
        number = len(self.state.evidence) + 1
        found = await self.step(
            f"Ask the shopper to show something of line {', '.join(one.line_id for one in fact.wanted)}",
            WordActivities.ask_evidence,
            lambda now: RecordAsked(**self.about, number=number, said=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return dict(found)

    async def record_count(self, fact: CorrectCount) -> dict[str, object]:
        number = self.state.corrections + 1
        found = await self.step(
            f"Correct the count of box {fact.receipt}",
            WordActivities.correct_count,
            lambda now: RecordCount(**self.about, number=number, said=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {**dict(found), "corrections": number}

    async def record_regraded(self, fact: Regrade) -> dict[str, object]:
        number = self.state.corrections + 1
        judged = await self.step(
            "Correct the grades",
            WordActivities.regrade,
            lambda now: RecordRegraded(**self.about, number=number, said=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.overtaken = self.state.plan is not None
        self.retries += 1
        return {"inspection": judged, "corrections": number}

    async def record_extended(self, fact: Extend) -> dict[str, object]:
        found = await self.step(
            f"More time ({fact.deadline.replace('_', ' ')}) until {fact.until:%d %B %Y}",
            WordActivities.extend,
            lambda now: RecordExtended(**self.about, said=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {**dict(found), **({"overdue": ""} if fact.deadline is not Deadline.EVIDENCE else {})}
