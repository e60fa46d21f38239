"""People by command line."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from ledger import EntryKind
from ledger.signing import load_key, public_key
from tests.commands.conftest import Answer, Run
from wiring import Rooms


@pytest.fixture
def staffed(run: Run, ready: Rooms) -> Rooms:
    """Ada, the first admin, and Fay."""
    assert run("people", "add", "ada", "--role", "admin").code == 0
    assert run("people", "add", "fay", "--role", "finance", "--limit", "EUR:500.00", "--by", "ada").code == 0
    return ready


def refused(answer: Answer, code: int = 1) -> str:
    assert (answer.code, answer.out) == (code, ""), answer
    assert answer.err.count("\n") == 1
    return answer.err


def test_nobody_yet(run: Run, ready: Rooms) -> None:
    shown = run("people", "list")
    assert "people add ada --role admin" in shown.out
    assert run("people", "list", "--json").json == []
    assert "must be an active admin" in refused(run("people", "add", "ann", "--role", "warehouse"))
    assert "There is no ann" in refused(run("people", "change", "ann", "--role", "ops", "--by", "ada"))


def test_people_are_added_listed_and_journalled(run: Run, staffed: Rooms) -> None:
    assert run("people", "list", "--json").json == [
        {"id": "ada", "role": "admin", "limits": {}, "public_key": "", "active": True},
        {"id": "fay", "role": "finance", "limits": {"EUR": 50000}, "public_key": "", "active": True},
    ]
    assert "500.00 EUR" in run("people", "list").out
    entries = [one for one in staffed.ledger.entries() if one.kind is EntryKind.PERSON]
    assert [(one.key, one.actor) for one in entries] == [
        ("person:ada:1", "rule:first_admin"),
        ("person:fay:1", "ada"),
    ]
    assert staffed.stores.people.get("fay") is not None


def test_the_same_again_changes_nothing_and_another_is_told(run: Run, staffed: Rooms) -> None:
    again = run("people", "add", "fay", "--role", "finance", "--limit", "EUR:500.00", "--by", "ada")
    assert again.out == "fay: finance, approves up to 500.00 EUR, active.\n"
    assert "people change fay" in refused(run("people", "add", "fay", "--role", "ops", "--by", "ada"))
    assert len([one for one in staffed.ledger.entries() if one.kind is EntryKind.PERSON]) == 2


def test_what_is_not_named_stays(run: Run, staffed: Rooms) -> None:
    changed = run("people", "change", "fay", "--limit", "JPY:900", "--by", "ada", "--json")
    assert changed.json["limits"] == {"EUR": 50000, "JPY": 900}
    changed = run("people", "change", "fay", "--limit", "EUR:0", "--role", "ops", "--by", "ada", "--json")
    assert (changed.json["limits"], changed.json["role"]) == ({"EUR": 0, "JPY": 900}, "ops")


def test_who_left_can_come_back(run: Run, staffed: Rooms) -> None:
    assert run("people", "deactivate", "fay", "--by", "ada").out.endswith("inactive.\n")
    assert "inactive" in run("people", "list").out
    assert run("people", "change", "fay", "--limit", "EUR:1.00", "--by", "ada", "--json").json["active"] is False
    assert run("people", "change", "fay", "--activate", "--by", "ada", "--json").json["active"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["change", "ada", "--limit", "EUR:1.00", "--by", "ada"], "their own role or limit"),
        (["change", "fay", "--limit", "EUR:1.00", "--by", "fay"], "Only an active admin changes people (--by): ada"),
        (["add", "ben", "--role", "warehouse"], "Only an active admin"),
        (["deactivate", "ada", "--by", "ada"], "last active admin"),
        (["add", "shopper", "--role", "ops", "--by", "ada"], "choose another id"),
    ],
)
def test_what_is_refused(run: Run, staffed: Rooms, words: list[str], says: str) -> None:
    assert says in refused(run("people", *words))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "ann b", "--role", "ops", "--by", "ada"], "id: an id has"),
        (["add", "ann", "--role", "king", "--by", "ada"], "role"),
        (["add", "ann", "--role", "ops", "--limit", "500", "--by", "ada"], "--limit: '500' is not CURRENCY:AMOUNT"),
        (["add", "ann", "--role", "ops", "--limit", "EUR:5.001", "--by", "ada"], "--limit"),
        (["add", "ann", "--role", "ops", "--limit", "EUR:-5", "--by", "ada"], "limits.EUR"),
        (["add", "ann", "--role", "ops", "--key", "x", "--by", "ada"], "public_key: a public key is 44 characters"),
    ],
)
def test_what_is_wrong(run: Run, staffed: Rooms, words: list[str], says: str) -> None:
    assert says in refused(run("people", *words), 2)


def test_a_key_pair_keeps_its_private_half_to_itself(run: Run, staffed: Rooms, tmp_path: Path) -> None:
    file = tmp_path / "fay.pem"
    made = run("people", "key", "--out", file)
    public = made.out.strip()
    assert re.fullmatch(r"[A-Za-z0-9+/]{43}=", public)
    assert public == public_key(load_key(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("people", "change", "fay", "--key", public, "--by", "ada", "--json").json["public_key"] == public
    assert "exists already" in refused(run("people", "key", "--out", file), 2)
    taken = run("people", "add", "eve", "--role", "admin", "--key", public, "--by", "ada")
    assert "This is the key of fay" in refused(taken)
