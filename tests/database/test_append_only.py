"""The append-only tables, through a connection that knows nothing of this project."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

ROWS = {
    "journal": (1, "k", "plan", "o", "r", "test", "[]", "", "2026-11-21T20:15:00.000000Z", "{}", "a", "h"),
    "transfers": ("t", 1, 0, "single", "found", "kept", "USD", 5, ""),
    "numbers": ("CN-s", 1, 1),
    "snapshots": ("o", "h", "{}"),
    "policies": (1, "p@1", "1", "2026-01-01T00:00:00.000000Z", "{}"),
}
COLUMN = {"journal": "actor", "transfers": "amount", "numbers": "series", "snapshots": "content", "policies": "content"}

tables = pytest.mark.parametrize("table", ROWS)


def _insert(table: str, verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} VALUES ({', '.join('?' * len(ROWS[table]))})"


@pytest.fixture
def raw(engine: Engine, path: Path) -> Iterator[sqlite3.Connection]:
    """A bare connection, with one row in each table."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for table, row in ROWS.items():
            raw.execute(_insert(table), row)
        yield raw


@pytest.fixture(autouse=True)
def nothing_changes(raw: sqlite3.Connection) -> Iterator[None]:
    """Whatever is tried, the rows are as they were."""
    yield
    for table, row in ROWS.items():
        assert raw.execute(f"SELECT * FROM {table}").fetchall() == [row]


@tables
def test_update_is_refused(raw: sqlite3.Connection, table: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"UPDATE {table} SET {COLUMN[table]} = 'x'")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"UPDATE OR REPLACE {table} SET {COLUMN[table]} = 'x'")


@tables
@pytest.mark.parametrize("where", ["", " WHERE true"])
def test_delete_is_refused(raw: sqlite3.Connection, table: str, where: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"DELETE FROM {table}{where}")


@tables
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT"])
def test_a_row_that_stands_is_not_replaced(raw: sqlite3.Connection, table: str, verb: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(_insert(table, verb), ROWS[table])


@tables
def test_nor_by_an_upsert(raw: sqlite3.Connection, table: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(f"{_insert(table)} ON CONFLICT DO UPDATE SET {COLUMN[table]} = 'x'", ROWS[table])


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("journal", 0, 2),
        ("journal", 1, "other"),
        ("transfers", 0, "other"),
        ("transfers", 2, 1),
        ("numbers", 0, "CN-t"),
        ("numbers", 1, 2),
        ("policies", 0, 2),
    ],
)
def test_nor_by_one_that_shares_only_one_of_its_keys(
    raw: sqlite3.Connection, table: str, column: int, value: str | int
) -> None:
    row = list(ROWS[table])
    row[column] = value
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(_insert(table, "REPLACE"), row)


@pytest.mark.parametrize("seq", [None, -1, 0, 1, 3, 99])
def test_the_journal_leaves_no_gaps(raw: sqlite3.Connection, seq: int | None) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="number after the last"):
        raw.execute(_insert("journal"), (seq, "other", *ROWS["journal"][2:]))


@pytest.mark.parametrize(("series", "number"), [("CN-s", 3), ("CN-s", 0), ("CN-t", 2), ("CN-t", None)])
def test_a_series_leaves_no_gaps(raw: sqlite3.Connection, series: str, number: int | None) -> None:
    raw.execute("BEGIN")
    raw.execute(_insert("journal"), (2, "other", *ROWS["journal"][2:]))
    with pytest.raises(sqlite3.IntegrityError, match="after its last"):
        raw.execute(_insert("numbers"), (series, number, 2))
    raw.execute("ROLLBACK")


@pytest.mark.parametrize("amount", [0, -5, None])
def test_amounts_are_positive(raw: sqlite3.Connection, amount: int | None) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(_insert("transfers"), ("other", 1, 1, "single", "found", "kept", "USD", amount, ""))


def test_transfers_join_the_newest_entry_only(raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN")
    raw.execute(_insert("journal"), (2, "other", *ROWS["journal"][2:]))
    with pytest.raises(sqlite3.IntegrityError, match="newest entry"):
        raw.execute(_insert("transfers"), ("other", 1, 1, *ROWS["transfers"][3:]))
    raw.execute("ROLLBACK")
