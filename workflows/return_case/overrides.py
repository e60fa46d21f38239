"""What a person may decide otherwise than the policy, and what becomes of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions.mending import RecordLapsed, WordActivities
from activities.decisions.overrides import AgreeOverride, InForce, OverrideActivities, RecordOverride
from domain.override import Overridden, Override
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.return_case.desk import as_refusal
from workflows.return_case.said import Approve
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import NotWanted, not_if_refused


class Overrides(Steps):
    """Takes overrides, and the word of a second person on them."""

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
        self.overtaken = self.overtaken or found.withdrawn
        self.watch(found.overrides[-1])
        return {"decision": found.decision, "quote": found.quote, "overrides": found.overrides}

    def watch(self, override: Overridden) -> None:
        """One that waits for a second person waits a while; nothing waits for it, and it lapses with the end."""
        if override.waits:
            self.follows.append(asyncio.create_task(self._see_agreed(override.update_id, override.at)))

    async def _see_agreed(self, override: str, since: datetime) -> None:
        """Ops are asked when nobody has agreed in time; after as long again it lapses, and all goes on without it."""
        for number in (1, 2):
            patience = since + number * options.APPROVAL_PATIENCE - workflow.now()
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self.state.proposed is None or self.state.proposed.update_id != override,
                    timeout=max(0.0, patience.total_seconds()),
                    timeout_summary="Nobody has agreed: " + ("ask again" if number == 1 else "it lapses"),
                )
                return
            if number == 1:
                self.learn(asked_again=override)
        with suppress(NotWanted):
            found = await self.step(
                "Nobody agreed to the override",
                WordActivities.lapse_override,
                lambda now: RecordLapsed(**self.about, override=override, now=now),
                options.JOURNAL,
                wanted=not_if_refused,
            )
            self.learn(overrides=found.overrides)
            self.recorded += 1
