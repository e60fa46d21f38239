"""Units that appear or vanish are found, though every entry is whole and no guard is broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from ledger import EntryKind, Ledger, Transfer
from ledger.hashing import START, entry_hash, written
from tests.ledger.entries import PENDING, POST, VOID, fact, move, open_order

RECEIPT, RESTOCK, EDITED = EntryKind.RECEIPT, EntryKind.RESTOCK, EntryKind.ORDER_EDITED


def units(key: str, debit: str, credit: str, amount: int = 1, **more: str) -> Transfer:
    """A move of units."""
    return move(key, debit, credit, amount, unit="UNITS", **more)  # type: ignore[arg-type]


def came_back(ledger: Ledger) -> None:
    """Of three units that were sold two were announced; one came and was put away."""
    open_order(ledger)
    ledger.append(fact("announced", units("a", "with_customer:o:l", "returning:r:l", 2, kind=PENDING)))
    ledger.append(fact("box", units("b", "with_customer:o:l", "returning:r:l", kind=POST, pending="a"), kind=RECEIPT))
    ledger.append(fact("shelf", units("c", "returning:r:l", "stock:main:L:restocked"), kind=RESTOCK))


def test_all_that_happens_to_units_conserves_them(ledger: Ledger) -> None:
    came_back(ledger)
    for entry in (
        fact("never came", units("d", "with_customer:o:l", "returning:r:l", kind=VOID, pending="a")),
        fact("another box", units("e", "found", "returning:r:SKU:9"), kind=RECEIPT),
        fact("its shelf", units("f", "returning:r:SKU:9", "stock:main:SKU:9:quarantine"), kind=RESTOCK),
        fact("keep it", units("g", "with_customer:o:l", "kept:o"), case=""),
        fact("after all", units("h", "kept:o", "with_customer:o:l"), case=""),
        fact("another line", units("i", "with_customer:o:l", "with_customer:o:m"), kind=EDITED, case=""),
        fact("off the order", units("j", "with_customer:o:m", "sold:o"), kind=EDITED, case=""),
        fact("for an exchange", units("k", "stock:main:L:restocked", "sending:r:n")),
        fact("sent", units("n", "sending:r:n", "with_customer:o:n")),
    ):
        ledger.append(entry)
    assert ledger.verify().faults == ()


@pytest.mark.parametrize(
    ("debit", "credit", "told"),
    [
        ("with_customer:o:l", "thin:air", "3 were sold, but 1 with the customer, 0 waiting to be put away, 1 put away"),
        ("thin:air", "with_customer:o:l", "3 were sold, but 3 with the customer"),
        ("with_customer:o:l", "returning:s:l", "3 were sold, but 1 with the customer"),
        ("with_customer:o:l", "with_customer:p:l", "3 were sold, but 1 with the customer"),
        ("stock:main:L:restocked", "returning:r:l", None),
        ("owed:r", "returning:r:l", "3 were sold, but 2 with the customer, 1 waiting to be put away, 1 put away"),
    ],
)
def test_units_that_come_from_nowhere_or_go_there_are_found(
    ledger: Ledger, debit: str, credit: str, told: str | None
) -> None:
    came_back(ledger)
    assert ledger.verify().faults == ()
    ledger.append(fact("planted", units("x", debit, credit)))
    faults = ledger.verify().faults
    expected = f"units of line l of order o are not conserved: {told}" if told else ""
    # Taken back out of the stock, nothing has appeared.
    assert [one for one in faults if one.startswith(expected)] if told else faults == ()


def test_a_forger_who_makes_all_else_agree_is_found(
    ledger: Ledger, engine: Engine, tampering: Callable[[str], None]
) -> None:
    came_back(ledger)
    tampering(
        "UPDATE transfers SET credit = 'returning:s:l' WHERE credit = 'returning:r:l';"
        "UPDATE transfers SET debit = 'returning:s:l' WHERE debit = 'returning:r:l';"
        "UPDATE balances SET account = 'returning:s:l' WHERE account = 'returning:r:l'"
    )
    previous, script = START, ""
    for entry in ledger.entries():
        previous = entry_hash(previous, written(entry, entry.seq), entry.transfers)
        script += f"UPDATE journal SET hash = '{previous}' WHERE seq = {entry.seq};"
    tampering(script)
    # Put away it is, but by a return that no entry is about.
    told = "3 were sold, but 2 with the customer, 0 waiting to be put away, 0 put away, 0 kept by the customer"
    assert f"units of line l of order o are not conserved: {told}" in ledger.verify().faults
    assert all("not conserved" in one for one in ledger.verify().faults)
