"""Workers killed at chosen points, in turn, on one stack; the returns recover together and are judged at the end."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from domain.case import Outcome
from settings import Settings
from tests.proof import killer, right
from tests.proof.site import Program, Site, started
from tests.proof.walk import WHOLE, Walk
from wiring import rooms
from worker import by_queue

_OF_CANCELLED = ("cancel_return", "void_label")

BESIDE = {
    "agree_override",
    "hear_dispute",
    "hear_payment",
    "recall_case",
    "record_approval",
    "record_by_hand",
    "record_consent",
    "record_override",
    "tell_returns",
}
"""Activities that no ordinary return comes by: people decide otherwise, or something happens outside of it."""


@dataclass(frozen=True)
class Kill:
    """Where a worker dies."""

    activity: str
    moment: str
    nth: int = 1

    @property
    def outcome(self) -> Outcome:
        """How a return ends that comes by there."""
        return Outcome.CANCELLED if self.activity in _OF_CANCELLED else Outcome.REFUNDED

    @property
    def name(self) -> str:
        """For ids and logs."""
        return f"{self.activity}-{self.moment}-{self.nth}".replace("_", "-")


def every_kill() -> list[Kill]:
    """A worker dies in every activity of a return, at every moment; what takes longest to be noticed comes first."""
    names = sorted(activities() - BESIDE, key=_patience)
    return [Kill(name, moment) for name in names for moment in killer.moments(name)]


def every_task() -> Iterator[Kill]:
    """A worker dies around each workflow task, as many as there are."""
    return (Kill(killer.TASK, moment, nth) for nth in itertools.count(1) for moment in killer.AROUND)


def activities() -> set[str]:
    """The names of all activities that workers serve."""
    given = {"stripe_api_key": "sk_test_x", "sendgrid_api_key": "SG.x", "carrier_url": "http://127.0.0.1:1"}
    served = (one for many in by_queue(rooms(Settings.model_validate(given))).values() for one in many)
    # The night's reconciliation is no step of a return.
    return {getattr(one, "__temporal_activity_definition").name for one in served} - {"reconcile"}


def _patience(name: str) -> tuple[bool, str]:
    return name not in ("buy_label", "void_label", "restock", "send_notice"), name


@dataclass
class Verdict:
    """What became of one return."""

    what: str
    case: str
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    mails_unknown: int = 0


@dataclass(frozen=True)
class _Case:
    kill: Kill
    walk: Walk
    way: asyncio.Task[float]
    since: float
    killed: bool = True

    @property
    def what(self) -> str:
        nth = f" {self.kill.nth}" if self.kill.activity == killer.TASK else ""
        return f"{self.kill.activity}{nth} {self.kill.moment}" + ("" if self.killed else ": there was none")


async def survive(site: Site, kills: Iterable[Kill], prefix: str = "") -> list[Verdict]:
    """Kill a worker at each point, start an ordinary one, and judge every return. The last verdict is the ledger's.

    Workflow tasks are as many as a return has: the first one that is over before its kill is the last.
    """
    cases: list[_Case] = []
    try:
        for kill in kills:
            case = await _killed(site, kill, prefix)
            cases.append(case)
            if not case.killed:
                break
        async with site.worker() as worker:
            await asyncio.wait([one.way for one in cases])
            assert await worker.stop() == 0, worker.said()
    finally:
        for one in cases:
            one.way.cancel()
    verdicts = [await judged(one.what, one.walk, one.way, one.since) for one in cases]
    faults = await asyncio.to_thread(lambda: [*right.wrong_ledger(site.ledger), *site.breaks()])
    return [*verdicts, Verdict(what="the whole ledger", case="", faults=faults)]


async def judged(what: str, walk: Walk, way: asyncio.Task[float], since: float) -> Verdict:
    """The verdict on a return whose way is at its end; one that got stuck is wrong, too."""
    stuck = way.exception()
    return Verdict(
        what=what,
        case=walk.case,
        seconds=time.monotonic() - since if stuck else way.result() - since,
        faults=[*([str(stuck)] if stuck else []), *await walk.faults()],
        mails_unknown=walk.mails_unknown(),
    )


async def walked(walk: Walk) -> float:
    """Walk a return to its end; when that was."""
    await walk.to_the_end()
    return time.monotonic()


async def _killed(site: Site, kill: Kill, prefix: str) -> _Case:
    """Walk a return until its worker is dead."""
    walk = Walk(site, f"{prefix}{kill.name}", kill.outcome)
    words = (killer.__name__, kill.activity, kill.moment, walk.case, str(kill.nth))
    async with started(site.home, f"killer-{walk.name}", "-m", *words) as worker:
        way = asyncio.create_task(walked(walk))
        if not await _dead(worker, way) and kill.activity == killer.TASK:
            return _Case(kill, walk, way, time.monotonic(), killed=False)
    assert f"killed in {kill.activity} {kill.moment} of return-{walk.case}" in worker.said(), worker.said()
    return _Case(kill, walk, way, time.monotonic())


async def _dead(worker: Program, way: asyncio.Task[float]) -> bool:
    """Whether the worker was killed before the return got to its end. Raises if the return failed."""
    dead = asyncio.create_task(worker.end(WHOLE))
    await asyncio.wait({dead, way}, return_when=asyncio.FIRST_COMPLETED)
    if way.done() and not dead.done():
        dead.cancel()
        way.result()
        return False
    assert await dead == -signal.SIGKILL, worker.said()
    return True
