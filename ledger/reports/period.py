"""Totals per day or month: by kind of entry, tax rate, tender and policy version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from domain.model import Model
from ledger import EntryKind, JournalEntry, Ledger
from ledger.days import Days
from ledger.exports.rows import posted
from ledger.readable import moved
from ledger.reports.plans import Plans, tax_of, tender_of

Length = Literal["day", "month"]
Section = Literal["kind", "tax", "tender", "policy"]

TITLES: dict[Section, str] = {
    "kind": "What was recorded, and what it moved for good",
    "tax": "What became owed to shoppers, by tax rate",
    "tender": "What went back, by tender",
    "policy": "What became owed to shoppers, by policy version",
}

# What was sold, or only changes its place, is no refund.
_SOLD = (EntryKind.ORDER_OPENED, EntryKind.ORDER_EDITED)
_SALES = ("order", "paid")
_BACK = ("tender", "store_credit", "payout")
_TAKEN = ("order", *_BACK)


class Line(Model):
    """One sum, in minor units, of `count` entries; without a commodity, they are only counted."""

    period: str
    section: Section
    name: str
    commodity: str = ""
    count: int
    amount: int = 0


class PeriodReport(Model):
    """All sums, by period; `length` is day or month, both in UTC."""

    length: Length
    days: Days
    lines: tuple[Line, ...]

    def of(self, section: Section) -> tuple[Line, ...]:
        """The sums of one section."""
        return tuple(one for one in self.lines if one.section == section)


def period_report(ledger: Ledger, length: Length, days: Days, entries: Iterable[JournalEntry]) -> PeriodReport:
    """Add up the entries of these days."""
    counts: dict[tuple[str, Section, str, str], int] = defaultdict(int)
    sums: dict[tuple[str, Section, str, str], int] = defaultdict(int)
    plans = Plans(ledger)
    for entry in days.of(entries):
        touched = set()
        for section, name, commodity, amount in _parts(entry, plans):
            key = (_period(entry.at, length), section, name, commodity)
            touched.add(key)
            sums[key] += amount
        # Once, however many transfers it has: people count refunds.
        for key in touched:
            counts[key] += 1
    order = list(TITLES)
    lines = (
        Line(period=key[0], section=key[1], name=key[2], commodity=key[3], count=counts[key], amount=sums[key])
        for key in sorted(counts, key=lambda key: (key[0], order.index(key[1]), key[2], key[3]))
    )
    return PeriodReport(length=length, days=days, lines=tuple(lines))


def _parts(entry: JournalEntry, plans: Plans) -> Iterator[tuple[Section, str, str, int]]:
    transfers = posted(entry)
    for commodity, amount in (moved(transfers) or {"": 0}).items():
        yield "kind", entry.kind.value, commodity, amount
    for one in () if entry.kind in _SOLD else transfers:
        debit, credit = one.debit.partition(":")[0], one.credit.partition(":")[0]
        if sign := (debit == "paid" and credit not in _SALES) - (credit == "paid" and debit not in _SALES):
            account = one.debit if sign > 0 else one.credit
            yield "tax", tax_of(account, plans.behind(entry)), one.commodity, sign * one.amount
            yield "policy", entry.policy or "no policy", one.commodity, sign * one.amount
        if sign := (credit in _BACK and debit not in _TAKEN) - (debit in _BACK and credit not in _TAKEN):
            account = one.credit if sign > 0 else one.debit
            yield "tender", tender_of(account, plans.behind(entry)), one.commodity, sign * one.amount


def _period(at: datetime, length: Length) -> str:
    return f"{at:%Y-%m-%d}" if length == "day" else f"{at:%Y-%m}"
