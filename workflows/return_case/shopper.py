"""What the shopper may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions import CancelReturn, DecisionActivities, RecordChoice
from domain.choice import Choice
from domain.verbs import Verb
from workflows import options
from workflows.return_case.said import Cancel
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Shopper(Steps):
    """Until the goods arrive, the shopper may call the return off; until its money is on the way, choose otherwise."""

    @workflow.update(
        description="Call the return off before the goods arrive; the label is voided; name no people in the remark."
    )
    async def cancel(self, raw: RawValue) -> CaseView:
        """Noted; the story undoes what was done."""
        return await self.note(self.take(Cancel, raw))

    @cancel.validator
    def _check_cancel(self, raw: RawValue) -> None:
        self.check(Verb.CANCEL, self.take(Cancel, raw))

    @workflow.update(
        description="Choose what the return ends with, of what is offered, until its money is on the way; staff say "
        "how the shopper chose; name no people in the remark."
    )
    async def choose(self, raw: RawValue) -> CaseView:
        """Answered once it is recorded; the quote follows, and a plan that waits is made anew."""
        return await self.note(self.take(Choice, raw))

    @choose.validator
    def _check_choose(self, raw: RawValue) -> None:
        self.check(Verb.CHOOSE, self.take(Choice, raw))

    async def record_choice(self, fact: Choice) -> dict[str, object]:
        """Recorded without the remark; what waits for help, or for the shopper's word, goes on at once."""
        number = len(self.state.choices) + 1
        found = await self.step(
            f"Choose {fact.resolution.replace('_', ' ')}",
            DecisionActivities.record_choice,
            lambda now: RecordChoice(**self.about, number=number, by=fact.by, resolution=fact.resolution, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return dict(found)

    async def record_cancel(self, fact: Cancel) -> dict[str, object]:
        """The units go back with it; a step that waits for help is tried at once, perhaps in vain."""
        await self.step(
            "Call the return off",
            DecisionActivities.cancel_return,
            lambda now: CancelReturn(**self.about, actor=fact.by, reason=fact.reason, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return {"cancelled": fact.reason.value}
