"""Exit codes of processes that used Temporal's core, which may abort one that is done with its work."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.proof.site import Site, started

AT_ONCE = 3


async def of_lists(site: Site, times: int) -> Counter[int]:
    """`python starter.py list --json`, so many times; its answer is JSON each time."""

    async def once(number: int) -> int:
        async with started(site.home, f"list-{number}", "starter.py", "list", "--json") as program:
            code = await program.end()
            assert isinstance(json.loads(program.said()), list), program.said()
            return code

    return await _counted(once, times)


async def of_workers(site: Site, times: int) -> Counter[int]:
    """A worker that takes work, and is asked to stop."""

    async def once(number: int) -> int:
        async with started(site.home, f"brief-worker-{number}", "worker.py") as program:
            await site.serving(program)
            return await program.stop()

    return await _counted(once, times)


async def _counted(once: Callable[[int], Awaitable[int]], times: int) -> Counter[int]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def in_turn(number: int) -> int:
        async with turn:
            return await once(number)

    return Counter(await asyncio.gather(*map(in_turn, range(times))))
