"""The append-only tables, through a connection that knows nothing of this project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import raw as bare
from tests.database.raw import DATABASE_ERRORS, INTEGRITY_ERRORS, Raw

ROWS = {
    "journal": (1, "k", "plan", "o", "r", "test", "[]", "", "2026-11-21T20:15:00.000000Z", "{}", "a", "h"),
    "transfers": ("t", 1, 0, "single", "found", "kept", "USD", 5, ""),
    "numbers": ("CN-s", 1, 1),
    "snapshots": ("o", "h", "{}"),
    "policies": (1, "p@1", "1", "2026-01-01T00:00:00.000000Z", "{}", None, None),
}
COLUMN = {"journal": "actor", "transfers": "amount", "numbers": "series", "snapshots": "content", "policies": "content"}
KEY = {
    "journal": "seq",
    "transfers": "key",
    "numbers": "series, number",
    "snapshots": "order_id, hash",
    "policies": "number",
}

tables = pytest.mark.parametrize("table", ROWS)
shares_a_key = pytest.mark.parametrize(
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


def _insert(table: str, verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} VALUES ({', '.join('?' * len(ROWS[table]))})"


@pytest.fixture
def raw(url: str) -> Iterator[Raw]:
    """A bare connection, with one row in each table."""
    with bare.raw(url) as raw:
        for table, row in ROWS.items():
            raw.execute(_insert(table), row)
        yield raw


@pytest.fixture(autouse=True)
def nothing_changes(raw: Raw) -> Iterator[None]:
    """Whatever is tried, the rows are as they were."""
    yield
    for table, row in ROWS.items():
        assert raw.execute(f"SELECT * FROM {table}") == [row]


@tables
def test_update_is_refused(raw: Raw, table: str) -> None:
    with pytest.raises(INTEGRITY_ERRORS, match=f"{table} is append-only: nothing in it is changed or deleted"):
        raw.execute(f"UPDATE {table} SET {COLUMN[table]} = {COLUMN[table]}")


@tables
def test_so_is_one_that_replaces(raw: Raw, path: Path, table: str) -> None:
    with pytest.raises(INTEGRITY_ERRORS, match="append-only"):
        raw.execute(f"UPDATE OR REPLACE {table} SET {COLUMN[table]} = 'x'")


@tables
@pytest.mark.parametrize("where", ["", " WHERE true"])
def test_delete_is_refused(raw: Raw, table: str, where: str) -> None:
    with pytest.raises(INTEGRITY_ERRORS, match=f"{table} is append-only: nothing in it is changed or deleted"):
        raw.execute(f"DELETE FROM {table}{where}")


@tables
@pytest.mark.parametrize("statement", ["TRUNCATE {}", "TRUNCATE {} CASCADE", "TRUNCATE outbox, {} CASCADE"])
def test_so_is_truncate_where_there_is_one(raw: Raw, database_kind: str, table: str, statement: str) -> None:
    expected = "append-only" if database_kind == "postgresql" else "syntax error"
    with pytest.raises(DATABASE_ERRORS, match=f"{expected}|foreign key constraint"):
        raw.execute(statement.format(table))


@tables
def test_a_row_is_written_once(raw: Raw, table: str) -> None:
    with pytest.raises(INTEGRITY_ERRORS, match=r"stands there already|after (the|its) last|already exists"):
        raw.execute(_insert(table), ROWS[table])


@tables
@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_a_row_that_stands_is_not_replaced(raw: Raw, path: Path, table: str, verb: str) -> None:
    with pytest.raises(INTEGRITY_ERRORS):
        raw.execute(_insert(table, verb), ROWS[table])


@tables
def test_nor_by_an_upsert(raw: Raw, table: str) -> None:
    conflict = f"ON CONFLICT ({KEY[table]}) DO"
    for instead in (f"UPDATE SET {COLUMN[table]} = excluded.{COLUMN[table]}", "NOTHING"):
        with pytest.raises(INTEGRITY_ERRORS):
            raw.execute(f"{_insert(table)} {conflict} {instead}", ROWS[table])


@shares_a_key
def test_nor_is_one_written_that_shares_only_one_of_its_keys(
    raw: Raw, table: str, column: int, value: str | int
) -> None:
    row = list(ROWS[table])
    row[column] = value
    with pytest.raises(INTEGRITY_ERRORS, match=r"stands there already|after (the|its) last|already exists"):
        raw.execute(_insert(table), row)


@shares_a_key
def test_nor_replaced_by_such_a_one(raw: Raw, path: Path, table: str, column: int, value: str | int) -> None:
    row = list(ROWS[table])
    row[column] = value
    with pytest.raises(INTEGRITY_ERRORS):
        raw.execute(_insert(table, "REPLACE"), row)


@pytest.mark.parametrize("seq", [None, -1, 0, 1, 3, 99])
def test_the_journal_leaves_no_gaps(raw: Raw, seq: int | None) -> None:
    with pytest.raises(INTEGRITY_ERRORS, match="number after the last"):
        raw.execute(_insert("journal"), (seq, "other", *ROWS["journal"][2:]))


@pytest.mark.parametrize(("series", "number"), [("CN-s", 3), ("CN-s", 0), ("CN-t", 2), ("CN-t", None)])
def test_a_series_leaves_no_gaps(raw: Raw, series: str, number: int | None) -> None:
    raw.execute("BEGIN")
    raw.execute(_insert("journal"), (2, "other", *ROWS["journal"][2:]))
    with pytest.raises(INTEGRITY_ERRORS, match="after its last"):
        raw.execute(_insert("numbers"), (series, number, 2))
    raw.execute("ROLLBACK")


@pytest.mark.parametrize("amount", [0, -5, None])
def test_amounts_are_positive(raw: Raw, amount: int | None) -> None:
    with pytest.raises(INTEGRITY_ERRORS):
        raw.execute(_insert("transfers"), ("other", 1, 1, "single", "found", "kept", "USD", amount, ""))


def test_transfers_join_the_newest_entry_only(raw: Raw) -> None:
    raw.execute("BEGIN")
    raw.execute(_insert("journal"), (2, "other", *ROWS["journal"][2:]))
    with pytest.raises(INTEGRITY_ERRORS, match="newest entry"):
        raw.execute(_insert("transfers"), ("other", 1, 1, *ROWS["transfers"][3:]))
    raw.execute("ROLLBACK")
