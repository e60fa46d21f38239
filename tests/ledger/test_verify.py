"""Whoever gets past the triggers is found out, and the first bad entry is named first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.storefront.importers import read_order
from database.stores import SqlSnapshots
from domain.canonical import sha256
from ledger import EntryKind, Ledger
from ledger.hashing import START, Written, entry_hash, written
from ledger.store.read import TransferRow
from tests.ledger.entries import POST, fact, move, open_order, plan

ROOT = Path(__file__).parents[2]
DELETE = "DELETE FROM transfers WHERE seq = 3; DELETE FROM journal WHERE seq = 3;"
RENUMBER = "UPDATE transfers SET seq = seq - 1 WHERE seq > 3; UPDATE journal SET seq = seq - 1 WHERE seq > 3;"
SWAP = "".join(
    f"UPDATE {table} SET seq = -seq WHERE seq IN (3, 4); UPDATE {table} SET seq = 7 + seq WHERE seq < 0;"
    for table in ("transfers", "journal")
)
ADD = "INSERT INTO transfers VALUES ('x', {seq}, 0, 'single', 'found', 'owed:me', 'USD', 1, '');"
INSERT = (
    "UPDATE transfers SET seq = seq + 10 WHERE seq > 2; UPDATE journal SET seq = seq + 10 WHERE seq > 2;"
    "UPDATE transfers SET seq = seq - 9 WHERE seq > 9; UPDATE journal SET seq = seq - 9 WHERE seq > 9;"
    "INSERT INTO journal SELECT 3, 'forged', kind, order_id, case_id, actor, reasons, policy, at, facts, asked, hash"
    " FROM journal WHERE seq = 2;"
)

TAMPERED = {
    "facts": ("UPDATE journal SET facts = '{\"n\":9}' WHERE seq = 3", "entry 3 "),
    "only white space": ("UPDATE journal SET facts = '{ \"n\":1}' WHERE seq = 3", "entry 3 "),
    "a name twice": ('UPDATE journal SET facts = \'{"n":9,"n":1}\' WHERE seq = 3', "entry 3 "),
    "no JSON": ("UPDATE journal SET facts = '{' WHERE seq = 3", "entry 3 "),
    "a float": ("UPDATE journal SET facts = '{\"n\":1.0}' WHERE seq = 3", "entry 3 "),
    "kind": ("UPDATE journal SET kind = 'closed' WHERE seq = 3", "entry 3 "),
    "no kind": ("UPDATE journal SET kind = 'nonsense' WHERE seq = 3", "entry 3 "),
    "key": ("UPDATE journal SET key = 'other' WHERE seq = 3", "entry 3 "),
    "order": ("UPDATE journal SET order_id = 'other' WHERE seq = 3", "entry 3 "),
    "case": ("UPDATE journal SET case_id = 'other' WHERE seq = 3", "entry 3 "),
    "actor": ("UPDATE journal SET actor = 'nobody' WHERE seq = 3", "entry 3 "),
    "reasons": ("UPDATE journal SET reasons = '[\"because\"]' WHERE seq = 3", "entry 3 "),
    "policy": ("UPDATE journal SET policy = 'p@2' WHERE seq = 3", "entry 3 "),
    "time": ("UPDATE journal SET at = '2026-11-21T20:15:00.000001Z' WHERE seq = 3", "entry 3 "),
    "the same time in other words": ("UPDATE journal SET at = '2026-11-21T20:15:00+00:00' WHERE seq = 3", "entry 3 "),
    "hash": (f"UPDATE journal SET hash = '{START}' WHERE seq = 3", "entry 3 "),
    "the first": ("UPDATE journal SET actor = 'nobody' WHERE seq = 1", "entry 1 "),
    "the last": ("UPDATE journal SET actor = 'nobody' WHERE seq = 5", "entry 5 "),
    "two": ("UPDATE journal SET actor = 'nobody' WHERE seq IN (2, 4)", "entry 2 "),
    "amount": ("UPDATE transfers SET amount = 59 WHERE seq = 3", "entry 3 "),
    "account": ("UPDATE transfers SET credit = 'owed:me' WHERE seq = 3", "entry 3 "),
    "commodity": ("UPDATE transfers SET commodity = 'KWD' WHERE seq = 3", "entry 3 "),
    "a transfer away": ("DELETE FROM transfers WHERE key = '1:leg'", "entry 2 "),
    "a transfer more": (
        "INSERT INTO transfers VALUES ('x', 4, 0, 'single', 'found', 'owed:me', 'USD', 1, '')",
        "entry 4 ",
    ),
    "a transfer of no entry": (ADD.format(seq=99), "1 transfers belong to no entry"),
    "inner deletion": (DELETE, "entry 4 "),
    "inner deletion, renumbered": (DELETE + RENUMBER, "entry 3 "),
    "insertion": (INSERT, "entry 3 (forged)"),
    "reordered": (SWAP, "entry 3 "),
    "the end cut off": (
        "DELETE FROM transfers WHERE seq = 5; DELETE FROM journal WHERE seq = 5",
        "the balance of owed:r",
    ),
    "balance": ("UPDATE balances SET debits = debits + 1 WHERE account = 'tender:p'", "the balance of tender:p in USD"),
    "balance away": ("DELETE FROM balances WHERE account = 'owed:r'", "the balance of owed:r in USD is missing"),
    "balance more": ("INSERT INTO balances VALUES ('owed:me', 'USD', 0, 5, 0, 0)", "the balance of owed:me in USD"),
}


@pytest.fixture
def tamper(ledger: Ledger, tampering: Callable[[str], None]) -> Callable[[str], None]:
    """A ledger of five entries, and a way around its triggers."""
    open_order(ledger)
    ledger.append(plan("1", 60))
    ledger.append(fact("submit", move("s", "paid:o:l:net", "owed:r", 60, POST, "1:net"), facts={"n": 1}))
    ledger.append(fact("note"))
    ledger.append(fact("settle", move("t", "owed:r", "tender:p", 60, POST, "1:leg")))
    return tampering


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_is_found_and_the_first_bad_entry_named(
    ledger: Ledger, tamper: Callable[[str], None], how: str
) -> None:
    assert ledger.verify().faults == ()
    script, first = TAMPERED[how]
    tamper(script)
    faults = ledger.verify().faults
    assert faults
    assert faults[0].startswith(first)


def test_an_amount_that_is_no_number_is_found(ledger: Ledger, path: Path, tamper: Callable[[str], None]) -> None:
    tamper("UPDATE transfers SET amount = 'much' WHERE seq = 3")  # only SQLite takes such a one
    assert ledger.verify().faults[0].startswith("entry 3 ")


def test_one_changed_entry_is_one_fault_and_not_an_avalanche(ledger: Ledger, tamper: Callable[[str], None]) -> None:
    tamper("UPDATE journal SET actor = 'nobody' WHERE seq = 2")
    assert len(ledger.verify().faults) == 1


def test_a_forger_who_hashes_everything_anew_still_breaks_a_limit(
    ledger: Ledger, tamper: Callable[[str], None]
) -> None:
    tamper("UPDATE transfers SET amount = 160 WHERE seq = 2")
    previous, script = START, ""
    for entry in ledger.entries():
        previous = entry_hash(previous, written(entry, entry.seq), entry.transfers)
        script += f"UPDATE journal SET hash = '{previous}' WHERE seq = {entry.seq};"
    tamper(script)
    assert "entry 2 (plan:1) breaks a limit: paid:o:l:net can give 100, 160 was asked for" in ledger.verify().faults[0]


ONLY_WAY = {
    "white space": "journal SET facts = '{ \"n\":1}'",
    "a name twice": 'journal SET facts = \'{"n":9,"n":1}\'',
    "names in another order": 'journal SET facts = \'{"n":1,"m":1}\'',
    "a letter by its number": "journal SET facts = '{\"\\u006e\":1}'",
    "a float": "journal SET facts = '{\"n\":1.0}'",
    "true": "journal SET facts = '{\"n\":true}'",
    "nothing": "journal SET facts = '{\"n\":[null]}'",
    "a list for facts": "journal SET facts = '[1]'",
    "a number for facts": "journal SET facts = '1'",
    "no facts": "journal SET facts = ''",
    "reasons with white space": "journal SET reasons = '[ ]'",
    "a number for a reason": "journal SET reasons = '[1]'",
    "an object for reasons": "journal SET reasons = '{}'",
    "a moment in other words": "journal SET at = '2026-11-21T20:15:00+00:00'",
    "a shorter moment": "journal SET at = '2026-11-21T20:15:00Z'",
    "no moment": "journal SET at = 'yesterday'",
    "no kind": "journal SET kind = 'nonsense'",
    "too large an amount": "transfers SET amount = 1000000000000001",
    "no kind of transfer": "transfers SET kind = 'nonsense'",
    "a post of nothing": "transfers SET pending = ''",
    "from an account to itself": "transfers SET credit = debit",
    "a commodity without a name": "transfers SET commodity = ''",
}


@pytest.mark.parametrize("how", ONLY_WAY)
def test_a_forger_who_hashes_everything_anew_cannot_write_it_another_way(
    ledger: Ledger, engine: Engine, tamper: Callable[[str], None], how: str
) -> None:
    tamper(f"UPDATE {ONLY_WAY[how]} WHERE seq = 3")
    columns = {"journal": Written._fields, "transfers": TransferRow._fields}
    order = {"journal": "seq", "transfers": "seq, position"}
    with engine.connect() as connection:
        entries, moved = (
            connection.exec_driver_sql(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order[table]}").all()
            for table, names in columns.items()
        )
    previous, script = START, ""
    for entry in map(Written._make, entries):
        mine = [one for one in map(TransferRow._make, moved) if one.seq == entry.seq]
        previous = entry_hash(previous, entry, mine)
        script += f"UPDATE journal SET hash = '{previous}' WHERE seq = {entry.seq};"
    tamper(script)
    assert ledger.verify().faults[0].startswith("entry 3 (submit) cannot be read: ")


def test_faults_are_bounded(ledger: Ledger, tamper: Callable[[str], None]) -> None:
    for number in range(150):
        ledger.append(fact(f"n{number}"))
    tamper("UPDATE journal SET actor = 'nobody'")
    found = ledger.verify()
    assert found.entries > 100
    assert len(found.faults) == 101


def test_an_empty_ledger_holds(ledger: Ledger) -> None:
    found = ledger.verify()
    assert (found.entries, found.head, found.faults, found.open_accounts) == (0, START, (), ())


def test_the_hash_covers_the_one_before(ledger: Ledger) -> None:
    first = ledger.append(fact("a", kind=EntryKind.NOTICE))
    second = ledger.append(fact("b", kind=EntryKind.NOTICE))
    texts = written(second, second.seq)
    assert second.hash == entry_hash(first.hash, texts, ()) != entry_hash(START, texts, ())
    assert len(sha256("")) == len(first.hash) == 64


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("UPDATE snapshots SET content = replace(content, '10850', '99999')", "was changed"),
        ("DELETE FROM snapshots", "is missing"),
    ],
)
def test_an_order_that_was_decided_on_and_changed_later_is_found(
    ledger: Ledger, engine: Engine, tamper: Callable[[str], None], script: str, what: str
) -> None:
    sold = read_order((ROOT / "embedded" / "orders" / "two_rates.json").read_text()).order
    kept = SqlSnapshots(engine).keep(sold)
    ledger.append(fact("order:x", kind=EntryKind.ORDER_OPENED, order=sold.id, facts={"snapshot": kept.content}))
    assert ledger.verify().faults == ()
    tamper(script)
    assert ledger.verify().faults == (f"entry 6 (order:x) rests on a snapshot of order two-rates that {what}",)
