"""Returns where Temporal is not needed, or not there: bad input is refused first, and nothing is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from commands.returns import OWNERS
from database.tables import notes
from tests.commands.conftest import ORDER, UNLINKED, Run
from wiring import Rooms
from workflows import options
from workflows.return_case.turn import _NEXT

NOTE = "The handle came loose on the first day."


def _nothing_recorded(ready: Rooms) -> bool:
    with ready.engine.connect() as connection:
        written = connection.execute(select(func.count()).select_from(notes)).scalar_one()
    return not written and not list(ready.ledger.entries())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--order", "B-9", "--line", "1:1"], 1, "There is no order B-9"),
        (["--order", "B-2041", "--line", "9:1"], 2, "has no line 9; it has 1, 2, 3"),
        (["--order", "B-2041", "--line", "1:4"], 2, "only 3 of line 1 were bought"),
        (["--order", "B-2041", "--line", "1:0"], 2, "--line: quantity: it is "),
        (["--order", "B-2041", "--line", "1:-2"], 2, "--line: quantity: it is "),
        (["--order", "B-2041", "--line", "1:x"], 2, "--line"),
        (["--order", "B-2041", "--line", "1:1", "--line", "1:2"], 2, "named twice"),
        (["--order", "B-2041", "--line", "1:1:because"], 2, "--line: reason: it is "),
        (["--order", "B-2041", "--line", "1:1", "--by", "Mara Musterfrau"], 2, "--by: an id has"),
        (
            ["--order", "B-2041", "--line", "1:1", "--basis", "goodwill"],
            2,
            "--basis: 'goodwill' is none that a shopper",
        ),
        (["--order", "B-2041", "--line", "1:1", "--note", "2=no"], 2, "--note"),
        (["--order", "B-2041", "--line", "1:1", "--note", "1=" + "x" * 2001], 2, "at most 2,000"),
        (["--order", "#1002", "--line", "1071823193:1"], 1, "orders import FILE --payment"),
    ],
)
def test_bad_requests_never_reach_temporal(words: list[str], code: int, says: str, run: Run, ready: Rooms) -> None:
    run("orders", "import", ORDER)
    run("orders", "import", UNLINKED)
    answer = run("start", "--id", "R-1", *words)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
    assert "Temporal" not in answer.err
    assert _nothing_recorded(ready)


def test_a_bad_id(run: Run, ready: Rooms) -> None:
    run("orders", "import", ORDER)
    assert run("start", "--id", "R 1", "--order", "B-2041", "--line", "1:1").code == 2


def test_without_temporal_nothing_is_recorded(run: Run, ready: Rooms) -> None:
    run("orders", "import", ORDER)
    answer = run("start", "--id", "R-1", "--order", "B-2041", "--line", "1:1", "--note", f"1={NOTE}", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "No Temporal server answers at 127.0.0.1:" in answer.err
    assert "python -m embedded" in answer.err
    assert _nothing_recorded(ready)


@pytest.mark.parametrize(
    "words",
    [
        ["show", "R-1"],
        ["list"],
        ["scan", "R-1", "--status", "delivered"],
        ["receive", "R-1", "--by", "ann"],
        ["inspect", "R-1", "--by", "ann"],
        ["cancel", "R-1", "--by", "shopper"],
        ["retry", "R-1", "--by", "ops"],
    ],
    ids=lambda words: words[0],
)
def test_no_command_waits_for_a_server_that_is_not_there(words: list[str], run: Run, ready: Rooms) -> None:
    answer = run(*words, "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "No Temporal server answers" in answer.err


OVERRIDE = ["override", "R-1", "--line", "1", "--by", "fay", "--key", "nowhere.pem", "--reason", "our_mistake"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scan", "R-1", "--status", "lost"], "--status: it is 'unknown', 'pre_transit'"),
        (["scan", "R-1", "--status", "delivered", "--at", "noon"], "--at"),
        (["scan", "R-1", "--status", "delivered", "--at", "2999-01-01"], "--at"),
        (["scan", "R-1", "--status", "delivered", "--location", "x" * 201], "--location: it has 200 characters at"),
        (["receive", "R-1", "--by", "Ann B"], "--by: an id has"),
        (["receive", "R-1", "--by", "ann", "--line", "1:1"], "--receipt-id"),
        (["receive", "R-1", "--by", "ann", "--receipt-id", "b", "--line", "1:0"], "--line: quantity: it is 1 or more."),
        (["receive", "R-1", "--by", "ann", "--receipt-id", "b", "--line", "1:1", "--serial", "2:SN-1"], "--serial"),
        (["receive", "R-1", "--by", "ann", "--receipt-id", "b", "--line", "1:1", "--serial", "SN-1"], "--serial"),
        (["receive", "R-1", "--by", "ann", "--location", "Hall 2"], "--location: "),
        (["inspect", "R-1", "--by", "ann", "--line", "1:1:grade_z"], "--line: grade: it is 'grade_a'"),
        (["inspect", "R-1", "--by", "ann", "--line", "1:1:grade_a:burnt"], "--line: disposition: it is "),
        (["cancel", "R-1", "--by", "shopper", "--reason", "whim"], "--reason: it is 'changed_mind'"),
        (["cancel", "R-1", "--by", "shopper", "--remark", "x" * 201], "--remark: "),
        (["close", "R-1", "--by", "olga", "--reason", "whim"], "--reason: "),
        (["retry", "R-1", "--by", ""], "--by: an id has"),
        (["consent", "R-1", "--by", "olga", "--to", "moon"], "--to: it is 'store_credit' or "),
        (["approve", "R-1", "--by", "Fay B", "--key", "nowhere.pem"], "--by: an id has"),
        (["approve", "R-1", "--by", "fay", "--key", "nowhere.pem"], "--key: nowhere.pem cannot be read"),
        ([*OVERRIDE, "--verdict", "approve"], "--key: nowhere.pem cannot be read"),
        (OVERRIDE, "say what changes"),
        ([*OVERRIDE, "--verdict", "maybe"], "--verdict: "),
        ([*OVERRIDE, "--waive", "everything"], "--waive: "),
        ([*OVERRIDE, "--verdict", "approve", "--reason", "whim"], "--reason: 'whim' is none; it is loyal_customer"),
        (["list", "--stage", "lost"], "--stage"),
        (["list", "--needs", 'ops" OR "'], "--needs"),
        (["list", "--needs", "nobodyx"], "--needs: 'nobodyx' is none; a return waits for shopper, carrier, warehouse"),
    ],
)
def test_bad_messages_never_reach_temporal(words: list[str], says: str, run: Run, ready: Rooms) -> None:
    answer = run(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(says)


def test_temporals_own_configuration_is_wrong(run: Run, ready: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_PROFILE", "nobody")
    answer = run("list")
    assert answer.code == 1
    assert "nobody" in answer.err


def test_a_broken_stack_file(run: Run, ready: Rooms, home: Path) -> None:
    (home / "stack.toml").write_text("no toml")
    assert run("orders", "list").code == 2


def test_every_owner_can_be_asked_for() -> None:
    helpers = {one.owner for one in vars(options).values() if isinstance(one, options.Options)}
    assert helpers | {owner for owner, _ in _NEXT.values()} <= set(OWNERS)
