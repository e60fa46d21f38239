"""The only writer of the journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from database.engine import writing
from database.tables import balances, journal, transfers
from domain.canonical import canonical_json, sha256
from domain.errors import KeyConflict, Stale
from ledger import EntryKind, JournalEntry, NewEntry, Transfer
from ledger.hashing import START, entry_fields, entry_hash
from ledger.store import read, series
from ledger.store.guards import Account, Books, Totals, sides


def append(engine: Engine, entry: NewEntry, seen: int | None) -> JournalEntry:
    """Write one entry with its transfers, or answer with the one that was recorded under its key before."""
    asked = sha256(canonical_json(entry.asked))
    # What cannot be recorded is refused before anybody has to wait for the lock. The text is read back, so that the
    # first answer is the very one that a repetition will get.
    facts = json.loads(canonical_json(entry.facts))
    with writing(engine) as connection:
        recorded = _recorded(connection, entry.key, asked)
        if recorded is None:
            _check_seen(connection, entry, seen)
            if entry.transfers:
                _move(connection, entry.kind, entry.transfers)
            numbered = series.with_number(connection, entry.model_copy(update={"facts": facts}))
            recorded = _write(connection, numbered, asked)
    return recorded


def _recorded(connection: Connection, key: str, asked: str) -> JournalEntry | None:
    stands = read.asked(connection, key)
    if stands is None:
        return None
    if stands != asked:
        raise KeyConflict(f"{key} was recorded for something else before; a key means one thing for ever")
    return read.find(connection, key)


def _check_seen(connection: Connection, entry: NewEntry, seen: int | None) -> None:
    newest = read.last_seq(connection, entry.order)
    # An order that is behind what was seen (a restored backup) has not been read either.
    if seen is not None and newest != seen:
        text = f"order {entry.order} was read at entry {seen} and is at {newest} now; read it and decide again"
        raise Stale(text)


def _move(connection: Connection, kind: EntryKind, moved: Sequence[Transfer]) -> None:
    """Check a set against keys, pending transfers and guards, and bring `balances` forward."""
    _check_keys(connection, moved)
    touched = {account for transfer in moved for account in sides(transfer)}
    before = read.totals(connection, touched)
    pending = read.pendings(connection, {transfer.pending for transfer in moved if transfer.pending})
    books = Books(dict(before), pending)
    broken = books.apply(kind, moved)
    if broken:
        raise broken[0]
    _write_balances(connection, before, books.totals)


def _check_keys(connection: Connection, moved: Sequence[Transfer]) -> None:
    keys = [transfer.key for transfer in moved]
    used = connection.execute(select(transfers.c.key).where(transfers.c.key.in_(keys))).scalars().all()
    twice = [key for key, times in Counter(keys).items() if times > 1]
    for key in (*used, *twice):
        raise KeyConflict(f"transfer {key} was made before; a key means one thing for ever")


def _write_balances(connection: Connection, before: Mapping[Account, Totals], after: Mapping[Account, Totals]) -> None:
    same = (balances.c.account == bindparam("name"), balances.c.commodity == bindparam("unit"))
    moved = [{"name": one.name, "unit": one.commodity, **after[one]._asdict()} for one in after if one in before]
    if moved:
        connection.execute(update(balances).where(*same), moved)
    new = [
        {"account": one.name, "commodity": one.commodity, **after[one]._asdict()} for one in after if one not in before
    ]
    if new:
        connection.execute(insert(balances), new)


def _write(connection: Connection, entry: NewEntry, asked: str) -> JournalEntry:
    previous, hash_before = _last(connection)
    recorded = JournalEntry.model_validate({**dict(entry), "seq": previous + 1, "hash": ""})
    recorded = recorded.model_copy(update={"hash": entry_hash(hash_before, entry_fields(recorded))})
    connection.execute(insert(journal), journal_row(recorded, asked))
    series.take(connection, recorded.seq, recorded.facts)
    if recorded.transfers:
        connection.execute(insert(transfers), list(transfer_rows(recorded)))
    return recorded


def _last(connection: Connection) -> tuple[int, str]:
    """The seq and the hash of the newest entry."""
    newest = select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return (row.seq, row.hash) if row else (0, START)


def journal_row(entry: JournalEntry, asked: str) -> dict[str, object]:
    """An entry as a row of `journal`; `asked` is the SHA-256 of what was asked for."""
    return {
        "seq": entry.seq,
        "key": entry.key,
        "kind": entry.kind.value,
        "order_id": entry.order,
        "case_id": entry.case,
        "actor": entry.actor,
        "reasons": list(entry.reasons),
        "policy": entry.policy,
        "at": entry.at,
        "facts": entry.facts,
        "asked": asked,
        "hash": entry.hash,
    }


def transfer_rows(entry: JournalEntry) -> Iterator[dict[str, str | int]]:
    """Its transfers as rows of `transfers`."""
    for position, transfer in enumerate(entry.transfers):
        yield {**transfer.model_dump(mode="json"), "seq": entry.seq, "position": position}
