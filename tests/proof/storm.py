"""Many returns under way at once, while worker, Temporal server or both are killed at random moments."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from domain.case import Outcome
from domain.order import TenderKind
from embedded import children, temporal
from embedded.children import Child
from embedded.stack import Ports, Stack, stack
from tests.proof import right
from tests.proof.kills import Verdict, judged, walked
from tests.proof.site import WORKER, Program, Site, environment, forked, started, until
from tests.proof.walk import WHOLE, Walk
from workflows.plugin import Backhaul

TARGETS = ("worker", "server", "worker and server")
PORTAL = "portal"
OUTCOMES = {Outcome.REFUNDED: 8, Outcome.CANCELLED: 1, Outcome.DECLINED: 1}
"""How the returns of a storm are meant to end, and how often."""

NEWER = (TenderKind.CARD, TenderKind.GIFT_CARD)
"""What, besides a card, they were paid with, in turn."""

_EVERY = (4, 30)
"""So many entries of the journal lie between two kills."""


class Weather:
    """Kills and starts again. `crew`: how many workers there are, `words`: what each of them runs; if they are `forks`,
    which are there sooner, what `killer` is told."""

    def __init__(
        self, here: Stack, site: Site, crew: int = 1, words: Sequence[str] = WORKER, forks: bool = False
    ) -> None:
        self.site = site
        self.kills = dict.fromkeys((*TARGETS, PORTAL), 0)
        self._here = here
        self._server: Child = here.temporal
        self._words = words
        self._forks = forks
        self._crew = crew
        self._workers: dict[int, Program] = {}
        self._number = 0
        self._exits = AsyncExitStack()

    @property
    def ports(self) -> Ports:
        """Where the stack listens."""
        return self._here.ports

    async def begin(self) -> None:
        """Workers, to begin with."""
        await asyncio.gather(*map(self._start_worker, range(self._crew)))

    async def strike(self, target: str, worker: int = 0) -> None:
        """Kill -9, and start again what was killed. A worker that was not hit goes on with the new server."""
        self.kills[target] += 1
        hit_worker, hit_server = "worker" in target, "server" in target
        if hit_server:
            self._server.process.kill()
        if hit_worker:
            await self._killed_worker(worker)
        if hit_server:
            await self._server.ended
            await self._start_server()
        if hit_worker:
            await self._start_worker(worker)
        if target == PORTAL:
            await self._killed_portal()

    async def turn(self, number: int) -> None:
        """Restart a worker as a deployment does: SIGTERM, its end in order, and a new one in its place."""
        worker = self._workers[number]
        assert await worker.stop() == 0, worker.said()
        await self._start_worker(number)

    def number_of(self, pid: int) -> int:
        """Which worker this process is."""
        return next(number for number, one in self._workers.items() if one.pid == pid)

    async def end(self) -> None:
        """Stop workers and server in order; the workers' exit codes are 0."""
        try:
            workers = self._workers.values()
            codes = await asyncio.gather(*(one.stop() for one in workers))
            assert not any(codes), "\n".join(one.said() for one, code in zip(workers, codes, strict=True) if code)
        finally:
            await self._exits.aclose()
            await self._server.stop()

    def said(self) -> str:
        """All that its workers have printed until now."""
        return "".join(one.read_text() for one in self.site.home.glob("worker-*.out"))

    def pids(self) -> list[int]:
        """Of all processes that outlive this one if it is killed."""
        here = [one.pid for one in (self._server, self._here.portal) if one]
        return [*here, *(one.pid for one in self._workers.values())]

    async def _killed_worker(self, number: int) -> None:
        worker = self._workers[number]
        assert worker.alive, f"the worker ended by itself:\n{worker.said()}"
        assert await worker.stop(signal.SIGKILL) == -signal.SIGKILL

    async def _killed_portal(self) -> None:
        assert self._here.portal is not None
        self._here.portal.process.kill()
        await self._here.portal.ended
        await self._here.start_portal()

    async def _start_worker(self, number: int) -> None:
        self._number += 1
        home, name = self.site.home, f"worker-{self._number}"
        worker = forked(home, name, *self._words) if self._forks else started(home, name, *self._words)
        self._workers[number] = await self._exits.enter_async_context(worker)
        # Which of many workers polls cannot be asked: the server shows the pollers of a part of each queue.
        await (self._ready(self._workers[number]) if self._crew > 1 else self.site.serving(self._workers[number]))

    async def _ready(self, worker: Program) -> None:
        async def ready() -> bool:
            assert worker.alive, worker.said()
            return "worker ready" in worker.said()

        await until(ready, "the worker is ready", WHOLE)

    async def _start_server(self) -> None:
        ports, logs = self._here.ports, self.site.home / "logs"
        command = temporal.command(ports.temporal, ports.ui, self.site.home)
        self._server = await children.start("temporal", command, logs, environment(self.site.home))
        await temporal.connected(f"127.0.0.1:{ports.temporal}", self._server.alive, [Backhaul()])


@asynccontextmanager
async def weather(
    home: Path, crew: int = 1, words: Sequence[str] = WORKER, forks: bool = False
) -> AsyncIterator[Weather]:
    """A stack within this process, so that its server can be killed without the rest, and workers beside it."""
    with patch.dict(os.environ, {"BACKHAUL_HOME": str(home)}):
        async with stack(Ports.free(), worker=False) as here:
            site = await Site.at(home)
            made = Weather(here, site, crew, words, forks)
            try:
                await made.begin()
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
        walks = [
            Walk(sky.site, f"storm-{number}", one, NEWER[number % len(NEWER)])
            for number, one in enumerate(outcomes, start=1)
        ]
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
        struck = ", ".join(f"{target} {times}×" for target, times in sky.kills.items() if times)
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
