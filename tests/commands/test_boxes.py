"""`starter.py receive --unknown`, `boxes` and `match`, as far as no return has to be asked."""

from __future__ import annotations

import pytest

from domain.people import Person, Role
from ledger.people import change
from tests.commands.conftest import ORDER, Run
from tests.shop import NOW
from wiring import Rooms

BOX = ("receive", "--unknown", "--by", "ann", "--receipt-id", "box-8", "--place", "U3")
PHOTO = "https://photos.shop.example/box-8.jpg"


@pytest.fixture
def staffed(ready: Rooms) -> Rooms:
    """Somebody may receive."""
    for name, role in (("ada", Role.ADMIN), ("ann", Role.WAREHOUSE)):
        change(ready.ledger, ready.stores.people, Person(id=name, role=role), "ada", NOW)
    return ready


def test_a_box_is_recorded_listed_and_shown_with_whose_it_may_be(run: Run, staffed: Rooms) -> None:
    run("orders", "import", ORDER)
    words = (*BOX, "--item", "MUG-BLUE:2", "--item", ":1:blue scarf: wool", "--photo", PHOTO, "--tracking", "1Z9")
    first = run(*words, "--json").json
    assert first["lines"] == [
        {"sku": "MUG-BLUE", "quantity": 2, "title": ""},
        {"sku": "", "quantity": 1, "title": "blue scarf: wool"},
    ]
    assert (first["units"], first["left"], first["owner"], first["photos"]) == (3, 3, "warehouse", [PHOTO])
    assert [(one["kind"], one["order"], one["units"]) for one in first["likely"]] == [("order", "B-2041", 2)]
    again = run(*words, "--at", "2026-01-02T10:00Z", "--json")
    assert (again.code, again.json["received_at"]) == (0, first["received_at"])  # the first word holds
    shown = run("boxes", "show", "box-8")
    for text in ("Box box-8", "2 × MUG-BLUE, 1 × blue scarf: wool", PHOTO, "1Z9", "warehouse: find out whose it is"):
        assert text in shown.out
    assert "box-8  3      3     U3     1Z9" in run("boxes").out
    assert [one["id"] for one in run("boxes", "--json").json] == ["box-8"]
    assert (run("boxes", "--overdue").code, run("boxes", "--overdue", "--json").json) == (0, [])
    assert staffed.ledger.balance("box:box-8", "UNITS").posted == 3


def test_one_that_waits_too_long_is_for_ops_and_makes_the_exit_code_1(
    run: Run, staffed: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_BOX_DAYS", "1")
    run(*BOX, "--empty", "--at", "2026-11-06T13:20Z")  # a Friday
    late = run("boxes", "--overdue", "--json")
    assert (late.code, [(one["id"], one["owner"], one["due_at"]) for one in late.json]) == (
        1,
        [("box-8", "ops", "2026-11-09T23:59:59Z")],
    )
    assert run("boxes").code == 0
    assert run("boxes", "--overdue").code == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("receive", "--by", "ann"), "RETURN"),
        (("receive", "R-1", "--by", "ann", "--item", "MUG:1"), "--item"),
        (("receive", "R-1", "--by", "ann", "--empty"), "--empty"),
        ((*BOX,), "--item"),
        ((*BOX, "--empty", "--item", "MUG:1"), "--item"),
        ((*BOX, "--item", "MUG"), "--item"),
        ((*BOX, "--item", "MUG:two"), "--item"),
        ((*BOX, "--item", ":1"), "lines.0"),
        ((*BOX, "--item", "MUG:1", "--photo", "http://photos.shop.example/a.jpg"), "photos.0"),
        ((*BOX, "--item", "MUG:1", "--at", "2999-01-01"), "--at"),
        ((*BOX, "--item", "MUG:1", "--line", "1:1"), "--unknown"),
        ((*BOX, "R-1", "--item", "MUG:1"), "--unknown"),
        ((*BOX[:4], "--place", "U3", "--empty"), "--receipt-id"),
        ((*BOX[:6], "--empty"), "--place"),
        ((*BOX, *(word for number in range(10_000) for word in ("--item", f"S{number}:1"))), "lines"),
        (("match", "box-8", "--by", "ann"), "--return"),
        (("match", "box-8", "--by", "ann", "--return", "R-1", "--order", "B-1"), "--return"),
        (("match", "box-8", "--by", "ann", "--return", "R-1", "--id", "R-2"), "--order"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_wrong_is_named_and_nothing_is_recorded(
    run: Run, staffed: Rooms, words: tuple[str, ...], field: str
) -> None:
    answer = run(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"{field}: "), answer.err
    assert staffed.stores.boxes.listed(everything=True, limit=9) == []


def test_what_is_not_there_or_not_theirs_is_refused(run: Run, staffed: Rooms) -> None:
    for words, text in (
        (("boxes", "show", "box-9"), "no box box-9"),
        (("match", "box-9", "--by", "ann", "--return", "R-1"), "no box box-9"),
        ((*BOX[:3], "eve", *BOX[4:], "--empty"), "eve is nobody who may act"),
    ):
        answer = run(*words)
        assert (answer.code, answer.out) == (1, "")
        assert text in answer.err
    assert run("boxes").out == "No box waits for its return to be found.\n"


def test_a_box_that_nobody_claims_is_ended_by_ops(run: Run, staffed: Rooms) -> None:
    change(staffed.ledger, staffed.stores.people, Person(id="olga", role=Role.OPS), "ada", NOW)
    run(*BOX, "--item", "MUG-BLUE:2", "--item", ":1:blue scarf")
    words = ("boxes", "end", "box-8", "--as", "donate", "--location", "yard")
    assert "ann (warehouse) may not" in run(*words, "--by", "ann").err
    assert "--item" in run(*words, "--by", "olga", "--item", "MUG-BLUE:x").err
    assert "disposition" in run("boxes", "end", "box-8", "--as", "burnt", "--by", "olga").err
    ended = {"units": {"MUG-BLUE": 2, "box-8": 1}, "disposition": "donate", "location": "yard", "by": "olga"}
    for _ in range(2):
        told = run(*words, "--by", "olga", "--json").json
        assert (told["open"], told["left"], told["ended"] | ended) == (False, 0, told["ended"])
    assert "donate at yard by olga: 2 of MUG-BLUE, 1 of box-8" in run("boxes", "show", "box-8").out
    assert run("boxes", "--json").json == []
    assert staffed.ledger.balance("box:box-8", "UNITS").posted == 0


def test_a_match_without_temporal_leaves_the_box_free(run: Run, staffed: Rooms) -> None:
    run(*BOX, "--item", "MUG-BLUE:1")
    assert run("match", "box-8", "--by", "ann", "--return", "R-1").code == 1
    assert run("boxes", "--json").json[0]["left"] == 1
