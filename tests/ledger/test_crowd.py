"""Many writers at once, and writers that die."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from domain.errors import OverLimit
from ledger import Ledger
from tests.ledger.child import race, started
from tests.ledger.entries import fact, move, open_order, plan


def test_of_two_threads_one_gets_the_money(ledger: Ledger) -> None:
    open_order(ledger, cents=100)
    together = Barrier(2)

    def spend(name: str) -> str:
        together.wait()
        try:
            ledger.append(plan(name, 60))
        except OverLimit:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(spend, "ab")) == ["done", "refused"]
    assert ledger.balance("paid:o:l:net", "USD").available == 40
    assert ledger.verify().faults == ()


def test_of_two_processes_one_gets_the_money(ledger: Ledger, path: Path) -> None:
    open_order(ledger, cents=100)
    assert sorted(race("spend", f"sqlite:///{path}", "a", "b")) == ["done", "refused"]
    assert ledger.balance("paid:o:l:net", "USD").available == 40
    assert ledger.verify().faults == ()


def test_thirty_two_writers_wait_for_each_other(ledger: Ledger) -> None:
    together = Barrier(32)

    def write(name: int) -> list[int]:
        together.wait()
        keys = [f"{name}:{number}" for number in range(5)]
        return [ledger.append(fact(key, move(key, "found", f"kept:{name % 4}", 1))).seq for key in keys]

    with ThreadPoolExecutor(32) as pool:
        seqs = [seq for mine in pool.map(write, range(32)) for seq in mine]
    assert sorted(seqs) == list(range(1, 161))
    assert ledger.balance("found", "USD").posted == -160
    assert ledger.verify().faults == ()


def test_one_key_from_many_threads_is_written_once(ledger: Ledger) -> None:
    together = Barrier(8)

    def write(_: int) -> int:
        together.wait()
        return ledger.append(fact("once", move("t", "found", "kept", 1))).seq

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(8))) == {1}
    assert ledger.balance("kept", "USD").posted == 1


@pytest.mark.parametrize("statement", range(1, 12))
def test_a_writer_killed_inside_its_transaction_leaves_nothing(ledger: Ledger, path: Path, statement: int) -> None:
    open_order(ledger)
    before = (list(ledger.entries()), ledger.balances())
    with started("die", f"sqlite:///{path}", str(statement)) as (victim,):
        assert victim.stdin is not None
        assert victim.stdout is not None
        victim.stdin.write("go\n")
        victim.stdin.flush()
        assert victim.stdout.readline() == "inside\n"
        victim.kill()
        victim.wait()
    assert (list(ledger.entries()), ledger.balances()) == before
    assert ledger.append(plan("victim", 60)).seq == 2
    assert ledger.verify().faults == ()
