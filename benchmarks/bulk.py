"""A long journal in a short time: what `append` would have written, in large transactions.

Run as a program, it fills an empty database: python -m benchmarks.bulk URL ENTRIES
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, Engine, insert

from benchmarks.returns import PER_RETURN, a_return, snapshot
from database.engine import connect, migrate, writing
from database.tables import balances, journal, numbers, snapshots, transfers
from domain.canonical import canonical_json, sha256
from ledger import NUMBERED, EntryKind, JournalEntry, NewEntry
from ledger.hashing import START, entry_fields, entry_hash
from ledger.store.append import journal_row, transfer_rows
from ledger.store.guards import Books
from tests.database.raw import raw

TOGETHER = 200
"""Returns in one transaction."""

SHOP = "demo"

Recorded = tuple[JournalEntry, str]
"""An entry with the hash of what was asked for."""


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
    entries = [entry for entry, _ in page]
    notes = [(entry.seq, entry.facts[NUMBERED]) for entry in entries if NUMBERED in entry.facts]
    taken = [{"series": note["series"], "number": note["number"], "seq": seq} for seq, note in notes]
    opened = [entry.order for entry in entries if entry.kind is EntryKind.ORDER_OPENED]
    connection.execute(insert(snapshots), [_kept(order) for order in opened])
    connection.execute(insert(journal), [journal_row(entry, asked) for entry, asked in page])
    connection.execute(insert(transfers), [row for entry in entries for row in transfer_rows(entry)])
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
            unhashed = JournalEntry.model_validate({**dict(_numbered(entry, number + 1)), "seq": seq, "hash": ""})
            head = entry_hash(head, entry_fields(unhashed))
            yield unhashed.model_copy(update={"hash": head}), sha256(canonical_json(entry.asked))


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
