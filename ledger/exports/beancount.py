"""The journal in Beancount's language: one transaction per entry that moved anything for good."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TextIO

from domain.canonical import iso_utc
from domain.errors import InvalidRequest
from ledger import JournalEntry
from ledger.chart import Chart
from ledger.exports.rows import posted
from ledger.readable import credit_note, decimal, reference

_ACCOUNT = re.compile(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+")
_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]")
_LINK = re.compile(r"[A-Za-z0-9_/.-]+")


def write_beancount(entries: Iterable[JournalEntry], chart: Chart, out: TextIO) -> None:
    """Write transactions as they come, then the opening of every account that they used: Beancount sorts by date."""
    opened: dict[str, date] = {}
    for entry in entries:
        if lines := list(_postings(entry, chart, opened)):
            out.write("\n".join([*_head(entry), *lines, "", ""]))
    for account, day in sorted(opened.items()):
        out.write(f"{day} open {account}\n")


def _head(entry: JournalEntry) -> Iterator[str]:
    about = entry.case or entry.order
    link = f" ^{about}" if _LINK.fullmatch(about) else ""
    yield f"{entry.at.date()} * {_text(entry.kind.value)} {_text(about)}{link}"
    told = {
        "seq": str(entry.seq),
        "key": _text(entry.key),
        "hash": _text(entry.hash),
        "time": _text(iso_utc(entry.at)),
        "actor": _text(entry.actor),
        "order": _text(entry.order),
        "policy": _text(entry.policy),
        "reasons": _text(" ".join(entry.reasons)),
        "reference": _text(reference(entry)),
        "credit-note": _text(credit_note(entry)),
    }
    yield from (f"  {name}: {value}" for name, value in told.items() if value != '""')


def _postings(entry: JournalEntry, chart: Chart, opened: dict[str, date]) -> Iterator[str]:
    day = entry.at.date()
    for one in posted(entry):
        if not _CURRENCY.fullmatch(one.commodity):
            raise InvalidRequest("format", f"Beancount does not take {one.commodity} (entry {entry.seq}); export csv")
        amount = decimal(one.amount, one.commodity)
        for sign, name in (("", one.debit), ("-", one.credit)):
            account = chart.account(name)
            if account not in opened and not _ACCOUNT.fullmatch(account):
                what = "Beancount's begin with Assets, Liabilities, Equity, Income or Expenses, such as Income:Sales"
                raise InvalidRequest("accounts", f"{account} (for {name}) is no account's name there; {what}")
            opened[account] = min(day, opened.get(account, day))
            yield f"  {account}  {sign}{amount} {one.commodity}"
            yield f"    journal: {_text(name)}"


def _text(text: str) -> str:
    """A string in quotes, on one line."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
