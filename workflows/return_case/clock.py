"""The day on which the refund is due by law or by promise: told before it comes, and recorded when it has passed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow

from activities.decisions import DecisionActivities, RecordOverdue
from workflows import options
from workflows.return_case.steps import Steps


class Clockwork(Steps):
    """Watches the clock beside the story, whatever that waits for."""

    def watch_clock(self) -> None:
        """From here on, where anything says by when the refund is due; until it is paid, or none is owed."""
        lines = self.state.decision.approved if self.state.decision else ()
        if any(line.terms and line.terms.refund_due for line in lines) and self.state.refund_overdue is None:
            self.asides.append(asyncio.create_task(self._watch()))

    async def _watch(self) -> None:
        while not self.state.refund_settled:
            due = self.state.clock.due
            if due is not None and due <= workflow.now():
                await self._record_overdue()
                return
            look_at = due if due is None or self.state.due_soon else due - self._warning
            summary = "The refund is due soon" if look_at != due else "The refund is due"
            moved_on = await self.until(partial(self._moved_on, due), look_at, summary)
            if self.state.due_soon is moved_on:
                self.learn(due_soon=not moved_on)

    @property
    def _warning(self) -> timedelta:
        decision, days = self.state.decision, options.REFUND_WARNING_DAYS
        return decision.days(days) if decision else timedelta(days=days)

    def _moved_on(self, due: datetime | None) -> bool:
        return self.state.refund_settled or self.state.clock.due != due

    async def _record_overdue(self) -> None:
        clock = self.state.clock
        if clock.due is None:
            return
        missed = RecordOverdue(**self.about, due=clock.due, cites=clock.cites, now=workflow.now())
        await self.step(
            "The refund was due",
            DecisionActivities.record_overdue,
            lambda now: missed.model_copy(update={"now": now}),
            options.JOURNAL,
        )
        self.learn(refund_overdue=missed.due, due_soon=True)
