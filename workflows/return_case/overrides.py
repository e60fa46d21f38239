"""What a person may decide otherwise than the policy, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions.overrides import AgreeOverride, InForce, OverrideActivities, RecordOverride
from domain.notice import NoticeKind
from domain.override import Override
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.return_case.desk import as_refusal
from workflows.return_case.said import Approve
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Overrides(Steps):
    """Takes overrides, and waits for those that an appeal or a review asks for."""

    @workflow.update(
        description="Decide otherwise than the policy; signed, so `starter.py override` sends it; name no people in it"
    )
    async def override(self, raw: RawValue) -> CaseView:
        """Answered once it is recorded, or refused: then the decision stands as it was."""
        return await self.note(self.take(Override, raw))

    @override.validator
    def _check_override(self, raw: RawValue) -> None:
        said = self.take(Override, raw)
        update = workflow.current_update_info()
        if update is None or update.id != said.update_id:
            text = f"This Update's own id must be the one that was signed, {said.update_id}."
            raise as_refusal(Refusal(code="other_update_id", message=text))
        self.check(Verb.OVERRIDE, said)

    async def record_override(self, fact: Override) -> dict[str, object]:
        """Record what a person decided, without their remark; it is in force, or waits for a second person."""
        said = fact.model_dump(exclude={"remark"})
        found = await self.step(
            f"Override by {fact.by}",
            OverrideActivities.record_override,
            lambda now: RecordOverride(**self.about, **said, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return self._in_force(found)

    async def agree_override(self, fact: Approve) -> dict[str, object]:
        """Record that a second person agrees."""
        said = fact.model_dump()
        found = await self.step(
            f"Override agreed to by {fact.by}",
            OverrideActivities.agree_override,
            lambda now: AgreeOverride(**self.about, **said, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return self._in_force(found)

    def _in_force(self, found: InForce) -> dict[str, object]:
        self.retries += 1  # a step that waits for help may not be wanted any more
        # Of a plan that waits for an answer to its offer, all is computed anew.
        self.overtaken = self.overtaken or (self.state.plan is not None and found.decision != self.state.decision)
        return dict(found)

    async def hear_appeal(self) -> None:
        """What the policy declines of an appeal waits for a person, as long as the policy lets them look."""
        decision = self.state.decision
        if self.request.appeals is None or decision is None or not self.state.declined:
            return
        until = decision.decided_at + decision.days(decision.review_days)
        self.learn(appeal_until=until)
        self.tell(NoticeKind.REQUEST_RECEIVED)
        declined = f"The appeal of {self.request.appeals} is not granted"
        await self._wait_for_person(lambda: not self.state.declined or self.state.called_off, until, declined)
        self.learn(appeal_until=None)  # nothing more is taken; what was taken before still counts
        await workflow.wait_condition(lambda: not self.heard)

    async def be_reviewed(self) -> None:
        """What the policy leaves to a person waits for one before a label goes out.

        When nobody has looked in time, ops are asked to; after as long again the goods may come, and their money waits.
        """
        decision = self.state.decision
        if decision is None or self.state.label is not None or not self.state.in_review:
            return
        until = decision.decided_at + decision.days(decision.review_days)
        self.learn(review_until=until)
        self.tell(NoticeKind.IN_REVIEW)
        await self._wait_for_person(self._reviewed, until, "Nobody has looked at it: ask again")
        if not self._reviewed():
            self.learn(overdue=f"Overdue: {self.state.next_action.action}")
            last = until + decision.days(decision.review_days)
            await self._wait_for_person(self._reviewed, last, "Nobody has looked at it: send the label, keep the money")
        self.learn(review_until=None, overdue="")

    def _reviewed(self) -> bool:
        return not self.state.in_review or self.state.stopped or bool(self.state.receipts)

    async def _wait_for_person(self, done: Callable[[], bool], until: datetime, summary: str) -> None:
        patience = max(0.0, (until - workflow.now()).total_seconds())
        with suppress(TimeoutError):
            await workflow.wait_condition(done, timeout=patience, timeout_summary=summary)
