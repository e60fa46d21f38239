"""What the throughput benchmark is asked for, and how it counts; it runs itself by `make bench PART=throughput`."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from benchmarks import processes
from benchmarks.ground import Spent
from benchmarks.processes import Used
from benchmarks.throughput import asked, show, spread


def test_both_databases_and_two_thousand_that_sleep_unless_said_otherwise() -> None:
    of = asked([])
    assert (of.sleeping, of.cache, of.workers, tuple(of.database)) == (2000, 1000, 1, ("sqlite", "postgresql"))
    of = asked(["--sleeping", "20000", "--returns", "0", "--database", "postgresql"])
    assert (of.sleeping, of.returns, of.database) == (20000, 0, ["postgresql"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sleeping", "-1"], "'-1' is no whole number from 0 up"),
        (["--returns", "many"], "'many' is no whole number from 0 up"),
        (["--workers", "0"], "write 1 or more"),
        (["--database", "oracle"], "invalid choice: 'oracle'"),
    ],
)
def test_what_cannot_be_measured_is_refused(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        asked(words)
    assert end.value.code == 2
    assert told in capsys.readouterr().err


def test_what_each_return_cost_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    before = Spent({"worker": Used(cpu=1.0, memory=100)}, entries=10, ours=1024, temporals=0)
    after = Spent({"worker": Used(cpu=3.0, memory=110)}, entries=90, ours=21 * 1024, temporals=40 * 1024)
    show(before, after, 4)
    worker, stored = capsys.readouterr().out.splitlines()
    assert worker.split() == [
        "worker",
        "500",
        "ms",
        "of",
        "processor",
        "each,",
        "110",
        "MiB,",
        "+2560.0",
        "KiB",
        "each",
    ]
    assert stored.split() == [
        "20.0",
        "journal",
        "entries",
        "each;",
        "on",
        "disk",
        "5",
        "KiB",
        "of",
        "ours",
        "and",
        "10",
        "of",
        "Temporal's",
        "each",
    ]


def test_the_middle_and_the_worst_are_told() -> None:
    assert spread([0.25]) == "250 ms"
    assert spread([number / 1000 for number in range(21)]) == "10 ms (19 of 20 within 19)"


def test_processor_time_of_a_process_and_of_its_ended_children_is_counted() -> None:
    mine = processes.used(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    subprocess.run([sys.executable, "-c", "sum(range(4_000_000))"], check=True)
    now = processes.used(os.getpid())
    assert now.cpu - mine.cpu >= 0.05
    assert now.memory > 1
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in processes.below(os.getpid())
        assert processes.parent(child.pid) == os.getpid()
        assert "input()" in processes.words(child.pid)
    assert processes.used(child.pid) == Used(0, 0)
    assert processes.words(child.pid) == ""
