"""Entries as the tests need them, in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ledger import EntryKind, Ledger, NewEntry, Transfer, TransferKind

AT = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
SINGLE, PENDING, POST, VOID = TransferKind


def move(
    key: str, debit: str, credit: str, amount: int, kind: TransferKind = SINGLE, pending: str = "", unit: str = "USD"
) -> Transfer:
    """One transfer."""
    return Transfer(key=key, kind=kind, debit=debit, credit=credit, commodity=unit, amount=amount, pending=pending)


def fact(key: str, *transfers: Transfer, **fields: Any) -> NewEntry:
    """One entry of order `o` and return `r`; `fields` replace the defaults."""
    defaults = {"kind": EntryKind.PLAN, "order": "o", "case": "r", "actor": "test", "at": AT}
    return NewEntry.model_validate({"key": key, "transfers": transfers, **defaults, **fields})


def open_order(ledger: Ledger, cents: int = 100, units: int = 3) -> None:
    """Order `o`, paid with payment `p` for one line `l` without tax."""
    ledger.append(
        fact(
            "order:o",
            move("o:tender", "tender:p", "order:o", cents),
            move("o:l", "order:o", "paid:o:l:net", cents),
            move("o:units", "sold:o", "with_customer:o:l", units, unit="UNITS"),
            kind=EntryKind.ORDER_OPENED,
            case="",
        )
    )


def plan(name: str, cents: int) -> NewEntry:
    """A refund of so much, reserved as one linked set."""
    return fact(
        f"plan:{name}",
        move(f"{name}:net", "paid:o:l:net", "owed:r", cents, PENDING),
        move(f"{name}:leg", "owed:r", "tender:p", cents, PENDING),
        asked={"cents": cents},
    )
