"""What only SQLite understands: one file, one writer, and readers beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from database.address import DATABASE_URL, NOT_SCRUBBED
from domain.errors import InvalidRequest, Unavailable

DRIVERS: tuple[str, ...] = ("sqlite", "sqlite+pysqlite")
WRITING: Mapping[str, object] = {"backhaul_writing": True}
READING: Mapping[str, object] = {"backhaul_writing": False}

_WAL_ATTEMPTS = 100


def connect(url: URL, busy_seconds: int) -> Engine:
    """An engine; nothing is opened yet. Raises InvalidRequest if no file is named."""
    if url.database in (None, "", ":memory:"):
        raise InvalidRequest(
            DATABASE_URL, "a database in memory is lost at the first crash; name a file: sqlite:///path"
        )
    engine = create_engine(
        url,
        # Parameters are left out of error texts: those end up in workflow histories, and contacts are among them.
        hide_parameters=True,
        # Every thread may have its connection; waiting is left to the database, which knows whose turn it is.
        max_overflow=-1,
        # The one used last knows best what the file holds; to the others its pages are stale.
        pool_use_lifo=True,
        connect_args={"timeout": busy_seconds, "isolation_level": None},
        execution_options={"backhaul_turns": (Lock(), busy_seconds)},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """The turn of one of this process's threads; the file's folder is made. Raises Unavailable if none comes, and
    InvalidRequest if there cannot be such a folder.

    Among themselves SQLite's writers only try again and again, with growing pauses, while the file lies idle.
    """
    _make_folder(engine.url)
    turns, seconds = engine.get_execution_options()["backhaul_turns"]
    if not turns.acquire(timeout=seconds):
        raise Unavailable("the database gave no answer: another thread of this process does not end its writing")
    try:
        yield
    finally:
        turns.release()


def _make_folder(url: URL) -> None:
    file = Path(str(url.database))
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # It holds names and addresses; what SQLite puts beside it (WAL) gets the same rights. One that is there stays.
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise InvalidRequest(DATABASE_URL, f"the folder {folder.absolute()} cannot be made: {error.strerror}") from None


def scrub(engine: Engine, tables: Sequence[str]) -> None:
    """Write the file anew: what was blanked stands on in free pages, in corners of used ones and in the WAL.

    Raises Unavailable if it is full or busy, or if somebody reads for so long that the WAL cannot be emptied.
    """
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        try:
            cursor.execute("VACUUM")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"{NOT_SCRUBBED} ({error})") from None
    if busy:
        raise Unavailable(f"{NOT_SCRUBBED} (somebody reads on in its WAL)")


def missing(engine: Engine) -> str:
    """The file, if it is not there: whoever only reads must not make it."""
    url = engine.url
    # An address of SQLite's own (`?uri=true`) is no path; what it means is left to SQLite.
    if "uri" in url.query or Path(str(url.database)).exists():
        return ""
    return f"there is no file {Path(str(url.database)).absolute()}"


def wrong_address(error: DatabaseError) -> bool:
    """A file that cannot be opened may be there later."""
    return False


def require(connection: Connection) -> None:
    """Any file will do."""


def lacks_tables(error: DatabaseError) -> bool:
    """Whether a table was missing."""
    return "no such table" in str(error.orig)


def gave_no_answer(error: DatabaseError) -> bool:
    """Whether the same transaction may succeed later: the file is busy, full, away or broken."""
    # A broken file is a plain DatabaseError; its subclasses but one speak of faults in our own statements.
    return isinstance(error, OperationalError) or type(error) is DatabaseError


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
