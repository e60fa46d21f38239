"""How fast entries are appended, beside bare inserts of the very same rows: python -m benchmarks.appends [ROUNDS]

Both are written to tables with the same triggers and are as safe from a power cut; a bare transaction is
the driver's own, and knows neither guards nor balances nor hashes. All are measured in turn, round by round, so that
they share whatever else the machine has to do.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import Engine

from benchmarks.returns import PER_RETURN, a_return
from database.engine import connect
from database.tables import journal, numbers, transfers
from ledger import NewEntry
from ledger.store import SqlLedger
from tests.database.servers import Databases, postgres, sqlite

WRITERS = 8
RETURNS = 3
"""Returns that each writer writes in a round; one that is alone writes those of all."""

TABLES = (journal, transfers, numbers)

Rows = list[list[tuple[Any, ...]]]
"""Those of one entry, table by table."""


class Round(NamedTuple):
    """Entries per second."""

    alone: float
    crowd: float
    bare: float


class Bare:
    """Copies rows as they are, one plain transaction per entry."""

    def __init__(self, source: Engine, target: Engine) -> None:
        self.source, self.target = source, target
        mark = "?" if target.dialect.name == "sqlite" else "%s"
        columns = [[column.name for column in table.c] for table in TABLES]
        self.inserts = [
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(mark for _ in names)})"  # noqa: S608
            for table, names in zip(TABLES, columns, strict=True)
        ]
        self.done = 0

    def new(self) -> list[Rows]:
        """The rows of each entry that is not copied yet, table by table."""
        with closing(self.source.raw_connection()) as connection:
            cursor = connection.cursor()
            found: dict[int, Rows] = {}
            for place, table in enumerate(TABLES):
                at = [column.name for column in table.c].index("seq")
                names = ", ".join(column.name for column in table.c)
                cursor.execute(f"SELECT {names} FROM {table.name} WHERE seq > {self.done} ORDER BY seq")  # noqa: S608
                for row in cursor.fetchall():
                    found.setdefault(row[at], [[], [], []])[place].append(row)
        self.done = max(found, default=self.done)
        return [found[seq] for seq in sorted(found)]

    def copy(self, entries: list[Rows]) -> None:
        """Insert them."""
        with closing(self.target.raw_connection()) as connection:
            cursor = connection.cursor()
            for tables in entries:
                if self.target.dialect.name == "sqlite":
                    cursor.execute("BEGIN IMMEDIATE")
                for insert, rows in zip(self.inserts, tables, strict=True):
                    if len(rows) == 1:
                        cursor.execute(insert, rows[0])
                    elif rows:
                        cursor.executemany(insert, rows)
                connection.commit()


def _write(ledger: SqlLedger, returns: Sequence[Sequence[NewEntry]]) -> None:
    for entries in returns:
        seen = 0
        for entry in entries:
            seen = ledger.append(entry, seen=seen).seq


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _round(name: str, ledger: SqlLedger, bare: Bare, pool: ThreadPoolExecutor) -> Round:
    returns = [a_return(f"{name}-{number}", "alone") for number in range(WRITERS * RETURNS)]
    alone = _seconds(lambda: _write(ledger, returns))
    rows = bare.new()
    inserts = _seconds(lambda: bare.copy(rows))
    parts = [[a_return(f"{name}-{one}-{number}", f"w{one}") for number in range(RETURNS)] for one in range(WRITERS)]
    crowd = _seconds(lambda: list(pool.map(lambda part: _write(ledger, part), parts)))
    rows = bare.new()
    inserts += _seconds(lambda: bare.copy(rows))
    entries = WRITERS * RETURNS * PER_RETURN
    return Round(entries / alone, entries / crowd, 2 * entries / inserts)


def measure(kind: str, made: Databases, rounds: int) -> None:
    """Print one database's figures: the medians of all rounds but the first, which only warms up."""
    source, target = connect(made.migrated()), connect(made.migrated())
    bare = Bare(source, target)
    with ThreadPoolExecutor(WRITERS) as pool:
        found = [_round(f"{kind}{number}", SqlLedger(source), bare, pool) for number in range(rounds + 1)][1:]
    alone, crowd, inserts = (median(side) for side in zip(*found, strict=True))
    ratio = median(one.alone / one.bare for one in found)
    together = median(one.crowd / one.alone for one in found)
    sys.stdout.write(f"{kind:<10}  {alone:>9.0f}  {inserts:>6.0f}  {ratio:>14.2f}  {crowd:>12.0f}  {together:>17.2f}\n")
    sys.stdout.flush()
    for engine in (source, target):
        engine.dispose()


def main(rounds: int) -> None:
    """Print a row for each kind of database."""
    sys.stdout.write(f"            appends/s  bare/s  appends : bare  {WRITERS} at once/s  {WRITERS} at once : alone\n")
    with tempfile.TemporaryDirectory() as folder, sqlite(Path(folder)) as made:
        measure("sqlite", made, rounds)
    # As it comes: what is confirmed survives a power cut.
    with postgres(settings="") as made:
        measure("postgresql", made, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
