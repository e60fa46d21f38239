"""Many returns under way at once, while worker, Temporal server or both are killed at random moments."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from domain.case import Outcome
from embedded import children, temporal
from embedded.children import Child
from embedded.stack import Ports, Stack, stack
from tests.proof import right
from tests.proof.kills import Verdict, judged, walked
from tests.proof.site import Program, Site, environment, started, until
from tests.proof.walk import WHOLE, Walk

TARGETS = ("worker", "server", "worker and server")
OUTCOMES = {Outcome.REFUNDED: 8, Outcome.CANCELLED: 1, Outcome.DECLINED: 1}
"""How the returns of a storm are meant to end, and how often."""

_EVERY = (4, 30)
"""So many entries of the journal lie between two kills."""


class Weather:
    """Kills and starts again."""

    def __init__(self, here: Stack, site: Site) -> None:
        self.site = site
        self.kills = dict.fromkeys(TARGETS, 0)
        self._here = here
        self._server: Child = here.temporal
        self._worker: Program | None = None
        self._number = 0
        self._exits = AsyncExitStack()

    async def begin(self) -> None:
        """A worker, to begin with."""
        await self._start_worker()

    async def strike(self, target: str) -> None:
        """Kill -9, and start again what was killed. A worker that was not hit goes on with the new server."""
        self.kills[target] += 1
        hit_worker, hit_server = "worker" in target, "server" in target
        if hit_server:
            self._server.process.kill()
        if hit_worker:
            await self._killed_worker()
        if hit_server:
            await self._server.ended
            await self._start_server()
        if hit_worker:
            await self._start_worker()

    async def end(self) -> None:
        """Stop worker and server in order; the worker's exit code is 0."""
        try:
            assert self._worker is not None
            assert await self._worker.stop() == 0, self._worker.said()
        finally:
            await self._exits.aclose()
            await self._server.stop()

    async def _killed_worker(self) -> None:
        assert self._worker is not None
        assert self._worker.alive, f"the worker ended by itself:\n{self._worker.said()}"
        assert await self._worker.stop(signal.SIGKILL) == -signal.SIGKILL

    async def _start_worker(self) -> None:
        self._number += 1
        worker = started(self.site.home, f"worker-{self._number}", "worker.py")
        self._worker = await self._exits.enter_async_context(worker)
        await self.site.serving(self._worker)

    async def _start_server(self) -> None:
        ports, logs = self._here.ports, self.site.home / "logs"
        command = temporal.command(ports.temporal, ports.ui, self.site.home)
        self._server = await children.start("temporal", command, logs, environment(self.site.home))
        await temporal.connected(f"127.0.0.1:{ports.temporal}", self._server.alive)


@asynccontextmanager
async def weather(home: Path) -> AsyncIterator[Weather]:
    """A stack within this process, so that its server can be killed without the rest, and a worker beside it."""
    with patch.dict(os.environ, {"BACKHAUL_HOME": str(home)}):
        async with stack(Ports.free(), worker=False) as here:
            site = await Site.at(home)
            made = Weather(here, site)
            await made.begin()
            try:
                yield made
            finally:
                await made.end()
                await site.close()


async def storm(home: Path, returns: int, kills: int, seed: int) -> list[Verdict]:
    """All returns through all weather; a verdict for each return, and one for the ledger."""
    dice = random.Random(seed)
    async with weather(home) as sky:
        begun = time.monotonic()
        outcomes = dice.choices(list(OUTCOMES), list(OUTCOMES.values()), k=returns)
        walks = [Walk(sky.site, f"storm-{number}", one) for number, one in enumerate(outcomes, start=1)]
        ways = [asyncio.create_task(walked(one)) for one in walks]
        try:
            for _ in range(kills):
                await _grown(sky.site, dice.randint(*_EVERY), ways)
                await sky.strike(dice.choice(TARGETS))
            await asyncio.wait(ways)
        finally:
            for way in ways:
                way.cancel()
        verdicts = [
            await judged(f"storm: {walk.outcome}", walk, way, begun) for walk, way in zip(walks, ways, strict=True)
        ]
        struck = ", ".join(f"{target} {times}×" for target, times in sky.kills.items())
        faults = await asyncio.to_thread(lambda: [*right.wrong_ledger(sky.site.ledger), *sky.site.breaks()])
        return [*verdicts, Verdict(what=f"storm: the whole ledger after kill -9 of {struck}", case="", faults=faults)]


async def _grown(site: Site, entries: int, ways: list[asyncio.Task[float]]) -> None:
    """Until the journal has so many entries more, or nothing is under way any more."""
    (last,) = [one.seq for one in site.ledger.entries(after=0)][-1:] or [0]

    async def grown() -> bool:
        for way in ways:
            if way.done():
                way.result()
        done = all(way.done() for way in ways)
        return done or sum(1 for _ in site.ledger.entries(after=last)) >= entries

    await until(grown, f"{entries} more entries", WHOLE)
