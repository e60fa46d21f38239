"""Many returns while nothing can be relied on: payment provider and storefront do three calls in ten wrongly, webhooks
get lost, come twice and out of order, and workers, portal and Temporal server are killed. Of some returns the refund
fails late, or the payment is disputed.

All that it knows is in its home, so whoever ends it can go on with it later.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from pydantic import Field

from domain import ids
from domain.case import Outcome
from domain.model import Model
from domain.order import TenderKind
from embedded import portal
from embedded.simulators.faults import CallFault, HookFault
from ledger import EntryKind
from settings import ROOT
from tests.proof import hasty, right
from tests.proof.kills import Verdict, judged, walked
from tests.proof.right import Books, Json
from tests.proof.site import Site, environment, until
from tests.proof.storm import NEWER, OUTCOMES, PORTAL, Weather, weather
from tests.proof.walk import Walk
from tests.proof.ways import Disputed, FailedLate

HASTY = ("-m", hasty.__name__)
CREW = 8
RESTARTS = 2
"""How often the Temporal server is killed: after a quarter and a half of the run."""

PROVIDER, SHOP = FAULTY = ("stripe", "storefront")
"""Whose calls go wrong."""

_SHARE = 0.3
_AT_ONCE = 40
"""So many returns are under way at a time."""
_PER_RETURN = 20
"""Entries of the journal, about: kills are spread over the run by what has been recorded."""


class Progress(Model):
    """What has happened so far to a run: how it was begun, its kills, its seconds, and the processes it has now."""

    kills: dict[str, int] = Field(default_factory=dict)
    done: int = 0
    restarts: int = 0
    seconds: float = 0.0
    faults: dict[str, int] = Field(default_factory=dict)
    pids: tuple[int, ...] = ()


PATIENCE, PAUSE = 900.0, 0.25
"""Of a return in bad weather, in seconds."""

LATER: tuple[type[Walk], ...] = (FailedLate, Disputed)
"""What the provider has in store for some returns, besides its faults."""

_EVERY = 4
"""One of so many refunded returns has it."""


class Still(Books):
    """Books that do not change any more, so that each simulator is asked once for all returns."""

    @cached_property
    def _refunds(self) -> list[Json]:
        return super().refunds()

    @cached_property
    def _labels(self) -> Any:  # JSON
        return super().get("/carrier/labels.json")

    def refunds(self) -> list[Json]:
        """Every refund at the payment provider."""
        return self._refunds

    def get(self, path: str, **query: str) -> Any:  # JSON
        """What a simulator shows."""
        return self._labels if path == "/carrier/labels.json" else super().get(path, **query)


def plan(seed: int, where: str = PROVIDER) -> dict[str, object]:
    """Three calls in ten go wrong, in every way, and three of the provider's webhooks in ten."""
    calls, hooks = get_args(CallFault), get_args(HookFault)
    faults = {"*": {one: _SHARE / len(calls) for one in calls}}
    if where == PROVIDER:
        faults["webhooks"] = {one: _SHARE / len(hooks) for one in hooks}
    return {"seed": seed, "faults": faults, "delay_seconds": hasty.ANSWER + 1}


class Hostile:
    """One run in its home."""

    def __init__(self, home: Path, returns: int, kills: int, seed: int, crew: int = CREW) -> None:
        self.home, self.kills, self.crew, self.seed = home, kills, crew, seed
        self._file = home / "progress.json"
        told = self._file.read_text() if self._file.exists() else "{}"
        self.progress = Progress.model_validate_json(told)
        self._dice = random.Random(f"{seed}:{self.progress.done}")
        outcomes = random.Random(seed).choices(list(OUTCOMES), list(OUTCOMES.values()), k=returns)
        self._cases = [(f"hostile-{number}", one) for number, one in enumerate(outcomes, start=1)]
        self._total = returns * _PER_RETURN
        self._begun = time.monotonic() - self.progress.seconds

    async def run(self) -> list[Verdict]:
        """Begin, or go on; a verdict for each return, one for the ledger and one for all the money."""
        self.home.mkdir(parents=True, exist_ok=True)
        end_left_over(self.progress.pids, self.home)
        async with weather(self.home, self.crew, HASTY) as sky:
            try:
                self._note(sky)
                return await self._through(sky)
            finally:
                self._note(sky)

    async def _through(self, sky: Weather) -> list[Verdict]:
        site, turn = sky.site, asyncio.Semaphore(_AT_ONCE)
        walks = list(self.walks(site))
        await self._worsen(site)

        async def through(walk: Walk) -> float:
            async with turn:
                if not _closed(walk):
                    return await walked(walk)
                await walk.closed()  # an earlier run got this far, at least
                return time.monotonic()

        ways = [asyncio.create_task(through(one)) for one in walks]
        try:
            await self._strike(sky, ways)
            await asyncio.wait(ways)
            await self._calm(sky)
            return await self._judge(site, walks, ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)

    def walks(self, site: Site) -> Iterator[Walk]:
        """Paid with two cards or with card and gift card; of some the refund fails late, or the payment is disputed."""
        refunded = 0
        for number, (name, outcome) in enumerate(self._cases, start=1):
            kind: type[Walk] = Walk
            if outcome is Outcome.REFUNDED:
                refunded += 1
                kind = LATER[refunded // _EVERY % len(LATER)] if refunded % _EVERY == 0 else Walk
            walk = kind(site, name, outcome, NEWER[number % len(NEWER)])
            # A webhook that is lost four times comes after a quarter of an hour.
            walk.patience, walk.pause = PATIENCE if kind is Walk else 2 * PATIENCE, PAUSE
            yield walk

    async def _worsen(self, site: Site) -> None:
        """Set the plans of faults; what goes on already is left alone, or it would begin anew."""
        for where in FAULTY:
            wanted = plan(self.seed, where)
            told = (await site.http.get(f"/{where}/_control/faults")).json()["plan"]
            if told["faults"] != wanted["faults"]:
                (await site.http.post(f"/{where}/_control/faults", json=wanted)).raise_for_status()
        (await site.http.post("/stripe/_control/pace", json={"after": 1})).raise_for_status()

    async def _strike(self, sky: Weather, ways: Sequence[asyncio.Task[float]]) -> None:
        """Kill somebody each time the journal has grown by some entries, until everything is through."""
        seen = wanted = _last(sky.site, 0)
        while True:
            wait = self._dice.randint(1, max(2, 2 * self._total // self.kills))
            wanted = min(wanted + wait, max(seen, self._restart_at))

            async def grown(wanted: int = wanted, since: int = seen) -> bool:
                return all(way.done() for way in ways) or _last(sky.site, since) >= wanted

            await until(grown, f"{wait} more entries", PATIENCE, 0.2)
            seen = _last(sky.site, seen)
            if all(way.done() for way in ways):
                return
            target = self._target(seen)
            restarts = self.progress.restarts + ("server" in target)
            kills = dict(Counter(self.progress.kills) + Counter({target: 1}))
            changed = {"done": self.progress.done + 1, "restarts": restarts, "kills": kills}
            self.progress = self.progress.model_copy(update=changed)
            await sky.strike(target, self._dice.randrange(self.crew))
            self._note(sky)

    @property
    def _restart_at(self) -> int:
        """At which entry of the journal the server is killed next; far beyond the end where it was often enough."""
        done = self.progress.restarts
        return self._total * (done + 1) // (RESTARTS + 2) if done < RESTARTS else self._total * 100

    def _target(self, entries: int) -> str:
        if (
            entries >= self._total * (self.progress.restarts + 1) // (RESTARTS + 1)
            and self.progress.restarts < RESTARTS
        ):
            return "server"
        return self._dice.choice(("worker", "worker", "worker", PORTAL))

    async def _calm(self, sky: Weather) -> None:
        """No more faults; every webhook that still waits is delivered."""
        site = sky.site
        injected = Counter(self.progress.faults)
        for where in FAULTY:
            told = (await site.http.get(f"/{where}/_control/faults")).json()
            injected = sum((Counter(one) for one in told["injected"].values()), injected)
            (await site.http.post(f"/{where}/_control/faults", json={})).raise_for_status()
        self.progress = self.progress.model_copy(update={"faults": dict(sorted(injected.items()))})

        # Where an earlier run listened nobody does any more, and faults may have kept that from being said.
        await portal.register(f"http://127.0.0.1:{sky.ports.portal}", f"{site.simulators}/stripe", "sk_test_embedded")

        async def delivered() -> bool:
            # Of a thousand returns there is much to deliver.
            told = await site.http.post("/stripe/_control/deliver", json={"early": True}, timeout=600)
            return not told.raise_for_status().json()["left"]

        await until(delivered, "every webhook is taken", PATIENCE, 1)

    async def _judge(self, site: Site, walks: Sequence[Walk], ways: Sequence[asyncio.Task[float]]) -> list[Verdict]:
        books = site.books = Still(**vars(site.books))
        verdicts = [
            await judged(f"hostile: {walk.outcome}", walk, way, self._begun)
            for walk, way in zip(walks, ways, strict=True)
        ]
        faults = await asyncio.to_thread(lambda: [*right.wrong_ledger(site.ledger), *site.breaks()])
        struck = ", ".join(f"{target} {times}×" for target, times in self.progress.kills.items())
        verdicts.append(Verdict(what=f"hostile: the whole ledger after kill -9 of {struck}", case="", faults=faults))
        said = ", ".join(f"{kind} {times}" for kind, times in self.progress.faults.items())
        money = [*await asyncio.to_thread(lambda: list(amiss(books, walks))), *await _reconciled(self.home)]
        return [*verdicts, Verdict(what=f"hostile: all the money after {said}", case="", faults=money)]

    def _note(self, sky: Weather) -> None:
        spent = {"seconds": time.monotonic() - self._begun, "pids": tuple(sky.pids())}
        self.progress = self.progress.model_copy(update=spent)
        new = self._file.with_suffix(".new")
        new.write_text(self.progress.model_dump_json(indent=2))
        new.replace(self._file)


def amiss(books: Books, walks: Sequence[Walk]) -> Iterator[str]:
    """Refunds that were paid twice, planned and never paid, and returns that never ended; counted plainly, without
    what the judge of a single return knows."""
    live = Counter(
        (one["metadata"].get("case", ""), one["payment_intent"])
        for one in books.refunds()
        if one["status"] not in ("failed", "canceled")
    )
    live += Counter(
        (ids.case_in(one["reference"]), one["account"])
        for walk in walks
        if walk.bought.order.tenders[1].kind is TenderKind.GIFT_CARD
        for one in books.given(f"gift_cards/{walk.newer}")
    )
    planned = Counter(
        (walk.case, str(leg["tender_id"]))
        for walk in walks
        for entry in books.ledger.entries(case=walk.case)
        if entry.kind is EntryKind.PLAN
        for leg in entry.facts["plan"]["legs"]
    )
    double, lost = (live - planned).total(), (planned - live).total()
    stuck = sum(1 for walk in walks if not _closed(walk))
    if double or lost or stuck:
        yield f"{double} double, {lost} lost, {stuck} stuck"


async def _reconciled(home: Path) -> list[str]:
    """What finance's own command finds."""
    words = (sys.executable, "-m", "ledger", "reconcile")
    pipe, out_too = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    looking = await asyncio.create_subprocess_exec(*words, cwd=ROOT, env=environment(home), stdout=pipe, stderr=out_too)
    out, _ = await looking.communicate()
    return [f"reconcile ends with {looking.returncode}:\n{out.decode()}"] if looking.returncode else []


def _closed(walk: Walk) -> bool:
    return walk.site.ledger.find(ids.close_key(walk.case)) is not None


def _last(site: Site, since: int) -> int:
    return max((one.seq for one in site.ledger.entries(after=since)), default=since)


def end_left_over(pids: Sequence[int], home: Path) -> None:
    """End what a run that was itself killed has left behind; a number that stands for another process now is not."""
    for pid in pids:
        try:
            mine = f"BACKHAUL_HOME={home}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            if mine:
                os.kill(pid, signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue
