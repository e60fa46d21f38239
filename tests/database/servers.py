"""Fresh databases of both kinds, in a blink: each is a copy of one that was migrated before."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy.engine import make_url

from database.engine import connect, migrate
from tests import scratch

KINDS = ("sqlite", "postgresql")

# What is lost in a power cut does not matter here. Writers are killed, never this server. Its log may lie in memory.
SETTINGS = "fsync = off\nfull_page_writes = off\nmax_connections = 300\nmax_wal_size = 128MB\n"


class Databases(NamedTuple):
    """Where new ones come from; both return an address for `connect`."""

    empty: Callable[[], str]
    migrated: Callable[[], str]
    drop: Callable[[str], None]


@cache
def with_tables() -> bytes:
    """A SQLite database with its tables and nothing in them, as it lies in its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        _migrate(f"sqlite:///{path}")
        return path.read_bytes()


@contextmanager
def sqlite(folder: Path) -> Iterator[Databases]:
    """Files in a folder."""
    numbers = itertools.count(1)

    def path(made: bool) -> str:
        new = folder / f"{next(numbers)}.db"
        if made:
            new.write_bytes(with_tables())
        return f"sqlite:///{new}"

    yield Databases(lambda: path(False), lambda: path(True), lambda url: None)


@contextmanager
def postgres(settings: str = SETTINGS) -> Iterator[Databases]:
    """Databases of a PostgreSQL server of our own, reached by its socket; it ends with the block."""
    with _server(settings) as address, psycopg.connect(address, autocommit=True) as server:
        numbers = itertools.count(1)
        # Files are copied faster than pages are logged; but it takes a checkpoint, for which a disk takes its time.
        strategy = "FILE_COPY" if scratch.in_memory() else "WAL_LOG"

        def create(source: str) -> str:
            name = f"fresh_{next(numbers)}"
            server.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY {strategy}")
            return make_url(address).set(database=name).render_as_string(hide_password=False)

        def drop(url: str) -> None:
            server.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

        template = create("template1")
        _migrate(template)
        made = str(make_url(template).database)
        yield Databases(lambda: create("template1"), lambda: create(made), drop)


def _migrate(url: str) -> None:
    engine = connect(url)
    migrate(engine)
    engine.dispose()


@contextmanager
def _server(settings: str) -> Iterator[str]:
    """The address of a server with these settings; it runs until we are through, or gone."""
    command = [sys.executable, "-m", "tests.database.server", settings]
    # In a session of its own, so that Ctrl-C does not end it before those who use it.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait()
