"""An embedded stack with worker processes, and what each of its processes has used and written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select, text

from benchmarks.processes import Used, below, parent, used, words
from database.tables import journal
from tests.database import servers
from tests.proof.site import STACK, WORKER, Site, started

_KINDS = (("temporal", "server start-dev"), ("portal", "-m portal"))


class Spent(NamedTuple):
    """Until now: by kind of process, what it used; entries in the journal; bytes of the journal's database and of
    Temporal's."""

    used: Mapping[str, Used]
    entries: int
    ours: int
    temporals: int


class Ground:
    """A running stack: `main` has begun Temporal and the portal, `workers` are processes of their own."""

    def __init__(self, site: Site, main: int, workers: Sequence[int]) -> None:
        self.site = site
        self._main = main
        self._workers = workers

    def spent(self) -> Spent:
        """Until now."""
        with self.site.engine.connect() as connection:
            on_server = connection.dialect.name == "postgresql"
            entries = connection.execute(select(func.count()).select_from(journal)).scalar_one()
            served = connection.execute(text("SELECT pg_backend_pid()")).scalar_one() if on_server else 0
            size = text("SELECT pg_database_size(current_database())")
            ours = connection.execute(size).scalar_one() if on_server else _files(self.site.home, "backhaul.db")
        pids = self._pids() | ({"postgres": _tree(parent(served))} if served else {})
        by_kind = {kind: _added(pids) for kind, pids in pids.items()}
        return Spent(by_kind, entries, ours, _files(self.site.home, "temporal.db"))

    def _pids(self) -> dict[str, list[int]]:
        found = {"worker": list(self._workers), "stack": [self._main]}
        for pid in below(self._main):
            found.setdefault(next((kind for kind, sign in _KINDS if sign in words(pid)), "other"), []).append(pid)
        return found


def _tree(pid: int) -> list[int]:
    return [pid, *below(pid)]


def _added(pids: Sequence[int]) -> Used:
    every = [used(pid) for pid in pids]
    return Used(sum(one.cpu for one in every), sum(one.memory for one in every))


def _files(home: Path, name: str) -> int:
    """Bytes of a SQLite database with what is not yet in its main file."""
    return sum(one.stat().st_size for one in home.glob(f"{name}*"))


@asynccontextmanager
async def ground(home: Path, workers: int, cached: int, database: str) -> AsyncIterator[Ground]:
    """Started for the block, each database as safe from a power cut as in production."""
    async with AsyncExitStack() as exits:
        settings, url = {"BACKHAUL_WORKER_CACHE": str(cached)}, ""
        if database == "postgresql":
            url = exits.enter_context(servers.postgres(settings="")).empty()
            settings["BACKHAUL_DATABASE_URL"] = url
        program = await exits.enter_async_context(started(home, "stack", *STACK, "--no-worker", settings=settings))
        site = await Site.at(home, program, url)
        exits.push_async_callback(site.close)
        crew = []
        for number in range(workers):
            words = started(home, f"worker-{number}", *WORKER, settings=settings)
            crew.append(await exits.enter_async_context(words))
            await site.serving(crew[-1])
        yield Ground(site, program.pid, [one.pid for one in crew])
