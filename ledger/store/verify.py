"""Recomputing everything that the ledger holds, from the first entry on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, Text, func, select, type_coerce

from database.tables import balances, journal, snapshots, transfers
from domain.canonical import canonical_json, iso_utc, sha256
from ledger import EntryKind, JournalEntry, Transfer, Verification
from ledger.accounts import owed
from ledger.hashing import START, entry_fields, entry_hash
from ledger.store import read, series
from ledger.store.guards import Account, Books, Totals, balance
from ledger.store.staff import people_faults

_WITH_SNAPSHOT = (EntryKind.ORDER_OPENED.value, EntryKind.ORDER_EDITED.value, EntryKind.DELIVERY.value)

FAULTS = 100
"""Sentences kept; after so many nobody needs the rest."""

_AS_TEXT = ("reasons", "at", "facts")
_RAW = select(*(type_coerce(one, Text).label(one.name) if one.name in _AS_TEXT else one for one in journal.c))


@dataclass
class _Walk:
    """How far verification has come. Its memory grows with accounts and pending transfers, not with entries."""

    seq: int = 0
    entries: int = 0
    transfers: int = 0
    head: str = START
    books: Books = field(default_factory=Books)
    closed: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)


def verify(connection: Connection) -> Verification:
    """Check chain, transfers, guards, cached balances, people and the orders decided on, in one reading transaction."""
    walk = _Walk()
    faults: list[str] = []
    for fault in _faults(connection, walk):
        if len(faults) == FAULTS:
            faults.append(f"there are more than these {FAULTS}")
            break
        faults.append(fault)
    return Verification(
        entries=walk.entries, head=walk.head, faults=tuple(faults), open_accounts=tuple(_open_accounts(walk))
    )


def _faults(connection: Connection, walk: _Walk) -> Iterator[str]:
    while rows := connection.execute(read.page_of(_RAW, walk.seq)).mappings().all():
        moved = read.transfer_rows(connection, [row["seq"] for row in rows])
        numbers = series.taken(connection, [row["seq"] for row in rows])
        for row in rows:
            yield from _entry(walk, row, moved[row["seq"]])
            yield from _snapshot(connection, row)
            yield from series.faults(walk.numbers, row, numbers.get(row["seq"]))
    yield from series.unclaimed(connection)
    written = connection.execute(select(func.count()).select_from(transfers)).scalar_one()
    if written != walk.transfers:
        yield f"{written - walk.transfers} transfers belong to no entry of the journal"
    yield from _balances(connection, dict(walk.books.totals))
    yield from people_faults(connection)


def _entry(walk: _Walk, row: RowMapping, moved: list[RowMapping]) -> Iterator[str]:
    seq, previous = row["seq"], walk.head
    name = f"entry {seq} ({row['key']})"
    if seq != walk.seq + 1:
        yield f"{name} follows entry {walk.seq}: what stood between them is missing"
    walk.seq, walk.head = seq, row["hash"]
    walk.entries += 1
    walk.transfers += len(moved)
    if row["kind"] == EntryKind.CLOSED.value:
        walk.closed.add(row["case_id"])
    try:
        written = [read.transfer_of(one) for one in moved]
        # Before the entry itself is read: one that cannot be read must not make all that follow look wrong.
        broken = walk.books.apply(_kind(row), written)
        entry = _parsed(row, written)
        expected = entry_hash(previous, entry_fields(entry))
    except (ValueError, TypeError) as error:
        yield f"{name} cannot be read: {_why(error)}"
        return
    if expected != entry.hash:
        yield f"{name} does not have the hash that its content and the entry before it give: one of them was changed"
    yield from (f"{name} breaks a limit: {one.message}" for one in broken)


def _kind(row: RowMapping) -> EntryKind:
    """Its kind; what is none any more has to keep within every guard."""
    return EntryKind(row["kind"]) if row["kind"] in list(EntryKind) else EntryKind.NOTICE


def _snapshot(connection: Connection, row: RowMapping) -> Iterator[str]:
    """The order that an entry names by its hash must still be the one that was decided on."""
    if row["kind"] not in _WITH_SNAPSHOT:
        return
    try:
        named = str(json.loads(row["facts"])["snapshot"])
    except (ValueError, LookupError, TypeError):
        return  # an entry that cannot be read is a fault already
    here = (snapshots.c.order_id == row["order_id"], snapshots.c.hash == named)
    content = connection.execute(select(snapshots.c.content).where(*here)).scalar()
    if content is None or sha256(content) != named:
        what = "is missing" if content is None else "was changed"
        yield f"entry {row['seq']} ({row['key']}) rests on a snapshot of order {row['order_id']} that {what}"


def _parsed(row: RowMapping, moved: list[Transfer]) -> JournalEntry:
    """An entry from its stored text. Raises ValueError or TypeError if that is not the text that was written."""
    facts, reasons = json.loads(row["facts"]), json.loads(row["reasons"])
    entry = JournalEntry.model_validate(
        {
            **row,
            "order": row["order_id"],
            "case": row["case_id"],
            "facts": facts,
            "reasons": reasons,
            "transfers": moved,
        }
    )
    # Two texts can mean one value (spaces, a name given twice), and the hash covers the value.
    kept = (canonical_json(facts), canonical_json(reasons), iso_utc(entry.at))
    if kept != (row["facts"], row["reasons"], row["at"]):
        raise ValueError("its text is not in the one form in which it was written")
    return entry


def _why(error: Exception) -> str:
    """The first line of an error, without the value at fault: it may be anything by now."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return str(error).partition("\n")[0]


def _balances(connection: Connection, expected: dict[Account, Totals]) -> Iterator[str]:
    statement = select(balances).order_by(balances.c.account, balances.c.commodity)
    for account, totals in map(read.totals_of, connection.execute(statement).mappings()):
        right = expected.pop(account, Totals())
        if totals != right:
            yield (
                f"the balance of {account.name} in {account.commodity} is not what its transfers give: "
                f"{_sides(totals)} instead of {_sides(right)}"
            )
    for account in sorted(account for account, totals in expected.items() if any(totals)):
        yield f"the balance of {account.name} in {account.commodity} is missing"


def _sides(totals: Totals) -> str:
    debits, credits, pending_debits, pending_credits = totals
    return f"debits {debits} (pending {pending_debits}), credits {credits} (pending {pending_credits})"


def _open_accounts(walk: _Walk) -> list[str]:
    closed = {owed(case) for case in walk.closed}
    named = (account for account in walk.books.totals if account.name in closed or account.name.startswith("suspense:"))
    return sorted({one.name for one in named if _not_zero(one, walk.books.totals[one])})


def _not_zero(account: Account, totals: Totals) -> bool:
    """Something stands on it, or is on its way."""
    stands = balance(account, totals)
    return any((stands.posted, stands.pending_out, stands.pending_in))
