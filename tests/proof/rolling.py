"""Workers restarted in turn, as a deployment does it, while returns are under way: nothing is lost or doubled, and no
step that a worker has begun is cut off. The first restart comes in the middle of a refund.

A task that is handed out in the moment in which a worker stops asking is lost on its way, in the SDK or between it and
the server, and tried again after its timeout: those are counted.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

from domain import ids
from domain.case import Outcome
from domain.order import TenderKind
from tests.proof import killer, right
from tests.proof.kills import Verdict, judged, walked
from tests.proof.site import Site, until
from tests.proof.storm import Weather, weather
from tests.proof.walk import WHOLE, Walk

CREW = 2
SLOW = 3
"""Seconds that the provider takes for the first refund."""

_REFUND = "POST /v1/refunds"
_LEG = "pay_leg"
_WORDS = ("0", killer.NOTED)
_MOST_LOST = 3
"""Tasks that may be lost for each restart: each queue has some calls for work open."""


async def rolling(home: Path, returns: int, *, forks: bool = False) -> list[Verdict]:
    """A verdict for each return, one for the ledger, and one for the restarts. Workers that are `forks` of one process
    are there sooner."""
    words = _WORDS if forks else ("-m", "tests.proof.killer", *_WORDS)
    async with weather(home, CREW, words, forks) as sky:
        begun, site = time.monotonic(), sky.site
        plan = {"at": {_REFUND: {"1": "delay"}}, "delay_seconds": SLOW}
        (await site.http.post("/stripe/_control/faults", json=plan)).raise_for_status()
        walks = [Walk(site, f"rolling-{number}", newer=TenderKind.CARD) for number in range(returns)]
        ways = [asyncio.create_task(walked(walks[0]))]
        try:
            await sky.turn(sky.number_of(await _paying(site, walks[0])))
            ways += [asyncio.create_task(walked(one)) for one in walks[1:]]
            restarts = 1 + await _in_turn(sky, ways)
        finally:
            for way in ways:
                way.cancel()
        name = f"rolling: {Outcome.REFUNDED}"
        verdicts = [await judged(name, walk, way, begun) for walk, way in zip(walks, ways, strict=True)]
        faults = await asyncio.to_thread(lambda: [*right.wrong_ledger(site.ledger), *site.breaks()])
    whole = Verdict(what=f"rolling: the whole ledger after {restarts} restarts", case="", faults=faults)
    return [*verdicts, whole, _steps(sky.said(), restarts)]  # by now all workers have ended


def _steps(said: str, restarts: int) -> Verdict:
    """By what the workers noted: each attempt that began has ended, and none was repeated that had gone well."""
    begun = _attempts(said, killer.BEGUN)
    over = {one[:-1]: one[-1] for one in _attempts(said, killer.OVER)}
    cut = [f"{' '.join(one)}: begun, and not ended" for one in begun if one not in over]
    tried: dict[tuple[str, ...], set[int]] = {}
    for *step, number in begun:
        tried.setdefault(tuple(step), set()).add(int(number))
    for name, numbers in tried.items():
        repeated = [one for one in numbers if over.get((*name, str(one))) == killer.OK and one < max(numbers)]
        cut += [f"{' '.join(name)}, attempt {one}: done, and begun again" for one in repeated]
    lost = sum(max(numbers) - len(numbers) for numbers in tried.values())
    if lost > _MOST_LOST * restarts:
        cut.append(f"{lost} tasks were lost on their way to workers that were restarted {restarts} times")
    return Verdict(what=f"rolling: {len(over)} steps, {lost} tasks lost on their way", case="", faults=cut)


def _attempts(said: str, sign: str) -> list[tuple[str, ...]]:
    """The words behind a sign, of each line that begins with it."""
    lines = said.splitlines()
    return [tuple(one.removeprefix(sign).split()) for one in lines if one.startswith(f"{sign} ")]


async def _in_turn(sky: Weather, ways: list[asyncio.Task[float]]) -> int:
    """Restart one worker after the other, each at least once, until every return is through; how often."""
    for restarts, number in enumerate(itertools.cycle(range(CREW))):
        if restarts >= CREW and all(way.done() for way in ways):
            return restarts
        await sky.turn(number)
    raise AssertionError("a circle has no end")


async def _paying(site: Site, walk: Walk) -> int:
    """The process that waits for the provider's answer to a refund of this return."""
    handle = site.client.get_workflow_handle(ids.workflow_id(walk.case))

    async def found() -> int | None:
        seen = (await site.http.get("/stripe/_control/faults")).json()
        if not seen["calls"].get(_REFUND):
            return None
        described = (await handle.describe()).raw_description
        return next(
            int(one.last_worker_identity.partition("@")[0])
            for one in described.pending_activities
            if one.activity_type.name == _LEG
        )

    return await until(found, "a refund is under way", WHOLE)
