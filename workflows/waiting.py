"""Waiting for a word or a time, with no more timers than there are times: each costs an action and two events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from temporalio import workflow


class Waiter:
    """Timers are left to ring: one that was set for an earlier wait wakes a later one, which looks at the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes: dict[datetime, asyncio.Task[None]] = {}
        self.rung = datetime.min.replace(tzinfo=UTC)
        """What rang last was set for then; the clock may be a moment behind it."""

    async def until(self, met: Callable[[], bool], due: datetime | None, summary: str) -> bool:
        """Wait until it is met, or the time has come; whether it was met. `summary` is shown on a new timer."""
        while not met():
            if due is not None and due <= max(workflow.now(), self.rung):
                return False
            if due is not None and not any(one <= due for one in self.wakes):
                self.wakes[due] = asyncio.create_task(self._ring(due, summary))
            await self._until_rung(met, len(self.wakes))
        return True

    async def _until_rung(self, met: Callable[[], bool], waiting: int) -> None:
        await workflow.wait_condition(lambda: met() or len(self.wakes) < waiting)

    async def _ring(self, at: datetime, summary: str) -> None:
        await workflow.sleep((at - workflow.now()).total_seconds(), summary=summary)
        self.rung = max(self.rung, at)
        del self.wakes[at]
