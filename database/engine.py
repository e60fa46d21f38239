"""Connections and transactions. What only SQLite understands stands here, and nowhere else outside the migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import InvalidRequest, Refused, Unavailable

BUSY_SECONDS = 30
"""How long a writer waits for its turn; writes take milliseconds, so only a stuck process lets it run out."""

_WAL_ATTEMPTS = 100
_MIGRATIONS = Path(__file__).parent / "migrations"


def connect(url: str) -> Engine:
    """An engine for `sqlite:///path`; the file's folder is made. Raises InvalidRequest for any other address."""
    parsed = _sqlite_url(url)
    Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        # Parameters are left out of error texts: those end up in workflow histories, and contacts are among them.
        hide_parameters=True,
        # Every thread may have its connection; waiting is left to the database, which knows whose turn it is.
        max_overflow=-1,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One writing transaction, whole or not at all. Its first statement takes the one lock that writers share."""
    with _answering(), engine.execution_options(backhaul_writing=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One reading transaction: everything in it is seen as of one moment. It never waits for a writer."""
    with _answering(), engine.connect() as connection, connection.begin():
        yield connection


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version. Safe to call again, and by several processes at once: they take turns."""
    # Alembic takes a third of a second to import, and commands that only read do not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            text = f"the database cannot be brought up to date; has a newer version of this program used it? ({error})"
            raise Refused("unknown_schema", text) from error


def _sqlite_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidRequest("database", "this is no database address; write sqlite:///path/to/file.db") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise InvalidRequest("database", f"{parsed.drivername} is not supported; write sqlite:///path/to/file.db")
    if parsed.database in (None, "", ":memory:"):
        raise InvalidRequest("database", "a database in memory is lost at the first crash; name a file: sqlite:///path")
    return parsed


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    _use_wal(cursor)
    # The driver set the busy timeout already. FULL, because a confirmed entry must survive a power cut.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Let readers and one writer work side by side. The file remembers it, so only the first connection changes it."""
    for _ in range(_WAL_ATTEMPTS):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # Others are making the same change; for this lock alone SQLite fails at once. An ordinary one waits.
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
    cursor.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    # A transaction that starts reading and then writes can fail at once as busy; one that takes the lock first waits.
    writes = connection.get_execution_options().get("backhaul_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if "no such table" in str(error.orig):
            text = f"the database has not been set up yet ({error.orig}); the worker does that when it starts"
            raise Refused("unknown_schema", text) from error
        # A broken file is a plain DatabaseError; its subclasses but one speak of faults in our own statements.
        if isinstance(error, OperationalError) or type(error) is DatabaseError:
            raise Unavailable(f"the database gave no answer: {error.orig}") from error
        raise
