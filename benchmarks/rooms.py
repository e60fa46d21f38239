"""What the effects of a return cost: python -m benchmarks.rooms [RETURNS]

Plain returns through the embedded stack, one after the other, with all that is written and called: processor time and
time of every activity, added up by the room it belongs to, for one return. The simulators' own work is not in it.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from temporalio import activity
from temporalio.plugin import SimplePlugin
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from embedded.stack import Ports, stack
from tests.proof.site import Site
from tests.proof.walk import Walk
from wiring import Rooms
from worker import by_queue, workers


class Clock(Interceptor):
    """Takes the time of each activity, in the thread in which it runs."""

    def __init__(self) -> None:
        self.cpu, self.wall = defaultdict[str, float](float), defaultdict[str, float](float)
        self.calls = defaultdict[str, float](float)
        self._lock = threading.Lock()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Around each activity."""
        clock = self

        class Timed(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # the interceptor's own signature
                input.fn = clock.timed(activity.info().activity_type, input.fn)
                return await self.next.execute_activity(input)

        return Timed(next)

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, counted."""

        @functools.wraps(call)
        def counted(*given: Any) -> Any:
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return call(*given)
            finally:
                with self._lock:
                    self.cpu[name] += time.thread_time() - cpu
                    self.wall[name] += time.perf_counter() - wall
                    self.calls[name] += 1

        return call if asyncio.iscoroutinefunction(call) else counted


def room_of(rooms: Rooms) -> dict[str, str]:
    """The room of each activity: the package that its class is in."""
    return {
        method.__name__: method.__module__.split(".")[1] for methods in by_queue(rooms).values() for method in methods
    }


async def main(returns: int = 20) -> None:
    """Walk them, and print one row for each room."""
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder, patch.dict(os.environ, BACKHAUL_HOME=folder):
        async with stack(Ports.free(), worker=False) as here, AsyncExitStack() as exits:
            for worker in workers(here.client, here.rooms, [SimplePlugin("clock", interceptors=[clock])]):
                await exits.enter_async_context(worker)
            site = await Site.at(Path(folder))
            exits.push_async_callback(site.close)
            for number in range(returns):
                await Walk(site, f"bench-{number}").to_the_end()
            rooms = room_of(here.rooms)
    _show(clock, rooms, returns)


def _show(clock: Clock, rooms: dict[str, str], returns: int) -> None:
    sys.stdout.write(f"{'room':12}  activities  cpu ms  ms each return\n")
    for room in sorted({rooms[name] for name in clock.calls}):
        mine = [name for name in clock.calls if rooms[name] == room]
        calls, cpu, wall = (sum(one[name] for name in mine) / returns for one in (clock.calls, clock.cpu, clock.wall))
        sys.stdout.write(f"{room:12}{calls:12.1f}{cpu * 1000:8.1f}{wall * 1000:16.1f}\n")


if __name__ == "__main__":
    asyncio.run(main(*(int(word) for word in sys.argv[1:])))
