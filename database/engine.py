"""Connections and transactions. What only one kind of database understands stands in `sqlite` and in `postgres`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from database import postgres, sqlite
from database.address import DATABASE_URL, NOT_SCRUBBED
from domain.errors import InvalidRequest, Refused, Unavailable

BUSY_SECONDS = 30
"""How long a writer waits for its turn; writes take milliseconds, so only a stuck process lets it run out."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_ADDRESSES = "write sqlite:///path/to/file.db or postgresql://user:password@host/name"


class _Kind(Protocol):
    """What the modules `sqlite` and `postgres` answer, each for its own."""

    DRIVERS: tuple[str, ...]
    WRITING: Mapping[str, object]
    READING: Mapping[str, object]

    def connect(self, url: URL, busy_seconds: int) -> Engine: ...
    def turn(self, engine: Engine) -> AbstractContextManager[None]: ...
    def scrub(self, engine: Engine, tables: Sequence[str]) -> None: ...
    def require(self, connection: Connection) -> None: ...
    def missing(self, engine: Engine) -> str: ...
    def wrong_address(self, error: DatabaseError) -> bool: ...
    def lacks_tables(self, error: DatabaseError) -> bool: ...
    def gave_no_answer(self, error: DatabaseError) -> bool: ...


_KINDS: dict[str, _Kind] = {"sqlite": sqlite, "postgresql": postgres}


def connect(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://user:password@host/name`. Raises InvalidRequest for others."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text itself is not told: it may hold a password.
        raise InvalidRequest(DATABASE_URL, f"this is no database address; {_ADDRESSES}") from None
    for kind in _KINDS.values():
        if parsed.drivername in kind.DRIVERS:
            return kind.connect(parsed, BUSY_SECONDS)
    raise InvalidRequest(DATABASE_URL, f"{parsed.drivername} is not supported; {_ADDRESSES}")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One writing transaction, whole or not at all. Its first statement takes the one lock that writers share.

    Raises Unavailable if the database gives no answer or no turn, Refused `unknown_schema` if it has no tables, and
    InvalidRequest for an address that no database can be reached by.
    """
    kind = _KINDS[engine.dialect.name]
    with kind.turn(engine), _transaction(engine, kind, kind.WRITING) as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One reading transaction: everything in it is seen as of one moment. It never waits for a writer.

    Raises what `writing` raises. A database that is not there is not made.
    """
    kind = _KINDS[engine.dialect.name]
    if why := kind.missing(engine):
        raise _not_set_up(why)
    with _transaction(engine, kind, kind.READING) as connection:
        yield connection


def scrub(engine: Engine, *tables: str) -> None:
    """Have nothing left of what these tables held before, as far as the database's own files go; it takes a while.

    Raises Unavailable if the database gives no answer or others do not let it; it can be called again.
    """
    kind = _KINDS[engine.dialect.name]
    with kind.turn(engine):
        try:
            kind.scrub(engine, tables)
        except DatabaseError as error:
            raise Unavailable(f"{NOT_SCRUBBED} ({_said(error)})") from None


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version. Safe to call again, and by several processes at once: they take turns.

    Raises Refused if a newer version of this program made the schema, or if the database cannot hold every text.
    """
    if _is_newest(engine):
        return
    # Alembic takes a third of a second to import; most processes find the schema as it should be.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        _KINDS[engine.dialect.name].require(connection)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            text = f"the database cannot be brought up to date; has a newer version of this program used it? ({error})"
            raise Refused("unknown_schema", text) from error


def schema(engine: Engine) -> tuple[str, str]:
    """The version of the database's schema, and that which this program makes. Raises what `reading` raises."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision() or "", newest or ""


def _is_newest(engine: Engine) -> bool:
    """Whether nothing is left to migrate. Revisions are named in the order of their files."""
    newest = max(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    try:
        with reading(engine) as connection:
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == newest
    except Refused:  # it has not been set up yet
        return False


@contextmanager
def _transaction(engine: Engine, kind: _Kind, options: Mapping[str, object]) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield connection
    except PoolTimeout as error:
        raise Unavailable("the database gave no answer: all connections of this process are in use") from error
    except DatabaseError as error:
        said = _said(error)
        if kind.lacks_tables(error):
            raise _not_set_up(said) from error
        if kind.wrong_address(error):
            raise InvalidRequest(DATABASE_URL, said) from error
        if kind.gave_no_answer(error):
            raise Unavailable(f"the database gave no answer: {said}") from error
        raise


def _not_set_up(why: str) -> Refused:
    words = "the worker does that when it starts, and so does `python starter.py database upgrade`"
    return Refused("unknown_schema", f"the database has not been set up yet ({why}); {words}")


def _said(error: DatabaseError) -> str:
    """What the database said, cut to its first line: PostgreSQL's further ones quote the row that it refused."""
    said = str(error.orig).partition("\n")[0]
    # Errors end up in workflow histories, with their causes.
    error.args = (f"{type(error.orig).__name__}: {said}",)
    if error.orig is not None:
        error.orig.args = (said,)
    return said
