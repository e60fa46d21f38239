"""What is decided while others write on the same order."""

from __future__ import annotations

import itertools

import pytest

from domain.errors import Refused, Unavailable
from ledger import JournalEntry, Ledger, NewEntry
from ledger.deciding import decided
from tests.ledger.entries import fact, open_order, plan


def test_what_is_written_meanwhile_is_read_before_it_is_decided_again(ledger: Ledger) -> None:
    open_order(ledger)
    others, read = [plan("1", 60)], []

    def decide() -> NewEntry:
        read.append(ledger.balance("paid:o:l:net", "USD").available)
        if others:
            ledger.append(others.pop())
        return plan("2", read[-1])

    assert decided(ledger, "o", decide).key == "plan:2"
    assert read == [100, 40]
    assert ledger.balance("paid:o:l:net", "USD").available == 0


def test_who_is_overtaken_by_another_attempt_at_the_same_step_takes_its_answer(ledger: Ledger) -> None:
    """It looked for the entry in vain, and what it reads now is what the entry has changed."""
    open_order(ledger)
    other = [lambda: ledger.append(plan("1", 60))]

    def decide() -> NewEntry | JournalEntry:
        if recorded := ledger.find("plan:1"):
            return recorded
        if other:
            other.pop()()
        if (left := ledger.balance("paid:o:l:net", "USD").available) < 60:
            raise Refused("too_much", f"only {left} is left")
        return plan("1", 60)

    assert decided(ledger, "o", decide).key == "plan:1"
    assert len(list(ledger.entries(order="o"))) == 2


def test_what_is_recorded_already_is_no_no_even_when_the_order_has_rested_since(ledger: Ledger) -> None:
    """The other attempt was through before this one read anything."""
    open_order(ledger)
    ledger.append(plan("1", 60))

    def decide() -> NewEntry:
        raise Refused("too_much", "only 40 is left")

    assert decided(ledger, "o", decide, "plan:1").key == "plan:1"
    with pytest.raises(Refused, match="only 40"):
        decided(ledger, "o", decide, "plan:2")


def test_a_no_on_an_order_at_rest_is_a_no_at_once(ledger: Ledger) -> None:
    open_order(ledger)
    asked = []

    def decide() -> NewEntry:
        asked.append(1)
        raise Refused("never", "never")

    with pytest.raises(Refused, match="never"):
        decided(ledger, "o", decide)
    assert asked == [1]


@pytest.mark.parametrize("refusing", [False, True])
def test_an_order_that_never_rests_is_tried_later(ledger: Ledger, refusing: bool) -> None:
    open_order(ledger)
    numbers = itertools.count()

    def decide() -> NewEntry:
        ledger.append(fact(f"news:{next(numbers)}"))
        if refusing:
            raise Refused("never", "never")
        return plan("1", 60)

    with pytest.raises(Unavailable, match="5 times"):
        decided(ledger, "o", decide)
    assert ledger.find("plan:1") is None
