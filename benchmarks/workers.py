"""How a worker process should be set: python -m benchmarks.workers [ROUNDS] [RETURNS]

The recorded return of benchmarks.layer through our workflow, whose activities only answer, under one setting after the
other in one run: the event loop, the sandbox, how many returns stay in memory. Processor time of client and worker.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
from dataclasses import replace
from unittest.mock import patch

import uvloop

from benchmarks.layer import OURS, Spent, Way, server, spent

UVLOOP = "uvloop"
"""The setting that all others are held against, and the loop that `worker.py` runs on."""

WAYS = (
    replace(OURS, name=UVLOOP),
    replace(OURS, name="asyncio's own loop"),
    replace(OURS, name="in the sandbox", sandboxed=True),
    replace(OURS, name="2 returns in memory", cached=2),
    replace(OURS, name="none in memory", cached=0),
)


def measured(address: str, way: Way, returns: int, name: str) -> Spent:
    """One round on a loop of its own."""
    loop = asyncio.new_event_loop if way.name == "asyncio's own loop" else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(spent(address, way, returns, name))


async def main(rounds: int = 5, returns: int = 30) -> None:
    """All settings in turn."""
    seen: dict[str, list[Spent]] = {way.name: [] for way in WAYS}
    async with server() as address:
        for number in range(rounds):
            for at, way in enumerate(WAYS):
                # In a thread, because each has a loop of its own.
                seen[way.name].append(await asyncio.to_thread(measured, address, way, returns, f"W{number}{at}"))
    sys.stdout.write(f"{'':20}  cpu ms  ms each  cpu : {UVLOOP}\n")
    for name, many in seen.items():
        ratio = statistics.median(one.cpu / base.cpu for one, base in zip(many, seen[UVLOOP], strict=True))
        cpu, wall = statistics.median(one.cpu for one in many), statistics.median(one.wall for one in many)
        sys.stdout.write(f"{name:20}{cpu:8.0f}{wall:9.0f}{ratio:14.2f}\n")


if __name__ == "__main__":
    with patch.dict(os.environ, {"BACKHAUL_HOME": tempfile.gettempdir()}):
        asyncio.run(main(*(int(word) for word in sys.argv[1:])))
