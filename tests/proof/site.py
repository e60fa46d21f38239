"""Programs that run beside the tests, and an embedded stack in a home of its own with the doors that the tests use."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import httpx2
from temporalio.client import Client
from temporalio.service import RPCError

from activities.payments.via_stripe import StripePayments
from database.engine import connect
from database.stores import SqlContacts, SqlOrders, SqlOutbox, SqlSnapshots
from domain import ids
from embedded.temporal import polled
from entry import leave
from ledger.days import Days
from ledger.reconcile.run import period_of, run
from ledger.store import SqlLedger
from settings import ROOT
from tests.proof.right import Books
from workflows.plugin import Backhaul

T = TypeVar("T")

STACK = ("-m", "embedded", "--free-ports")
WORKER = ("worker.py",)
PATIENCE = 150.0


async def until(
    found: Callable[[], Awaitable[T | None]], what: str, seconds: float = PATIENCE, pause: float = 0.05
) -> T:
    """Ask until there is an answer that is true. Raises AssertionError saying `what` did not happen."""
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    try:
        async with asyncio.timeout(seconds):
            while not (answer := await found()):
                if (
                    task.cancelling() > before
                ):  # Temporal's client makes an error of its own of a call that is cancelled
                    raise asyncio.CancelledError
                await asyncio.sleep(pause)
            return answer
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:g} s") from None


def environment(home: Path, settings: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """This process's, without anything that was set about Temporal or Backhaul but `settings`; all files go to
    `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "BACKHAUL_"))}
    return {**kept, **settings, "BACKHAUL_HOME": str(home), "PYTHONUNBUFFERED": "1"}


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.proof.killer"])


class Fork:
    """A process forked off one that has loaded the workers' modules already; else as asyncio's own."""

    def __init__(self, home: Path, log: Path, words: Sequence[str]) -> None:
        asked = (str(log), environment(home), words)
        self._process = _FORKS.Process(target=_forked, args=asked, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, one: signal.Signals) -> None:
        os.kill(self.pid, one)

    async def wait(self) -> int:
        while (code := self._process.exitcode) is None:
            await asyncio.sleep(0.02)
        return code


def _forked(log: str, environ: dict[str, str], words: Sequence[str]) -> None:
    from tests.proof import killer

    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(written, sys.stdout.fileno())
    os.dup2(written, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environ)
    leave(lambda: killer.serve(*words))


class Program:
    """A Python program that was started; what it says is in `log`."""

    def __init__(self, process: asyncio.subprocess.Process | Fork, log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    def said(self) -> str:
        """All that it has printed until now."""
        return self.log.read_text()

    def send(self, one: signal.Signals) -> None:
        if self.alive:
            self.process.send_signal(one)

    async def end(self, seconds: float = PATIENCE) -> int:
        """Its exit code, once it has ended by itself."""
        try:
            return await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            raise AssertionError(f"it runs after {seconds:g} s still:\n{self.said()}") from None

    async def stop(self, one: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        self.send(one)
        return await self.end()


@asynccontextmanager
async def started(
    home: Path, name: str, *words: str, settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Program]:
    """`python words...` for as long as the block lasts; then it is stopped, if it runs still."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"{name}.out"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            cwd=ROOT,
            env=environment(home, settings),
        )
    async with _stopping(Program(process, log)) as program:
        yield program


@asynccontextmanager
async def forked(home: Path, name: str, *words: str) -> AsyncIterator[Program]:
    """`python -m tests.proof.killer words...`, as with `started`, but there in a moment."""
    log = home / f"{name}.out"
    log.touch()
    async with _stopping(Program(await asyncio.to_thread(Fork, home, log, words), log)) as program:
        yield program


@asynccontextmanager
async def _stopping(program: Program) -> AsyncIterator[Program]:
    try:
        yield program
    finally:
        if program.alive:
            await program.stop()


async def children(pid: int) -> list[int]:
    """The processes that a process has started itself."""
    listing = await asyncio.create_subprocess_exec("ps", "-A", "-o", "pid=,ppid=", stdout=asyncio.subprocess.PIPE)
    out, _ = await listing.communicate()
    pairs = [line.split() for line in out.decode().splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def running(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Site:
    """A running stack, as shop, carrier, warehouse and finance reach it."""

    def __init__(self, home: Path, client: Client, simulators: str, database: str = "") -> None:
        self.home = home
        self.settings = _settings(database)
        self.client = client
        self.simulators = simulators
        self.engine = connect(database or f"sqlite:///{home / 'backhaul.db'}")
        self.ledger, self.outbox = SqlLedger(self.engine), SqlOutbox(self.engine)
        self.orders, self.contacts = SqlOrders(self.engine), SqlContacts(self.engine)
        self.http = httpx2.AsyncClient(base_url=simulators, timeout=30, verify=False)
        self.books = Books(self.ledger, self.outbox, httpx2.Client(base_url=simulators, timeout=30, verify=False))

    def breaks(self) -> list[str]:
        """Where journal and payment provider differ, as finance finds it once nothing is on its way any more."""
        stripe = StripePayments("sk_test_embedded", f"{self.simulators}/stripe")
        period = period_of(Days(), datetime.now(UTC) + timedelta(hours=7))
        found = run(self.ledger, SqlSnapshots(self.engine), stripe, period).breaks
        return [f"{one.case}: {one.kind} {', '.join(one.refunds)}: {one.detail}" for one in found]

    @classmethod
    async def at(cls, home: Path, program: Program | None = None, database: str = "") -> Site:
        """The one that runs in this home, as soon as all of it answers; `database` if it is another than the home's.
        Raises AssertionError if the program ends."""

        async def found() -> Site | None:
            assert program is None or program.alive, program.said()
            try:
                profile = tomllib.loads((home / "stack.toml").read_text())
                client = await Client.connect(profile["profile"]["default"]["address"], plugins=[Backhaul()])
                await client.count_workflows()
                async with httpx2.AsyncClient(verify=False) as http:
                    (await http.get(profile["backhaul"]["public_url"])).raise_for_status()
            except (OSError, KeyError, RuntimeError, RPCError, httpx2.HTTPError):
                return None
            return cls(home, client, profile["backhaul"]["public_url"], database)

        return await until(found, "the stack answers")

    async def close(self) -> None:
        """Let go of it."""
        await self.http.aclose()
        self.books.world.close()
        self.engine.dispose()

    async def serving(self, worker: Program) -> None:
        """Until a worker takes work from every queue."""

        async def ready() -> bool:
            assert worker.alive, worker.said()
            return await self.polled_by(worker.pid)

        await until(ready, "the worker takes work")

    async def polled_by(self, pid: int) -> bool:
        """Whether a process takes work from every queue."""
        queues = (ids.RETURNS_QUEUE, ids.PAYMENTS_QUEUE, ids.MAIL_QUEUE)
        return all([await polled(self.client, queue, pid) for queue in queues])

    def worker(self) -> AbstractAsyncContextManager[Program]:
        """An ordinary worker."""
        return started(self.home, "worker", *WORKER, settings=self.settings)


def _settings(database: str) -> dict[str, str]:
    return {"BACKHAUL_DATABASE_URL": database} if database else {}


@asynccontextmanager
async def stack(home: Path, database: str = "") -> AsyncIterator[Site]:
    """An embedded stack without a worker, in a process of its own; it ends with exit code 0. `database`: the address of
    its journal and tables, if they are not in its home."""
    async with started(home, "stack", *STACK, "--no-worker", settings=_settings(database)) as program:
        site = await Site.at(home, program, database)
        try:
            yield site
        finally:
            await site.close()
        assert await program.stop() == 0, program.said()
