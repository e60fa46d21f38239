"""The journal in hledger's language: one transaction per entry that moved anything for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from domain.canonical import iso_utc
from domain.errors import InvalidRequest
from domain.money import exponent
from ledger import JournalEntry
from ledger.chart import Chart
from ledger.exports.rows import posted
from ledger.readable import credit_note, decimal, reference


def write_hledger(entries: Iterable[JournalEntry], chart: Chart, out: TextIO) -> None:
    """Write transactions as they come, then declare their accounts and commodities, so that `check --strict` holds."""
    accounts: set[str] = set()
    commodities: set[str] = set()
    # A dinar's 1.234 would be taken for a thousand and more.
    out.write("decimal-mark .\n\n")
    for entry in entries:
        if lines := list(_postings(entry, chart, accounts, commodities)):
            out.write("\n".join([*_head(entry), *lines, "", ""]))
    out.writelines(f"account {one}\n" for one in sorted(accounts))
    out.writelines(f"commodity {_form(one)}\n" for one in sorted(commodities))


def _head(entry: JournalEntry) -> Iterator[str]:
    yield f"{entry.at.date()} * ({entry.seq}) {entry.kind.value} {_word(entry.case or entry.order)}"
    told = {
        "seq": str(entry.seq),
        "key": entry.key,
        "hash": entry.hash,
        "time": iso_utc(entry.at),
        "actor": entry.actor,
        "order": entry.order,
        "policy": entry.policy,
        "reasons": " ".join(entry.reasons),
        "reference": reference(entry),
        "credit-note": credit_note(entry),
    }
    yield from (f"    ; {name}: {_word(value)}" for name, value in told.items() if value)


def _postings(entry: JournalEntry, chart: Chart, accounts: set[str], commodities: set[str]) -> Iterator[str]:
    for one in posted(entry):
        commodities.add(one.commodity)
        amount = decimal(one.amount, one.commodity)
        for sign, name in (("", one.debit), ("-", one.credit)):
            account = chart.account(name)
            if account not in accounts:
                accounts.add(_checked(account, name))
            yield f"    {account}  {sign}{amount} {_symbol(one.commodity)}  ; journal: {_word(name)}"


def _checked(account: str, name: str) -> str:
    if "  " in account or account.startswith((";", "(", "[", "*", "!")):
        raise InvalidRequest("accounts", f"{account} (for {name}): hledger takes no two spaces and no such beginning")
    return account


def _form(commodity: str) -> str:
    """How its amounts are written."""
    try:
        decimals = exponent(commodity)
    except ValueError:
        decimals = 0
    return f"1000.{'0' * decimals} {_symbol(commodity)}"


def _symbol(commodity: str) -> str:
    return commodity if commodity.isalpha() else f'"{commodity}"'


def _word(text: str) -> str:
    """What neither ends a tag's value nor begins a comment."""
    return "".join(one if one.isprintable() and one not in ",;|" else " " for one in text)
