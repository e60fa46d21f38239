"""Erasing a customer by command line, and nothing of theirs in the whole home afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.decisions import CloseReturn, OpenReturn
from activities.storefront import FetchOrder
from domain import ids
from domain.case import Outcome
from domain.request import RequestedLine, ReturnRequest
from ledger import EntryKind, NewEntry
from ledger.__main__ import main as ledger
from settings import ROOT
from tests.commands.conftest import ORDER, Run
from wiring import Rooms

PERSONAL = ("Mara Musterfrau", "mara@example.com", "Musterstrasse 12", "itches")
LABEL = "BH899631942515886-Jyas2onXf0eUZMesFxHxbg.pdf"


@pytest.fixture
def returned(run: Run, ready: Rooms, home: Path) -> Rooms:
    """An order, and its return with a note and a label, which has ended."""
    policy = str(ROOT / "policies" / "default.yaml")
    for words in (
        ("people", "add", "ada", "--role", "admin"),
        ("policy", "publish", policy, "--from", "2020-01-01"),
        ("orders", "import", str(ORDER)),
    ):
        assert run(*words).code == 0, words
    now, note = datetime.now(UTC), ready.stores.notes.put("The wool itches me.")
    wanted = RequestedLine(line_id="1", quantity=1, note_id=note)
    request = ReturnRequest(id="R-1", order_id="two-rates", lines=(wanted,))
    ready.storefront.fetch_order(FetchOrder(request=request, now=now))
    ready.decisions.open_return(OpenReturn(request=request, order_id="two-rates", now=now))
    label = {"tracking_number": "BH899631942515886", "carrier": "P", "url": f"https://x/{LABEL}", "bought_at": str(now)}
    entry = {"key": "label:R-1:1", "kind": EntryKind.LABEL, "order": "two-rates", "case": "R-1", "actor": "carrier"}
    ready.ledger.append(NewEntry.model_validate({**entry, "at": now, "facts": {"label": label}}))
    (home / "labels").mkdir()
    for name in (LABEL, f"{ids.sheet_stem('R-1')}-Jyas2onXf0eUZMesFxHxbg.pdf"):
        (home / "labels" / name).write_text("From: Mara Musterfrau, Musterstrasse 12")
    return ready


def left(home: Path) -> set[str]:
    """Which personal values stand in any file below the home."""
    files = [one.read_bytes() for one in home.rglob("*") if one.is_file()]
    return {one for one in PERSONAL if any(one.encode() in file for file in files)}


def test_nothing_is_left_in_the_home_and_the_journal_verifies(
    run: Run, returned: Rooms, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = run("erase", "--customer", "cust-2041", "--by", "ada")
    assert (running.code, "still run (R-1)" in running.err, left(home)) == (1, True, set(PERSONAL))
    returned.decisions.close_return(
        CloseReturn(case="R-1", order_id="two-rates", outcome=Outcome.REFUNDED, now=datetime.now(UTC))
    )
    erased = run("erase", "--customer", "cust-2041", "--by", "ada")
    assert erased.code == 0, erased.err
    assert "1 contact, 1 note, 2 label files" in erased.out
    assert "Kept: journal" in erased.out
    assert left(home) == set()
    assert ledger(["verify"]) == 0
    capsys.readouterr()
    again = run("erase", "--customer", "cust-2041", "--by", "ada", "--json").json
    assert (again["contacts"], again["notes"], again["files"], again["before"]) == (0, 0, 0, 1)


def test_who_and_by_whom_have_to_be_ids(run: Run, ready: Rooms) -> None:
    answer = run("erase", "--customer", "Mara Musterfrau", "--by", "ada")
    assert (answer.code, answer.err.startswith("--customer: an id has")) == (2, True)
