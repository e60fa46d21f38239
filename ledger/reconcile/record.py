"""What a reconciliation leaves in the journal: its sums and its breaks, no transfers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from domain import ids
from domain.model import Model
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.reconcile import Break, Reconciliation
from ledger.reconcile.tally import CurrencySummary

MOST = 500
"""Breaks that one entry names; of more it says how many. An entry must not grow without end."""


class Recorded(Model):
    """The facts of an entry `reconciled`. `count` is of all breaks, `by_kind` too; `breaks` are the first 500."""

    first: date
    last: date
    count: int
    by_kind: Mapping[str, int]
    waiting: int
    outside: int
    summaries: tuple[CurrencySummary, ...]
    breaks: tuple[Break, ...]


def recorded(entry: JournalEntry) -> Recorded:
    """What an entry says."""
    return Recorded.model_validate(entry.facts)


def record(ledger: Ledger, found: Reconciliation, day: date, first: date, last: date) -> JournalEntry:
    """Record it for a day, once: the same day again is the entry that stands."""
    told = Recorded(
        first=first,
        last=last,
        count=len(found.breaks),
        by_kind=Counter(one.kind.value for one in found.breaks),
        waiting=len(found.waiting),
        outside=len(found.outside),
        summaries=found.summaries,
        breaks=found.breaks[:MOST],
    )
    return ledger.append(
        NewEntry(
            key=ids.reconciled_key(day.isoformat()),
            kind=EntryKind.RECONCILED,
            actor="rule:reconcile",
            reasons=tuple(told.by_kind),
            at=found.period.now,
            facts=told.model_dump(mode="json", exclude={"breaks": {"__all__": {"means", "todo"}}}),
            asked={"day": day.isoformat()},
        )
    )
