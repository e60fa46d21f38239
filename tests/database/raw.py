"""A connection that knows nothing of this project, as a database's owner has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import make_url

Row = tuple[Any, ...]
DATABASE_ERRORS = (sqlite3.DatabaseError, psycopg.DatabaseError)
INTEGRITY_ERRORS = (sqlite3.IntegrityError, psycopg.IntegrityError)


class Raw(Protocol):
    """Statements at once, without a transaction around them."""

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """One statement, with `?` for each value; the rows that it gives."""

    def script(self, statements: str) -> None:
        """Several statements."""

    def untie(self) -> None:
        """Put triggers and foreign keys out of the way."""


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(statement, values).fetchall()

    def script(self, statements: str) -> None:
        self._connection.executescript(statements)

    def untie(self) -> None:
        for (name,) in self.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            self.execute(f"DROP TRIGGER {name}")


class _Postgres:
    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        found = self._connection.execute(statement.replace("?", "%s").encode(), values)
        return found.fetchall() if found.description else []

    def script(self, statements: str) -> None:
        self._connection.execute(statements.encode())

    def untie(self) -> None:
        self.execute("SET session_replication_role = replica")


@contextmanager
def raw(url: str) -> Iterator[Raw]:
    """A bare connection to the database at an address."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(address.database), isolation_level=None)) as file:
            yield _Sqlite(file)
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            yield _Postgres(connection)
