"""What only PostgreSQL understands: levels of isolation, the lock that writers share, and its error codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from database.address import DATABASE_URL
from domain.errors import InvalidRequest, Refused

DRIVERS: tuple[str, ...] = ("postgres", "postgresql", "postgresql+psycopg")
# Explicit, whatever the server's defaults are. Under the lock each statement has to see what was written just before;
# a reader sees everything as of its first statement.
WRITING: Mapping[str, object] = {
    "backhaul_writing": True,
    "isolation_level": "READ COMMITTED",
    "postgresql_readonly": False,
}
READING: Mapping[str, object] = {
    "backhaul_writing": False,
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}

JOURNAL_LOCK = 0x4241434B4841554C
"""The advisory lock of all writers, one per database: `BACKHAUL` in ASCII."""

CONNECTIONS = 20
"""At most so many per process: a worker's threads."""

_LINK = {
    # Seconds, but for tcp_user_timeout: a server that has vanished without a word is noticed within half a minute.
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}

_TRY_LATER = {
    "25006",  # read-only: this server has just become the standby
    "25P03",  # it ended our transaction, which had paused for too long
    "42501",  # permission denied: an administrator can mend that while we wait
}


def connect(url: URL, busy_seconds: int) -> Engine:
    """An engine; nothing is connected yet. Raises InvalidRequest if no database is named."""
    if not url.database:
        text = "the address names no database; write postgresql://user:password@host/name"
        raise InvalidRequest(DATABASE_URL, text)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        # Parameters are left out of error texts: those end up in workflow histories, and contacts are among them.
        hide_parameters=True,
        connect_args={name: value for name, value in _LINK.items() if name not in url.query},
        # Connections that were cut since their last use are replaced unnoticed.
        pool_pre_ping=True,
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS - CONNECTIONS // 2,
        pool_timeout=busy_seconds,
    )

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("backhaul_writing", False):
            connection.exec_driver_sql(_take_turn(busy_seconds))

    event.listen(engine, "begin", begin)
    return engine


def turn(engine: Engine) -> AbstractContextManager[None]:
    """Writers queue at the server, which wakes the next one at once."""
    return nullcontext()


def scrub(engine: Engine, tables: Sequence[str]) -> None:
    """Write these tables anew, without the rows of before. Its WAL and its backups are the server's own matter."""
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql(f"VACUUM (FULL) {', '.join(tables)}")


def missing(engine: Engine) -> str:
    """Whether a database is there, its server says itself."""
    return ""


def wrong_address(error: DatabaseError) -> bool:
    """Whether the client library refused the address before it asked a server: an option that it does not know."""
    return isinstance(error, ProgrammingError) and error.statement is None and not _code(error)


def require(connection: Connection) -> None:
    """Raises Refused `wrong_encoding` for a database that cannot hold every text."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        text = f"the database keeps text as {encoding}; create it anew with ENCODING 'UTF8' TEMPLATE template0"
        raise Refused("wrong_encoding", text)


def lacks_tables(error: DatabaseError) -> bool:
    """Whether a table was missing."""
    return _code(error) == "42P01"


def gave_no_answer(error: DatabaseError) -> bool:
    """Whether the same transaction may succeed later: no connection, no turn, or a conflict with another one."""
    return isinstance(error, OperationalError) or error.connection_invalidated or _code(error) in _TRY_LATER


def _take_turn(seconds: int) -> str:
    """One message to the server, so that the first answer of every writing transaction is its turn.

    It waits for so long, and a writer that pauses for so long, because its machine is gone, loses its turn.
    """
    return (
        f"SET LOCAL lock_timeout = '{seconds}s'; "
        f"SET LOCAL idle_in_transaction_session_timeout = '{seconds}s'; "
        f"SELECT pg_advisory_xact_lock({JOURNAL_LOCK})"
    )


def _code(error: DatabaseError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
