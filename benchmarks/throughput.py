"""What one worker, one database and one Temporal server carry: python -m benchmarks.throughput

Two questions, with figures of every process apart, on an embedded stack of its own whose simulators answer at once: how
many returns go from request to refund per second, and what many returns that wait (for the parcel, mostly) cost.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from benchmarks.processes import Used, below, used, words
from domain.parcel import Scan, TrackingStatus
from domain.verbs import Verb
from tests.database import servers
from tests.proof.site import STACK, WORKER, Program, Site, started
from tests.proof.walk import Walk

_KINDS = (("temporal", "server start-dev"), ("portal", "-m portal"), ("worker", "worker.py"), ("postgres", "postgres"))


class Ground:
    """A stack with workers, and what each of its processes has used."""

    def __init__(self, site: Site, pids: Mapping[str, list[int]]) -> None:
        self.site = site
        self._pids = pids

    def used(self) -> dict[str, Used]:
        """By kind of process, added up."""
        found = {}
        for kind, pids in self._pids.items():
            all_of = [used(pid) for pid in pids]
            found[kind] = Used(sum(one.cpu for one in all_of), sum(one.memory for one in all_of))
        return found


@asynccontextmanager
async def ground(home: Path, workers: int, database: str) -> AsyncIterator[Ground]:
    """Started for the block."""
    async with AsyncExitStack() as exits:
        if database == "postgresql":
            url = exits.enter_context(servers.postgres()).empty()
            exits.enter_context(patch.dict(os.environ, {"BACKHAUL_DATABASE_URL": url}))
        program = await exits.enter_async_context(started(home, "stack", *STACK, "--no-worker"))
        site = await Site.at(home, program)
        exits.push_async_callback(site.close)
        crew = [await exits.enter_async_context(started(home, f"worker-{n}", *WORKER)) for n in range(workers)]
        for one in crew:
            await site.serving(one)
        yield Ground(site, _by_kind(program, crew))


def _by_kind(program: Program, crew: Sequence[Program]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"stack": [program.pid]}
    for pid in [*below(program.pid), *(one.pid for one in crew), *below(os.getpid())]:
        kind = next((name for name, sign in _KINDS if sign in words(pid)), None)
        if kind and pid not in found.setdefault(kind, []):
            found[kind].append(pid)
    return found


async def carried(here: Ground, returns: int, at_once: int) -> None:
    """Returns from request to refund, so many at a time; prints how many per second, and what each cost."""
    turn, before, begun = asyncio.Semaphore(at_once), here.used(), time.monotonic()

    async def one(number: int) -> None:
        async with turn:
            walk = Walk(here.site, f"t{number}")
            walk.pause = 0.2  # whoever looks all the time is what is measured
            await walk.to_the_end()

    await asyncio.gather(*map(one, range(returns)))
    seconds, after = time.monotonic() - begun, here.used()
    rate = f"{seconds:.1f} s, {returns / seconds:.2f} a second"
    _say(f"{returns} returns from request to refund, {at_once} at once: {rate}")
    for kind, end in after.items():
        spent = end.cpu - before[kind].cpu
        _say(
            f"  {kind:<10} {spent / returns * 1000:8.0f} ms of processor per return   {end.memory:7.0f} MiB at the end"
        )


async def sleeping(here: Ground, returns: int, at_once: int) -> None:
    """Returns that wait for their parcels; prints what they hold, how starting slows down, and how fast they wake."""
    turn, took = asyncio.Semaphore(at_once), [0.0] * returns
    walks = [Walk(here.site, f"s{number}") for number in range(returns)]
    before = here.used()

    async def one(number: int) -> None:
        async with turn:
            walks[number].pause = 0.1
            await walks[number].buy()
            begun = time.monotonic()
            await walks[number].ask(walks[number].case)
            await walks[number].recorded(f"label:{walks[number].case}:1")
            took[number] = time.monotonic() - begun

    await asyncio.gather(*map(one, range(returns)))
    part, after = max(1, returns // 10), here.used()
    _say(f"{returns} returns that wait for the parcel, begun {at_once} at once")
    _say(f"  request to label, first tenth {_spread(took[:part])}, last tenth {_spread(took[-part:])}")
    for kind, end in after.items():
        spent, grown = end.cpu - before[kind].cpu, end.memory - before[kind].memory
        per = grown * 1024 / returns
        _say(
            f"  {kind:<10} {spent / returns * 1000:6.0f} ms of processor per return {end.memory:7.0f} MiB, "
            f"{per:.1f} KiB more per return"
        )
    some = min(20, returns)
    _say(f"  a scan to one of the oldest {_spread([await _scan(one) for one in walks[:some]])}")
    _say(f"  another to the same         {_spread([await _scan(one) for one in walks[:some]])}")


async def _scan(walk: Walk) -> float:
    now = datetime.now(UTC)
    scan = Scan(
        id=f"{walk.case}-{now:%f}", tracking_number=f"none-{walk.name}", status=TrackingStatus.IN_TRANSIT, at=now
    )
    begun = time.monotonic()
    await walk.site.client.get_workflow_handle(f"return-{walk.case}").execute_update(Verb.RECORD_SCAN.value, scan)
    return time.monotonic() - begun


def _spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return f"{seconds[0] * 1000:.0f} ms"
    cut = statistics.quantiles(seconds, n=20)
    return f"{statistics.median(seconds) * 1000:.0f} ms (95 of 100 within {cut[-1] * 1000:.0f})"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(arguments: Sequence[str]) -> None:
    """As asked."""
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--returns", type=int, default=60)
    asks.add_argument("--sleeping", type=int, default=2000, help="0 leaves this part out")
    asks.add_argument("--at-once", type=int, default=10)
    asks.add_argument("--workers", type=int, default=1, help="worker processes")
    asks.add_argument("--database", choices=servers.KINDS, default="sqlite")
    asked = asks.parse_args(arguments)
    _say(f"{asked.workers} worker process(es), journal in {asked.database}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        async with ground(Path(folder), asked.workers, asked.database) as here:
            if asked.returns:
                await carried(here, asked.returns, asked.at_once)
            if asked.sleeping:
                await sleeping(here, asked.sleeping, asked.at_once)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
