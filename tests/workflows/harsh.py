"""What may happen to an activity on its way: it is executed twice, or its attempts break off before and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

Call = Callable[[], Awaitable[Any]]
Treat = Callable[[str, Call], Awaitable[Any]]


class Harsh(Interceptor):
    """What happens to every activity: `treat` decides."""

    def __init__(self, treat: Treat) -> None:
        self.treat = treat
        self.seen: Counter[str] = Counter()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        harsh = self

        class Treated(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                name = activity.info().activity_type
                harsh.seen[name] += 1
                return await harsh.treat(name, lambda: self.next.execute_activity(input))

        return Treated(next)


async def twice(name: str, call: Call) -> Any:
    """It is executed twice, as when its first answer came too late; both answer the same."""
    # The SDK wraps the heartbeat of a thread at each execution, and one that is wrapped twice waits for itself.
    context = activity._Context.current()
    beat = context.heartbeat
    first = await call()
    context.heartbeat = beat
    second = await call()
    assert first == second, name
    return second


async def broken_off(name: str, call: Call) -> Any:
    """The first attempt dies before it does anything, the second after it has done all."""
    attempt = activity.info().attempt
    if attempt == 2:
        await call()
    if attempt <= 2:
        raise ApplicationError(f"{name} is broken off", next_retry_delay=timedelta(milliseconds=1))
    return await call()


TREATMENTS: dict[str, Treat] = {"twice": twice, "broken": broken_off}
