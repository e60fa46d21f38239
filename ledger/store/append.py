"""The only writer of the journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Engine, bindparam, column, insert, table, update

from database.engine import writing
from database.tables import balances, journal, transfers
from domain.canonical import canonical_json, sha256
from domain.errors import KeyConflict, Stale
from ledger import EntryKind, JournalEntry, NewEntry, Transfer
from ledger.hashing import Written, entry_hash, written
from ledger.store import read, series
from ledger.store.guards import Account, Books, Totals, sides

# Made once: putting a statement together takes longer than the database takes to answer it.
INSERT_TRANSFER, _INSERT_BALANCE = insert(transfers), insert(balances)
# Without the types of its columns: the texts are stored as they were hashed.
INSERT_ENTRY = insert(table(journal.name, *(column(name) for name in (*Written._fields, "asked"))))
_UPDATE_BALANCE = update(balances).where(
    balances.c.account == bindparam("name"), balances.c.commodity == bindparam("unit")
)


def append(engine: Engine, entry: NewEntry, seen: int | None) -> JournalEntry:
    """Write one entry with its transfers, or answer with the one that was recorded under its key before."""
    asked = sha256(canonical_json(entry.asked))
    # What cannot be recorded is refused before anybody has to wait for the lock. The text is read back, so that the
    # first answer is the very one that a repetition will get.
    facts = json.loads(canonical_json(entry.facts))
    with writing(engine) as connection:
        standing = read.standing(connection, entry.key, entry.order)
        if standing.asked is not None:
            return _recorded(connection, entry.key, asked, standing.asked)
        _check_seen(entry.order, seen, standing.of_order)
        if entry.transfers:
            _move(connection, entry.kind, entry.transfers)
        numbered = series.with_number(connection, entry.model_copy(update={"facts": facts}))
        return _write(connection, numbered, asked, standing)


def _recorded(connection: Connection, key: str, asked: str, stands: str) -> JournalEntry:
    recorded = read.find(connection, key) if stands == asked else None
    if recorded is None:
        raise KeyConflict(f"{key} was recorded for something else before; a key means one thing for ever")
    return recorded


def _check_seen(order: str, seen: int | None, newest: int) -> None:
    # An order that is behind what was seen (a restored backup) has not been read either.
    if seen is not None and newest != seen:
        text = f"order {order} was read at entry {seen} and is at {newest} now; read it and decide again"
        raise Stale(text)


def _move(connection: Connection, kind: EntryKind, moved: Sequence[Transfer]) -> None:
    """Check a set against keys, pending transfers and guards, and bring `balances` forward."""
    keys = [transfer.key for transfer in moved]
    known = read.connected(connection, keys, {transfer.pending for transfer in moved if transfer.pending})
    _check_keys(keys, {row.key for row in known})
    before = read.totals(connection, {account for transfer in moved for account in sides(transfer)})
    books = Books(dict(before), read.pendings(known))
    broken = books.apply(kind, moved)
    if broken:
        raise broken[0]
    _write_balances(connection, before, books.totals)


def _check_keys(keys: Sequence[str], known: Collection[str]) -> None:
    used = [key for key in keys if key in known]
    twice = [key for key, times in Counter(keys).items() if times > 1]
    for key in (*used, *twice):
        raise KeyConflict(f"transfer {key} was made before; a key means one thing for ever")


def _write_balances(connection: Connection, before: Mapping[Account, Totals], after: Mapping[Account, Totals]) -> None:
    moved = [{"name": one.name, "unit": one.commodity, **after[one]._asdict()} for one in after if one in before]
    if moved:
        connection.execute(_UPDATE_BALANCE, moved)
    new = [
        {"account": one.name, "commodity": one.commodity, **after[one]._asdict()} for one in after if one not in before
    ]
    if new:
        connection.execute(_INSERT_BALANCE, new)


def _write(connection: Connection, entry: NewEntry, asked: str, standing: read.Standing) -> JournalEntry:
    texts = written(entry, standing.seq + 1)
    texts = texts._replace(hash=entry_hash(standing.hash, texts, entry.transfers))
    connection.execute(INSERT_ENTRY, {**texts._asdict(), "asked": asked})
    series.take(connection, texts.seq, entry.facts)
    if entry.transfers:
        connection.execute(INSERT_TRANSFER, transfer_rows(texts.seq, entry.transfers))
    return JournalEntry.model_validate({**dict(entry), "seq": texts.seq, "hash": texts.hash})


def transfer_rows(seq: int, moved: Sequence[Transfer]) -> list[dict[str, object]]:
    """The transfers of an entry as rows of their table."""
    return [
        {**dict(transfer), "kind": transfer.kind.value, "seq": seq, "position": position}
        for position, transfer in enumerate(moved)
    ]
