"""Which payments of an order are disputed now."""

from __future__ import annotations

from collections.abc import Sequence

from domain.dispute import OpenDispute
from ledger import EntryKind, JournalEntry
from ledger.disputes import told_of


def disputed(entries: Sequence[JournalEntry]) -> tuple[OpenDispute, ...]:
    """Among all entries of an order, in the order in which they were opened."""
    opened = [one.facts["dispute"] for one in entries if one.kind is EntryKind.DISPUTE_OPENED]
    payments = {str(one["dispute"]): str(one["payment"]) for one in opened}
    return tuple(OpenDispute(dispute=one, payment=of) for one, of in payments.items() if told_of(entries, one).takes)
