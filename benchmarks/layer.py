"""What the workflow layer costs: python -m benchmarks.layer [ROUNDS] [RETURNS]

The same return through our workflow (models, Updates that are checked, views, the sandbox) and through a bare one that
gives the same commands with payloads of the same sizes as plain JSON. Activities only answer, from a recording.
Both run in turn in one process beside one Temporal server, so that both share what else the machine has to do.
Processor time is that of client and worker together.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.plugin import SimplePlugin
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from benchmarks.bare import Bare
from benchmarks.recorded import TAPE
from benchmarks.tape import Player
from domain import ids
from workflows.plugin import Backhaul
from workflows.return_case.case import ReturnCase
from workflows.return_case.view import SEARCH_ATTRIBUTES

AT_ONCE = 10
LIMIT = 1.3

# The recording is a constant; to read it anew for every run is no cost of a bare workflow.
_SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("benchmarks", "tests", "workflows", "domain")
)


@dataclass(frozen=True)
class Way:
    """How returns are run."""

    name: str
    ours: bool = True
    sandboxed: bool = True
    cached: int = 1000


@dataclass(frozen=True)
class Spent:
    """On each return of a round, in milliseconds."""

    cpu: float
    wall: float


OURS, BARE = Way("ours", sandboxed=False), Way("bare", ours=False)
"""As either runs if nobody says otherwise: ours by its setting, the bare one by Temporal's."""
WAYS = (
    OURS,
    BARE,
    replace(OURS, name="ours, sandbox", sandboxed=True),
    replace(BARE, name="bare, no sandbox", sandboxed=False),
)


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    """The address of a Temporal server on a file, as the embedded stack has it."""
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
            dev_server_database_filename=str(Path(folder) / "temporal.db"),
            dev_server_extra_args=["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=1"],
            dev_server_log_level="error",
            search_attributes=list(SEARCH_ATTRIBUTES),
        ) as env:
            yield env.client.service_client.config.target_host


async def spent(address: str, way: Way, returns: int, name: str) -> Spent:
    """One round: so many returns, `AT_ONCE` at a time, after a few that nobody counts."""
    client = await Client.connect(address, plugins=[_plugin(way)])
    player = Player(TAPE)
    async with AsyncExitStack() as stack:
        for worker in _workers(client, player, way):
            await stack.enter_async_context(worker)
        await _through(client, player, [f"{name}-warm-{number}" for number in range(3)])
        cpu, wall = time.process_time(), time.perf_counter()
        await _through(client, player, [f"{name}-{number}" for number in range(returns)])
        return Spent((time.process_time() - cpu) * 1000 / returns, (time.perf_counter() - wall) * 1000 / returns)


def _workers(client: Client, player: Player, way: Way) -> list[Worker]:
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=[_workflow(way)] if queue == ids.RETURNS_QUEUE else [],
            activities=activities,
            max_cached_workflows=way.cached,
        )
        for queue, activities in player.activities().items()
    ]


def _workflow(way: Way) -> type:
    return ReturnCase if way.ours else Bare


def _plugin(way: Way) -> SimplePlugin:
    if way.ours:
        return Backhaul(sandboxed=way.sandboxed)
    return SimplePlugin("bare", workflow_runner=_SANDBOX if way.sandboxed else UnsandboxedWorkflowRunner())


async def _through(client: Client, player: Player, cases: Sequence[str]) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(case: str) -> None:
        async with turn:
            await played(client, player, case)

    await asyncio.gather(*map(one, cases))


async def played(client: Client, player: Player, case: str) -> None:
    """One return, from request to end."""
    tape, id = player.tape, ids.workflow_id(case)
    asked = tape.play(tape.request, case)
    handle = await client.start_workflow(ids.WORKFLOW_TYPE, asked, id=id, task_queue=ids.RETURNS_QUEUE)
    for number, (after, name, said, _) in enumerate(tape.updates):
        await player.called(case, after)
        await handle.execute_update(name, tape.play(said, case), id=f"said-{number}")
    await handle.result()


async def alike(client: Client, ours: str, bare: str) -> list[str]:
    """Where two returns differ in what they ask of Temporal; the sizes may by a tenth."""
    seen = [await client.get_workflow_handle(ids.workflow_id(one)).fetch_history() for one in (ours, bare)]
    first, second = (_commands(one) for one in seen)
    sizes = [sum(event.ByteSize() for event in one.events) for one in seen]
    words = [f"{name}: {first[name]} and {second[name]}" for name in first | second if first[name] != second[name]]
    return words + ([f"bytes: {sizes}"] if abs(sizes[0] - sizes[1]) > sizes[0] / 10 else [])


def _commands(history: WorkflowHistory) -> Counter[str]:
    names = (EventType.Name(one.event_type).removeprefix("EVENT_TYPE_") for one in history.events)
    return Counter(name for name in names if not name.startswith("WORKFLOW_TASK"))


async def replayed(history: WorkflowHistory, way: Way, times: int = 20) -> float:
    """Milliseconds of processor time to go through a history from its beginning."""
    replayer = Replayer(workflows=[_workflow(way)], plugins=[_plugin(way)])
    await replayer.replay_workflow(history)
    begun = time.process_time()
    for _ in range(times):
        await replayer.replay_workflow(history)
    return (time.process_time() - begun) * 1000 / times


async def main(rounds: int = 5, returns: int = 30) -> int:
    """All ways in turn; 1 if ours costs more than the limit."""
    spending: dict[str, list[Spent]] = {way.name: [] for way in WAYS}
    async with server() as address:
        for number in range(rounds):
            for at, way in enumerate(WAYS):
                spending[way.name].append(await spent(address, way, returns, f"B{number}{at}"))
        client = await Client.connect(address)
        other = await alike(client, "B00-0", "B01-0")
        histories = [await client.get_workflow_handle(ids.workflow_id(f"B{0}{at}-0")).fetch_history() for at in (0, 1)]
        replays = {way.name: await replayed(histories[not way.ours], way) for way in WAYS}
    _show(spending, replays)
    for words in other:
        sys.stdout.write(f"not the same: {words}\n")
    worst = max(_ratios(spending, OURS.name, BARE.name))
    return 1 if other or worst > LIMIT else 0


def _ratios(spending: dict[str, list[Spent]], one: str, other: str) -> tuple[float, float]:
    """Processor and time: the middle of the rounds' own ratios."""
    pairs = list(zip(spending[one], spending[other], strict=True))
    cpu, wall = ([getattr(a, what) / getattr(b, what) for a, b in pairs] for what in ("cpu", "wall"))
    return statistics.median(cpu), statistics.median(wall)


def _show(spending: dict[str, list[Spent]], replays: dict[str, float]) -> None:
    sys.stdout.write(f"{'':20}  cpu ms  ms each  replay ms  cpu : bare  time : bare\n")
    for name, seen in spending.items():
        cpu, wall = statistics.median(one.cpu for one in seen), statistics.median(one.wall for one in seen)
        ratios = "".join(f"{one:12.2f}" for one in _ratios(spending, name, BARE.name))
        sys.stdout.write(f"{name:20}{cpu:8.0f}{wall:9.0f}{replays[name]:11.1f}{ratios}\n")


if __name__ == "__main__":
    with patch.dict(os.environ, {"BACKHAUL_HOME": tempfile.gettempdir()}):
        sys.exit(asyncio.run(main(*(int(word) for word in sys.argv[1:]))))
