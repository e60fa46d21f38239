"""One flat row per transfer, as spreadsheets want it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from domain.canonical import iso_utc
from ledger import JournalEntry, Transfer, TransferKind
from ledger.chart import Chart
from ledger.readable import credit_note, decimal, reference

POSTED = (TransferKind.SINGLE, TransferKind.POST)
"""What moves money or goods; a pending transfer only reserves, and its voiding gives the reservation up."""


class Row(NamedTuple):
    """One transfer of one entry; an entry without transfers is one row without one.

    `minor` and `amount` are the same amount, in minor units and as a decimal. `debit` and `credit` are the journal's
    accounts, the two `_account` columns those of the books.
    """

    seq: int
    time: str
    kind: str
    key: str
    order: str
    case: str
    actor: str
    reasons: str
    policy: str
    reference: str
    credit_note: str
    hash: str
    transfer: str = ""
    movement: str = ""
    finishes: str = ""
    debit: str = ""
    credit: str = ""
    debit_account: str = ""
    credit_account: str = ""
    commodity: str = ""
    minor: int | None = None
    amount: str = ""


def posted(entry: JournalEntry) -> list[Transfer]:
    """What an entry moved for good."""
    return [one for one in entry.transfers if one.kind in POSTED]


def rows(entries: Iterable[JournalEntry], chart: Chart) -> Iterator[Row]:
    """Everything: reservations too, named as such, and entries that moved nothing."""
    for entry in entries:
        bare = _bare(entry)
        if not entry.transfers:
            yield bare
        yield from (_filled(bare, one, chart) for one in entry.transfers)


def posted_rows(entries: Iterable[JournalEntry], chart: Chart) -> Iterator[Row]:
    """Only what was moved for good."""
    for entry in entries:
        if moved := posted(entry):
            bare = _bare(entry)
            yield from (_filled(bare, one, chart) for one in moved)


def _bare(entry: JournalEntry) -> Row:
    return Row(
        seq=entry.seq,
        time=iso_utc(entry.at),
        kind=entry.kind.value,
        key=entry.key,
        order=entry.order,
        case=entry.case,
        actor=entry.actor,
        reasons=" ".join(entry.reasons),
        policy=entry.policy,
        reference=reference(entry),
        credit_note=credit_note(entry),
        hash=entry.hash,
    )


def _filled(bare: Row, one: Transfer, chart: Chart) -> Row:
    return bare._replace(
        transfer=one.key,
        movement=one.kind.value,
        finishes=one.pending,
        debit=one.debit,
        credit=one.credit,
        debit_account=chart.account(one.debit),
        credit_account=chart.account(one.credit),
        commodity=one.commodity,
        minor=one.amount,
        amount=decimal(one.amount, one.commodity),
    )
