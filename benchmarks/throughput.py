"""What one worker, one database and one Temporal server carry: python -m benchmarks.throughput [--help]

Two questions, on an embedded stack of its own whose simulators answer at once, with the figures of each process apart:
how many returns go from request to refund a second, and what many returns cost that wait for their parcels. More of
them than a worker keeps in memory (`--cache`), so that the oldest have to be replayed when their parcels move.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ground import Ground, Spent, ground
from domain import ids
from domain.parcel import Scan, TrackingStatus
from domain.verbs import Verb
from tests.database import servers
from tests.proof.walk import Walk

_WARM = 5
_WOKEN = 20
"""How many of the oldest returns are told something."""


class Patient(Walk):
    """Looks less often: whoever looks all the time is what is measured."""

    pause = 0.1


async def carried(here: Ground, returns: int, at_once: int) -> None:
    """Returns from request to refund, so many at a time, after a few that nobody counts; prints how many a second, and
    what each cost."""
    turn = asyncio.Semaphore(at_once)

    async def one(name: str) -> None:
        async with turn:
            await Patient(here.site, name).to_the_end()

    await asyncio.gather(*(one(f"w{number}") for number in range(_WARM)))
    before, begun = here.spent(), time.monotonic()
    await asyncio.gather(*(one(f"t{number}") for number in range(returns)))
    seconds = time.monotonic() - begun
    rate = f"{seconds:.1f} s, {returns / seconds:.2f} a second"
    say(f"{returns} returns from request to refund, {at_once} at once: {rate}")
    show(before, here.spent(), returns)


async def sleeping(here: Ground, returns: int, at_once: int) -> None:
    """Returns that wait for their parcels; prints what they hold, how starting slows down, and how fast they wake."""
    turn, before = asyncio.Semaphore(at_once), here.spent()
    walks = [Patient(here.site, f"s{number}") for number in range(returns)]
    starts, labels = [0.0] * returns, [0.0] * returns

    async def one(number: int) -> None:
        async with turn:
            walk = walks[number]
            await walk.buy()
            begun = time.monotonic()
            await walk.ask(walk.case)
            starts[number] = time.monotonic() - begun
            await walk.recorded(ids.label_key(walk.case))
            labels[number] = time.monotonic() - begun

    await asyncio.gather(*map(one, range(returns)))
    say(f"{returns} returns that wait for their parcels, begun {at_once} at once")
    show(before, here.spent(), returns)
    tenth = max(1, returns // 10)
    for what, took in (("start", starts), ("start to label", labels)):
        say(f"  {what:<27} first tenth {spread(took[:tenth])}, last tenth {spread(took[-tenth:])}")
    say(f"  {'a scan to the oldest':<27} {spread([await _scan(one) for one in walks[:_WOKEN]])}")
    say(f"  {'another to the same':<27} {spread([await _scan(one) for one in walks[:_WOKEN]])}")


async def _scan(walk: Walk) -> float:
    """Seconds until a return has taken it."""
    label, now = (await walk.recorded(ids.label_key(walk.case))).facts["label"], datetime.now(UTC)
    number, status = str(label["tracking_number"]), TrackingStatus.IN_TRANSIT
    scan = Scan(id=f"{walk.case}-{now:%H%M%S%f}", tracking_number=number, status=status, at=now)
    begun = time.monotonic()
    handle = walk.site.client.get_workflow_handle(ids.workflow_id(walk.case))
    await handle.execute_update(Verb.RECORD_SCAN.value, scan)
    return time.monotonic() - begun


def show(before: Spent, after: Spent, returns: int) -> None:
    """For each process and database, what a return has cost."""
    for kind, end in after.used.items():
        start = before.used[kind]
        cpu, grown = (end.cpu - start.cpu) * 1000 / returns, (end.memory - start.memory) * 1024 / returns
        say(f"  {kind:<10} {cpu:6.0f} ms of processor each, {end.memory:6.0f} MiB, {grown:+7.1f} KiB each")
    entries = (after.entries - before.entries) / returns
    ours, temporals = ((b - a) / 1024 / returns for a, b in zip(before[2:], after[2:], strict=True))
    say(f"  {entries:.1f} journal entries each; on disk {ours:.0f} KiB of ours and {temporals:.0f} of Temporal's each")


def spread(seconds: Sequence[float]) -> str:
    """The middle, and what 19 of 20 stay below, in milliseconds."""
    if len(seconds) < 2:
        return f"{seconds[0] * 1000:.0f} ms"
    cut = statistics.quantiles(seconds, n=20, method="inclusive")
    return f"{statistics.median(seconds) * 1000:.0f} ms (19 of 20 within {cut[-1] * 1000:.0f})"


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def asked(arguments: Sequence[str]) -> argparse.Namespace:
    """What to measure. Exits with 2 and a reason if it cannot be told."""
    asks = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    asks.add_argument("--returns", type=_count, default=60, help="from request to refund; 0 leaves this part out")
    asks.add_argument("--sleeping", type=_count, default=2000, help="that wait; 0 leaves this part out")
    asks.add_argument("--at-once", type=_some, default=10, help="how many are under way at a time")
    asks.add_argument("--workers", type=_some, default=1, help="worker processes")
    asks.add_argument("--cache", type=_count, default=1000, help="returns that each worker keeps in memory")
    asks.add_argument("--database", choices=servers.KINDS, nargs="+", default=servers.KINDS, help="both if not said")
    return asks.parse_args(arguments)


def _count(word: str) -> int:
    if not word.isascii() or not word.isdigit():
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 0 up")
    return int(word)


def _some(word: str) -> int:
    if _count(word) == 0:
        raise argparse.ArgumentTypeError("write 1 or more")
    return int(word)


async def main(arguments: Sequence[str]) -> None:
    """As asked, one database after the other."""
    of = asked(arguments)
    for database in of.database:
        say(f"journal in {database}, {of.workers} worker(s) with {of.cache} in memory, load {os.getloadavg()[0]:.1f}")
        with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
            async with ground(Path(folder), of.workers, of.cache, database) as here:
                if of.returns:
                    await carried(here, of.returns, of.at_once)
                if of.sleeping:
                    await sleeping(here, of.sleeping, of.at_once)
        say(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
