"""Entries and balances in the words of people who audit them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from domain.money import Money
from ledger import UNITS, JournalEntry, Transfer, TransferKind

_STATE = {TransferKind.PENDING: "reserved", TransferKind.VOID: "voided"}
_REFERENCES = ("provider_id", "tracking_number", "message_id")


def amount(number: int, commodity: str) -> str:
    """`181.09 USD`, `1 unit`; a commodity that ISO 4217 does not list is printed as a bare number."""
    if commodity == UNITS:
        return f"{number} {'unit' if number == 1 else 'units'}"
    try:
        return str(Money(minor=number, currency=commodity))
    except ValueError:
        return f"{number} {commodity}"


def amounts(transfers: Sequence[Transfer]) -> str:
    """What a set moves from its sources to its ends, and whether that is only reserved, or given up again.

    What merely passes through an account on the way counts once.
    """
    moved: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in transfers:
        accounts = moved[_STATE.get(one.kind, ""), one.commodity]
        accounts[one.debit] -= one.amount
        accounts[one.credit] += one.amount
    totals = {key: sum(net for net in accounts.values() if net > 0) for key, accounts in moved.items()}
    return ", ".join(f"{amount(total, commodity)} {state}".strip() for (state, commodity), total in totals.items())


def reference(entry: JournalEntry) -> str:
    """The id under which the provider, the carrier or the mail service knows it, if the facts have one."""
    return next(_references(entry.facts), "")


def _references(facts: object) -> Iterator[str]:
    if isinstance(facts, Mapping):
        yield from (str(facts[name]) for name in _REFERENCES if facts.get(name))
        for inner in facts.values():
            yield from _references(inner)
    elif isinstance(facts, list):
        for inner in facts:
            yield from _references(inner)
