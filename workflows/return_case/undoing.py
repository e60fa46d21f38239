"""Nothing comes back: what was done is undone, side by side, and what cannot be undone holds nothing else up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from temporalio import workflow

from activities.decisions import DecisionActivities, RecordNotUndone
from workflows import options
from workflows.return_case.clerk import Clerk


class Undoing(Clerk):
    """Goes through the undo table."""

    async def undo(self, verbs: Iterable[str]) -> None:
        """Undo by each of these verbs. One that gets no answer asks for help while all others go on; when nobody could
        help in time, that is recorded, and the return ends all the same."""
        undone = {verb: asyncio.create_task(getattr(self, verb)()) for verb in verbs}
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: all(one.done() for one in undone.values()),
                timeout=options.UNDO_PATIENCE,
                timeout_summary="End without what could not be undone",
            )
        for verb, one in undone.items():
            if one.done():
                one.result()
            else:
                one.cancel()
                await self.give_up(verb)

    async def give_up(self, verb: str) -> None:
        """Record that a step stays done, for whoever looks after the return has ended."""
        await self.step(
            f"Not done: {verb.replace('_', ' ')}",
            DecisionActivities.record_not_undone,
            lambda now: RecordNotUndone(**self.about, undo=verb, now=now),
            options.JOURNAL,
        )
