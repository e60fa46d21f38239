"""Many writers at once, and writers that die."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from domain.errors import OverLimit
from ledger import Ledger
from tests.ledger.crowds import refunds_at_once, writers_killed
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


@pytest.mark.parametrize(("processes", "threads"), [(1, 2), (2, 1)])
def test_of_two_sixties_one_fits_into_a_hundred(url: str, processes: int, threads: int) -> None:
    sixties = {"processes": processes, "threads": threads, "cents": 60, "captured": 100}
    assert refunds_at_once(url, times=10, **sixties) == []


@pytest.mark.parametrize(("processes", "threads"), [(1, 64), (4, 16)])
def test_sixty_four_writers_get_what_is_there_and_not_a_cent_more(url: str, processes: int, threads: int) -> None:
    assert refunds_at_once(url, times=1, processes=processes, threads=threads, cents=70, captured=1000) == []


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


def test_writers_killed_inside_their_transactions_leave_nothing(url: str) -> None:
    assert writers_killed(url, times=24) == []
