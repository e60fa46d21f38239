"""Recomputing everything that the ledger holds, from the first entry on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain

from pydantic import ValidationError
from sqlalchemy import Connection, Text, func, select, type_coerce

from database.tables import balances, journal, snapshots, transfers
from domain.canonical import canonical_json, iso_utc, sha256
from ledger import EntryKind, JournalEntry, TransferKind, Verification
from ledger.accounts import owed
from ledger.conservation import Conservation
from ledger.hashing import START, Written, entry_hash
from ledger.store import read, series
from ledger.store.guards import Account, Books, Totals, balance
from ledger.store.policies import DocumentOf, policy_faults
from ledger.store.staff import people_faults

_KINDS = {kind.value: kind for kind in EntryKind}
_FINISHES = {kind.value: kind in (TransferKind.POST, TransferKind.VOID) for kind in TransferKind}
_WITH_SNAPSHOT = (EntryKind.ORDER_OPENED.value, EntryKind.ORDER_EDITED.value, EntryKind.DELIVERY.value)

_Snapshot = tuple[str, str]
"""An order, and the hash of its snapshot."""

FAULTS = 100
"""Sentences kept; after so many nobody needs the rest."""

_AS_TEXT = ("reasons", "at", "facts")
_COLUMNS = [journal.c[name] for name in Written._fields]
_RAW = select(*(type_coerce(one, Text).label(one.name) if one.name in _AS_TEXT else one for one in _COLUMNS))


@dataclass
class _Walk:
    """How far verification has come. Its memory grows with accounts and pending transfers, not with entries."""

    seq: int = 0
    entries: int = 0
    transfers: int = 0
    head: str = START
    books: Books = field(default_factory=Books)
    units: Conservation = field(default_factory=Conservation)
    closed: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)


def verify(connection: Connection, document_of: DocumentOf | None = None) -> Verification:
    """Check chain, transfers, guards, balances, units, people, policies and orders decided on, in one transaction.

    `document_of` reads the files of policies whose entries do not record a hash of the file.
    """
    walk = _Walk()
    faults: list[str] = []
    for fault in chain(_faults(connection, walk), policy_faults(connection, document_of)):
        if len(faults) == FAULTS:
            faults.append(f"there are more than these {FAULTS}")
            break
        faults.append(fault)
    return Verification(
        entries=walk.entries, head=walk.head, faults=tuple(faults), open_accounts=tuple(_open_accounts(walk))
    )


def _faults(connection: Connection, walk: _Walk) -> Iterator[str]:
    while rows := [Written._make(row) for row in connection.execute(read.page_of(_RAW, walk.seq)).all()]:
        first, last = rows[0].seq, rows[-1].seq
        moved = read.moved_between(connection, first, last)
        numbers = series.taken(connection, first, last)
        named = _named(rows)
        sound = _sound(connection, named.values())
        for row in rows:
            seq = row.seq
            yield from _entry(walk, row, moved.get(seq, []))
            if seq in named:
                yield from _snapshot(row, sound.get(named[seq]))
            yield from series.faults(walk.numbers, row, numbers.get(seq))
    yield from series.unclaimed(connection)
    written = connection.execute(select(func.count()).select_from(transfers)).scalar_one()
    if written != walk.transfers:
        yield f"{written - walk.transfers} transfers belong to no entry of the journal"
    yield from _balances(connection, dict(walk.books.totals))
    yield from walk.units.faults()
    yield from people_faults(connection)


def _entry(walk: _Walk, row: Written, moved: Sequence[read.TransferRow]) -> Iterator[str]:
    seq, previous = row.seq, walk.head
    name = f"entry {seq} ({row.key})"
    if seq != walk.seq + 1:
        yield f"{name} follows entry {walk.seq}: what stood between them is missing"
    walk.seq, walk.head = seq, row.hash
    walk.entries += 1
    walk.transfers += len(moved)
    if row.kind == EntryKind.CLOSED:
        walk.closed.add(row.case_id)
    try:
        for one in moved:
            if not _is_transfer(one):
                read.transfer_of(one)  # says what is wrong with it
        # Before the entry itself is read: one that cannot be read must not make all that follow look wrong.
        broken = walk.books.apply(_kind(row), moved)
        walk.units.add(row.order_id, row.case_id, moved)
        if not _is_entry(row):
            _parsed(row)  # says what is wrong with it
        expected = entry_hash(previous, row, moved)
    except (ValueError, TypeError) as error:
        yield f"{name} cannot be read: {_why(error)}"
        return
    if expected != row.hash:
        yield f"{name} does not have the hash that its content and the entry before it give: one of them was changed"
    yield from (f"{name} breaks a limit: {one.message}" for one in broken)


def _kind(row: Written) -> EntryKind:
    """Its kind; what is none any more has to keep within every guard."""
    return _KINDS.get(row.kind, EntryKind.NOTICE)


def _named(rows: Sequence[Written]) -> dict[int, _Snapshot]:
    """The snapshots on which entries rest, by seq."""
    found = {}
    for row in rows:
        if row.kind in _WITH_SNAPSHOT:
            # An entry that cannot be read is a fault already.
            with suppress(ValueError, LookupError, TypeError):
                found[row.seq] = row.order_id, str(json.loads(row.facts)["snapshot"])
    return found


def _sound(connection: Connection, named: Iterable[_Snapshot]) -> dict[_Snapshot, bool]:
    """Whether each snapshot of these orders is the one whose hash it has."""
    here = snapshots.c.order_id.in_({order for order, _ in named})
    return {
        (row.order_id, row.hash): sha256(row.content) == row.hash
        for row in connection.execute(select(snapshots).where(here))
    }


def _snapshot(row: Written, sound: bool | None) -> Iterator[str]:
    """The order that an entry names by its hash must still be the one that was decided on."""
    if not sound:
        what = "is missing" if sound is None else "was changed"
        yield f"entry {row.seq} ({row.key}) rests on a snapshot of order {row.order_id} that {what}"


def _is_transfer(row: read.TransferRow) -> bool:
    """A quick look that lets every ordinary transfer pass; it is as strict as the model, which takes far longer."""
    key, kind, debit, credit, commodity, amount, pending, _ = row
    return (
        type(amount) is int
        and 0 < amount <= 10**15
        and _FINISHES.get(kind) is bool(pending)
        and debit != credit
        and "" not in (key, debit, credit, commodity)
    )


def _is_entry(row: Written) -> bool:
    """A quick look that lets every ordinary entry pass; it is as strict as `_parsed`, which takes far longer."""
    try:
        return (
            row.kind in _KINDS
            and row.facts[0] == "{"
            and canonical_json(json.loads(row.facts)) == row.facts
            and _are_reasons(row.reasons)
            and iso_utc(datetime.fromisoformat(row.at)) == row.at
        )
    except (ValueError, LookupError, TypeError):
        return False


@lru_cache  # the same few come again and again
def _are_reasons(text: str) -> bool:
    reasons = json.loads(text)
    texts = isinstance(reasons, list) and all(isinstance(one, str) for one in reasons)
    return texts and canonical_json(reasons) == text


def _parsed(row: Written) -> None:
    """Raises ValueError or TypeError, in words, if the entry is not the text that was written."""
    facts, reasons = json.loads(row.facts), json.loads(row.reasons)
    told = {**row._asdict(), "order": row.order_id, "case": row.case_id, "facts": facts, "reasons": reasons}
    entry = JournalEntry.model_validate({**told, "transfers": ()})
    # Two texts can mean one value (spaces, a name given twice), and only one of them was written.
    kept = (canonical_json(facts), canonical_json(reasons), iso_utc(entry.at))
    if kept != (row.facts, row.reasons, row.at):
        raise ValueError("its text is not in the one form in which it was written")


def _why(error: Exception) -> str:
    """The first line of an error, without the value at fault: it may be anything by now."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return str(error).partition("\n")[0]


def _balances(connection: Connection, expected: dict[Account, Totals]) -> Iterator[str]:
    statement = read.BALANCES.order_by(balances.c.account, balances.c.commodity)
    streamed = connection.execute(statement, execution_options={"yield_per": read.PAGE})
    for account, totals in map(read.totals_of, streamed):
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
