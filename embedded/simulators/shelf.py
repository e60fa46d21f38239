"""What the simulators remember: typed values by kind and id, in one SQLite file that survives a restart."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from domain.model import Model

Value = TypeVar("Value", bound=Model)

_TABLE = """
CREATE TABLE IF NOT EXISTS things (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS things_by_owner ON things (kind, owner, seq);
"""


class Rows:
    """The shelf within one transaction. A value's kind is the name of its class."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, kind: type[Value], id: str) -> Value | None:
        """One value."""
        row = self._connection.execute(
            "SELECT body FROM things WHERE kind = ? AND id = ?", (kind.__name__, id)
        ).fetchone()
        return kind.model_validate_json(row[0]) if row else None

    def put(self, id: str, value: Model, owner: str = "") -> None:
        """Store or replace a value; it keeps its place in the order. `owner` is what it can be listed by."""
        self._connection.execute(
            "INSERT INTO things (kind, id, owner, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, body = excluded.body",
            (type(value).__name__, id, owner, value.model_dump_json()),
        )

    def all(self, kind: type[Value], owner: str | None = None, limit: int = -1) -> list[Value]:
        """Values of a kind, newest first; those of one owner if named, at most `limit` if not negative."""
        if owner is None:
            rows = self._connection.execute(
                "SELECT body FROM things WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind.__name__, limit)
            )
        else:
            rows = self._connection.execute(
                "SELECT body FROM things WHERE kind = ? AND owner = ? ORDER BY seq DESC LIMIT ?",
                (kind.__name__, owner, limit),
            )
        return [kind.model_validate_json(body) for (body,) in rows]

    def count(self, kind: type[Model]) -> int:
        """How many values of a kind there are."""
        (count,) = self._connection.execute("SELECT count(*) FROM things WHERE kind = ?", (kind.__name__,)).fetchone()
        return int(count)

    def remove(self, kind: type[Model], id: str) -> None:
        """Forget one value, if it is there."""
        self._connection.execute("DELETE FROM things WHERE kind = ? AND id = ?", (kind.__name__, id))

    def clear(self, kind: type[Model]) -> None:
        """Forget all values of a kind."""
        self._connection.execute("DELETE FROM things WHERE kind = ?", (kind.__name__,))


class Shelf:
    """One SQLite file. One transaction at a time; all of it is written, or nothing."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_TABLE)

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Read and write; an exception undoes everything."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Rows(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Give the file up."""
        with self._lock:
            self._connection.close()
