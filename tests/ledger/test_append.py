"""What `append` writes, and what it refuses without a trace."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from domain.errors import KeyConflict, OverLimit, Refused, Stale
from ledger import Balance, EntryKind, Ledger
from ledger.store import SqlLedger
from tests.ledger.entries import AT, PENDING, POST, VOID, fact, move, open_order, plan


def _stands(ledger: Ledger, account: str, unit: str = "USD") -> tuple[int, int, int]:
    one = ledger.balance(account, unit)
    return one.posted, one.pending_out, one.pending_in


def test_a_return_from_order_to_settlement(ledger: Ledger) -> None:
    open_order(ledger)
    assert ledger.balance("tender:p", "USD").available == ledger.balance("paid:o:l:net", "USD").available == 100
    ledger.append(fact("decision", move("u", "with_customer:o:l", "returning:r:l", 2, PENDING, unit="UNITS")), seen=1)
    assert _stands(ledger, "with_customer:o:l", "UNITS") == (3, 2, 0)
    assert _stands(ledger, "returning:r:l", "UNITS") == (0, 0, 2)

    ledger.append(plan("1", 60), seen=2)
    assert _stands(ledger, "paid:o:l:net") == (100, 60, 0)
    assert _stands(ledger, "owed:r") == (0, 60, 60)
    assert _stands(ledger, "tender:p") == (100, 60, 0)

    ledger.append(fact("submit", move("s", "paid:o:l:net", "owed:r", 60, POST, "1:net")), seen=3)
    assert _stands(ledger, "paid:o:l:net") == (40, 0, 0)
    assert _stands(ledger, "owed:r") == (60, 60, 0)

    ledger.append(fact("settle", move("t", "owed:r", "tender:p", 60, POST, "1:leg")), seen=4)
    assert _stands(ledger, "owed:r") == (0, 0, 0)
    assert _stands(ledger, "tender:p") == (40, 0, 0)

    ledger.append(fact("receipt", move("b", "with_customer:o:l", "returning:r:l", 1, POST, "u", "UNITS")))
    ledger.append(fact("end", move("v", "with_customer:o:l", "returning:r:l", 1, VOID, "u", "UNITS"), kind="closed"))
    assert _stands(ledger, "with_customer:o:l", "UNITS") == (2, 0, 0)
    assert ledger.pending_left("u") == ledger.pending_left("1:leg") == 0
    found = ledger.verify()
    assert (found.entries, found.faults, found.open_accounts) == (7, (), ())


def test_reading(ledger: Ledger) -> None:
    open_order(ledger)
    for number in range(450):
        ledger.append(fact(f"n{number}", order="o" if number % 3 else "other", case=f"c{number % 2}"))
    assert [entry.seq for entry in ledger.entries()] == list(range(1, 452))
    assert [entry.seq for entry in ledger.entries(after=449)] == [450, 451]
    assert len(list(ledger.entries(order="other"))) == 150
    assert len(list(ledger.entries(order="other", case="c1"))) == 75
    assert ledger.last_seq("o") == 451
    assert ledger.last_seq("other") == 449
    assert ledger.last_seq("never") == 0
    assert ledger.find("never") is None
    assert ledger.pending_left("never") == 0
    zeros = Balance(account="paid:x", commodity="USD", posted=0, pending_out=0, pending_in=0)
    assert ledger.balance("paid:x", "USD") == zeros


def test_prefixes_know_capital_letters_and_wild_cards(ledger: Ledger) -> None:
    names = ("owed:A_1", "owed:aX1", "owed:a_1", "owed:a_1:x", "owed:é")
    ledger.append(fact("k", *(move(name, "found", name, 1) for name in names)))
    assert [one.account for one in ledger.balances("owed:a_1")] == ["owed:a_1", "owed:a_1:x"]
    assert [one.account for one in ledger.balances()] == ["found", *names]


def test_the_same_key_and_content_get_the_recorded_answer(ledger: Ledger) -> None:
    open_order(ledger)
    first = ledger.append(plan("1", 60), seen=1)
    later = plan("1", 60).model_copy(update={"at": AT + timedelta(days=1), "actor": "another", "facts": {"new": 1}})
    # The order has moved on by now; a repetition is answered all the same.
    assert ledger.append(later, seen=1) == first == ledger.find("plan:1")
    assert ledger.append(fact("t", facts={"tuple": (1, "a")})).facts == {"tuple": [1, "a"]}
    assert ledger.last_seq("o") == 3


def test_the_same_key_with_other_content_is_a_conflict(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(plan("1", 60))
    with pytest.raises(KeyConflict, match="plan:1"):
        ledger.append(plan("1", 40))


def test_a_transfer_key_is_used_once(ledger: Ledger) -> None:
    open_order(ledger)
    with pytest.raises(KeyConflict, match="o:units"):
        ledger.append(fact("again", move("o:units", "found", "kept:o", 1)))
    with pytest.raises(KeyConflict, match="twice"):
        ledger.append(fact("both", move("twice", "found", "kept:o", 1), move("twice", "found", "kept:o", 1)))
    assert ledger.last_seq("o") == 1


@pytest.mark.parametrize("seen", [0, 2])
def test_an_order_that_moved_on_is_stale(ledger: Ledger, seen: int) -> None:
    open_order(ledger)
    with pytest.raises(Stale, match="order o"):
        ledger.append(plan("1", 60), seen=seen)
    assert ledger.find("plan:1") is None
    ledger.append(fact("elsewhere", order="other"))
    assert ledger.append(plan("1", 60), seen=1).seq == 3


def test_over_limit_leaves_nothing_written(ledger: Ledger, engine: Engine) -> None:
    open_order(ledger)
    ledger.append(plan("1", 60))
    before = (list(ledger.entries()), ledger.balances())
    with pytest.raises(OverLimit) as caught:
        ledger.append(plan("2", 60))
    assert (caught.value.account, caught.value.asked, caught.value.available) == ("paid:o:l:net", 60, 40)
    assert (list(ledger.entries()), ledger.balances()) == before
    assert SqlLedger(engine).verify().faults == ()


def test_guards_look_at_the_end_of_the_set(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(plan("1", 80))
    # Voiding and planning anew in one set fits, although the two plans together would not.
    anew = [move("1:v", "paid:o:l:net", "owed:r", 80, VOID, "1:net"), move("2", "paid:o:l:net", "owed:r", 90, PENDING)]
    with pytest.raises(OverLimit):
        ledger.append(fact("plan:2", anew[1]))
    ledger.append(fact("plan:2", *reversed(anew)))
    # Money on its way in does not count before it is there.
    ledger.append(fact("in", move("in", "found", "paid:o:x:net", 50, PENDING)))
    with pytest.raises(OverLimit) as caught:
        ledger.append(fact("out", move("out", "paid:o:x:net", "owed:r", 50)))
    assert caught.value.available == 0


def test_an_account_that_is_not_guarded_may_owe(ledger: Ledger) -> None:
    ledger.append(fact("k", move("k", "suspense:o", "kept:o", 5), move("l", "found", "receivable:c", 5)))
    assert ledger.balance("suspense:o", "USD").posted == ledger.balance("receivable:c", "USD").posted == -5
    assert ledger.verify().open_accounts == ("suspense:o",)


def test_a_pending_transfer_is_posted_in_parts_and_the_rest_voided(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(plan("1", 60))
    for number, part in enumerate((10, 20), start=1):
        ledger.append(fact(f"part{number}", move(f"p{number}", "paid:o:l:net", "owed:r", part, POST, "1:net")))
    assert ledger.pending_left("1:net") == 30
    both = [
        move("p3", "paid:o:l:net", "owed:r", 10, POST, "1:net"),
        move("v", "paid:o:l:net", "owed:r", 20, VOID, "1:net"),
    ]
    ledger.append(fact("rest", *both))
    assert ledger.pending_left("1:net") == 0
    assert _stands(ledger, "paid:o:l:net") == (60, 0, 0)
    with pytest.raises(Refused, match="0 left") as caught:
        ledger.append(fact("more", move("p4", "paid:o:l:net", "owed:r", 1, POST, "1:net")))
    assert caught.value.code == "not_pending"


@pytest.mark.parametrize(
    "wrong",
    [
        move("w", "paid:o:l:net", "owed:r", 61, POST, "1:net"),
        move("w", "paid:o:l:net", "owed:r", 61, VOID, "1:net"),
        move("w", "paid:o:l:net", "owed:other", 60, POST, "1:net"),
        move("w", "owed:r", "paid:o:l:net", 60, POST, "1:net"),
        move("w", "paid:o:l:net", "owed:r", 60, POST, "1:net", unit="EUR"),
        move("w", "paid:o:l:net", "owed:r", 60, POST, "never"),
        move("w", "order:o", "paid:o:l:net", 60, POST, "o:l"),
    ],
)
def test_what_is_not_pending_is_neither_posted_nor_voided(ledger: Ledger, wrong: object) -> None:
    open_order(ledger)
    ledger.append(plan("1", 60))
    with pytest.raises(Refused) as caught:
        ledger.append(fact("wrong", transfers=(wrong,)))
    assert caught.value.code == "not_pending"
    assert ledger.last_seq("o") == 2
    assert ledger.pending_left("1:net") == 60


def test_a_set_may_finish_what_it_begins(ledger: Ledger) -> None:
    open_order(ledger)
    both = [move("a", "paid:o:l:net", "owed:r", 100, PENDING), move("b", "paid:o:l:net", "owed:r", 70, POST, "a")]
    ledger.append(fact("k", *both))
    assert ledger.pending_left("a") == 30


def test_huge_amounts_are_exact(ledger: Ledger) -> None:
    top = 10**15
    open_order(ledger, cents=top)
    ledger.append(plan("1", top - 1))
    assert ledger.balance("paid:o:l:net", "USD").available == 1
    ledger.append(fact("more", *(move(f"m{number}", "found", "kept:o", top) for number in range(1000))))
    assert ledger.balance("kept:o", "USD").posted == 1000 * top
    assert ledger.verify().faults == ()
    with pytest.raises(ValidationError, match="less than or equal"):
        move("over", "found", "kept:o", top + 1)


@pytest.mark.parametrize("value", [1.0, True, None, b"x", {1: "x"}, [0.5], {"deep": [{"er": False}]}])
@pytest.mark.parametrize("field", ["facts", "asked"])
def test_only_integers_and_text_are_recorded(ledger: Ledger, field: str, value: object) -> None:
    with pytest.raises(TypeError, match="value"):
        ledger.append(fact("k", **{field: {"value": value}}))
    assert ledger.find("k") is None


def test_moments_have_a_zone_and_are_kept_in_utc(ledger: Ledger) -> None:
    with pytest.raises(ValidationError, match="timezone"):
        fact("k", at=datetime(2026, 11, 21, 20, 15))
    berlin = datetime(2026, 11, 21, 21, 15, 0, 1, tzinfo=timezone(timedelta(hours=1)))
    assert ledger.append(fact("k", at=berlin)).at.isoformat() == "2026-11-21T20:15:00.000001+00:00"


@pytest.mark.parametrize(
    "fields",
    [{"credit": "a"}, {"amount": 0}, {"amount": 1.0}, {"kind": POST}, {"pending": "x"}, {"debit": ""}, {"key": ""}],
)
def test_a_transfer_that_makes_no_sense_is_no_transfer(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        type(move("k", "a", "b", 1)).model_validate({**move("k", "a", "b", 1).model_dump(), **fields})


def test_open_accounts_are_named(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(plan("1", 60))
    ledger.append(fact("submit", move("s", "paid:o:l:net", "owed:r", 60, POST, "1:net")))
    assert ledger.verify().open_accounts == ()
    ledger.append(fact("end", kind=EntryKind.CLOSED))
    assert ledger.verify().open_accounts == ("owed:r",)
