"""Entries and balances in the words of people who audit them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from domain.credit_note import CreditNote
from domain.money import Money
from ledger import NUMBERED, UNITS, JournalEntry, Transfer, TransferKind

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


def decimal(number: int, commodity: str) -> str:
    """`181.09` of USD; a bare number for units and for what ISO 4217 does not list."""
    try:
        return str(Money(minor=number, currency=commodity)).partition(" ")[0]
    except ValueError:
        return str(number)


def amounts(transfers: Sequence[Transfer]) -> str:
    """What a set moves from its sources to its ends, and whether that is only reserved, or given up again.

    What merely passes through an account on the way counts once.
    """
    told: list[str] = []
    for state in dict.fromkeys(_STATE.get(one.kind, "") for one in transfers):
        totals = moved([one for one in transfers if _STATE.get(one.kind, "") == state])
        told += [f"{amount(total, commodity)} {state}".strip() for commodity, total in totals.items()]
    return ", ".join(told)


def moved(transfers: Sequence[Transfer]) -> dict[str, int]:
    """What transfers take from their sources to their ends, by commodity; what passes through counts once."""
    nets: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in transfers:
        nets[one.commodity][one.debit] -= one.amount
        nets[one.commodity][one.credit] += one.amount
    return {commodity: sum(net for net in accounts.values() if net > 0) for commodity, accounts in nets.items()}


def reference(entry: JournalEntry) -> str:
    """The id under which the provider, the carrier or the mail service knows it, if the facts have one."""
    return next(_references(entry.facts), "")


def credit_note(entry: JournalEntry) -> str:
    """The number of the credit note that an entry issued, such as `CN-demo-000123`; empty if it issued none."""
    note = entry.facts.get(NUMBERED)
    return CreditNote.model_validate(note).name if note else ""


def _references(facts: object) -> Iterator[str]:
    if isinstance(facts, Mapping):
        yield from (str(facts[name]) for name in _REFERENCES if facts.get(name))
        for inner in facts.values():
            yield from _references(inner)
    elif isinstance(facts, list):
        for inner in facts:
            yield from _references(inner)
