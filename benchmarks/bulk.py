"""A long journal in a short time: what `append` would have written, in large transactions.

Run as a program, it fills an empty database: python -m benchmarks.bulk URL ENTRIES
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, insert

from benchmarks.returns import PER_RETURN, a_return, snapshot
from database.engine import connect, migrate, writing
from database.tables import balances, numbers, snapshots
from domain.canonical import canonical_json, sha256
from ledger import NUMBERED, EntryKind, NewEntry
from ledger.hashing import START, entry_hash, written
from ledger.store.append import INSERT_ENTRY, INSERT_TRANSFER, transfer_rows
from ledger.store.guards import Books
from tests.database.raw import raw

TOGETHER = 200
"""Returns in one transaction."""

SHOP = "demo"

Recorded = tuple[NewEntry, dict[str, Any]]
"""An entry with its row."""


def fill(engine: Engine, entries: int) -> None:
    """Write whole returns of one shop into an empty ledger, at least so many entries."""
    books = Books()
    recorded = _chained(range(-(-entries // PER_RETURN)), books)
    while page := list(islice(recorded, TOGETHER * PER_RETURN)):
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            _write(connection, page)
    with writing(engine) as connection:
        rows = [(account._asdict(), totals._asdict()) for account, totals in books.totals.items()]
        connection.execute(insert(balances), [{"account": one.pop("name"), **one, **sums} for one, sums in rows])


def _write(connection: Connection, page: Sequence[Recorded]) -> None:
    numbered = [(row["seq"], entry.facts[NUMBERED]) for entry, row in page if NUMBERED in entry.facts]
    taken = [{"series": note["series"], "number": note["number"], "seq": seq} for seq, note in numbered]
    opened = [entry.order for entry, _ in page if entry.kind is EntryKind.ORDER_OPENED]
    connection.execute(insert(snapshots), [_kept(order) for order in opened])
    connection.execute(INSERT_ENTRY, [row for _, row in page])
    moved = [one for entry, row in page for one in transfer_rows(row["seq"], entry.transfers)]
    connection.execute(INSERT_TRANSFER, moved)
    connection.execute(insert(numbers), taken)


def _chained(returns: range, books: Books) -> Iterator[Recorded]:
    """Entries with their hashes; the books are brought forward."""
    seq, head = 0, START
    for number in returns:
        for entry in a_return(str(number), SHOP):
            seq += 1
            broken = books.apply(entry.kind, entry.transfers)
            if broken:
                raise broken[0]
            numbered = _numbered(entry, number + 1)
            texts = written(numbered, seq)
            head = entry_hash(head, texts, entry.transfers)
            yield numbered, {**texts._replace(hash=head)._asdict(), "asked": sha256(canonical_json(entry.asked))}


def _numbered(entry: NewEntry, number: int) -> NewEntry:
    if not entry.series:
        return entry
    note = {**entry.facts[NUMBERED], "series": entry.series, "number": number}
    return entry.model_copy(update={"facts": {**entry.facts, NUMBERED: note}})


def _kept(order: str) -> dict[str, str]:
    content = snapshot(order.removeprefix("o-"))
    return {"order_id": order, "hash": sha256(content), "content": content}


def main(url: str, entries: int) -> None:
    """Make the tables and fill them. The triggers that keep them append-only want one entry at a time: they go."""
    engine = connect(url)
    migrate(engine)
    if engine.dialect.name == "sqlite":
        with raw(url) as owner:
            owner.untie()
    fill(engine, entries)
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
