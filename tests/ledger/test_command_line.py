"""Finance's command line: what it prints, and its exit codes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from database.engine import connect
from ledger import EntryKind, Ledger
from ledger.__main__ import main
from ledger.readable import amount
from ledger.store import SqlLedger
from tests.ledger.entries import POST, VOID, fact, move, open_order, plan


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """A ledger with a short story."""
    open_order(ledger, cents=18109)
    ledger.append(plan("1", 60))
    leg = move("t", "owed:r", "tender:p", 60, POST, "1:leg")
    facts = {"refund": {"provider_id": "re_9", "amount": 60}}
    ledger.append(fact("settle", leg, facts=facts, reasons=("within_window", "[red]x"), kind=EntryKind.REFUND_SETTLED))
    ledger.append(fact("end", move("v", "paid:o:l:net", "owed:r", 60, VOID, "1:net"), kind=EntryKind.CLOSED))
    return ledger


def test_list_shows_who_what_and_how_much(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"], lambda: told) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Seq", "1", "2", "3", "4"]
    assert "181.09 USD, 3 units" in lines[1]
    assert "0.60 USD reserved" in lines[2]
    for part in ("2026-11-21 20:15:00", "refund_settled", " r ", "test", " 0.60 USD ", "within_window, [red]x", "re_9"):
        assert part in lines[3]
    assert "0.60 USD voided" in lines[4]


def test_list_of_one_case_or_order(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--case", "r", "--json"], lambda: told) == 0
    assert [entry["seq"] for entry in json.loads(capsys.readouterr().out)] == [2, 3, 4]
    assert main(["list", "--order", "other", "--json"], lambda: told) == 0
    assert json.loads(capsys.readouterr().out) == []
    for option, name in (("--order", "other"), ("--case", "NOPE")):
        assert main(["list", option, name], lambda: told) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n"), name in said.err) == ("", 1, True)


@pytest.mark.parametrize("command", [["export", "--format", "csv"], ["report", "month"], ["credit-notes"]])
def test_a_day_that_is_none_is_said_by_its_option(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    for option, day in (("--from", "yesterday"), ("--to", "2026-02-30"), ("--from", "20261130"), ("--to", "")):
        assert main([*command, option, day], lambda: ledger) == 2
        assert capsys.readouterr() == ("", f"{option}: write a day as 2026-11-30\n")
    assert main([*command, "--from", "2026-11-02", "--to", "2026-11-01"], lambda: ledger) == 2
    assert capsys.readouterr().err == "--to: the last day comes before the first\n"


def test_an_order_is_named_by_its_number_too(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    for order, number in (("o-1", "B-1"), ("o-2", "B-2"), ("o-3", "B-2")):
        facts = {"number": number}
        ledger.append(fact(f"order:{order}", kind=EntryKind.ORDER_OPENED, order=order, case="", facts=facts))
    assert main(["list", "--order", "B-1", "--json"], lambda: ledger) == 0
    assert [entry["order"] for entry in json.loads(capsys.readouterr().out)] == ["o-1"]
    assert main(["list", "--order", "B-2"], lambda: ledger) == 2
    assert "several orders have the number B-2; name one by its id: o-2, o-3" in capsys.readouterr().err


def test_verify_says_that_all_holds_and_what_is_open(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"], lambda: told) == 0
    said = capsys.readouterr().out
    last = told.find("end")
    assert last is not None
    assert f"4 entries, head {last.hash}" in said
    assert "Everything holds." in said
    assert "owed:r: -0.60 USD" in said


def test_verify_fails_on_a_tampered_ledger(told: Ledger, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript("DROP TRIGGER journal_refuses_update; UPDATE journal SET facts = '{' WHERE seq = 2")
    assert main(["verify"], lambda: told) == 1
    assert "Faults (1), the first bad entry first:\n  entry 2 (plan:1) cannot be read" in capsys.readouterr().out
    assert main(["verify", "--json"], lambda: told) == 1
    assert json.loads(capsys.readouterr().out)["faults"][0].startswith("entry 2 (plan:1)")
    assert main(["list"], lambda: told) == 1
    assert "verify" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["lst"], ["list", "--nothing"], ["list", "--case"], ["verify", "extra"]])
def test_wrong_usage_is_one_paragraph_and_exit_code_2(
    arguments: list[str], ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, lambda: ledger) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "--help" in said.err


def test_a_database_without_tables_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = connect(f"sqlite:///{tmp_path}/empty.db")
    assert main(["list"], lambda: SqlLedger(engine)) == 1
    assert "not been set up" in capsys.readouterr().err
    engine.dispose()


def test_a_broken_file_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 1000)
    engine = connect(f"sqlite:///{tmp_path}/broken.db")
    assert main(["verify"], lambda: SqlLedger(engine)) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    engine.dispose()


def test_help_loads_no_database() -> None:
    script = "import sys; from ledger.__main__ import main; main(['--help']); assert 'sqlalchemy' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "verify" in done.stdout


@pytest.mark.parametrize(
    ("number", "commodity", "text"),
    [
        (18109, "USD", "181.09 USD"),
        (5, "JPY", "5 JPY"),
        (5, "KWD", "0.005 KWD"),
        (1, "UNITS", "1 unit"),
        (-2, "UNITS", "-2 units"),
        (7, "POINTS", "7 POINTS"),
        (10**15, "USD", "10000000000000.00 USD"),
    ],
)
def test_amounts_are_printed_exactly(number: int, commodity: str, text: str) -> None:
    assert amount(number, commodity) == text
