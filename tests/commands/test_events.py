"""How far everybody is who is told of returns, and sending again, by command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.event import FAILING_AFTER
from ledger import EntryKind
from settings import Settings
from tests.commands.conftest import Run
from tests.events.receiver import SECRET
from tests.ledger.entries import fact
from wiring import Rooms, rooms

NOW = datetime.now(UTC)
ENDPOINTS: list[dict[str, Any]] = [
    {"name": "shop", "url": "https://shop.example/token-in-the-address", "secret": SECRET},
    {"name": "crm", "url": "https://crm.example", "secret": SECRET, "types": ["return.closed"]},
]


@pytest.fixture
def told(ready: Rooms, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """Two endpoints, and a journal of two returns: R-1 was called off, then R-2 closed."""
    monkeypatch.setenv("BACKHAUL_EVENT_ENDPOINTS", json.dumps(ENDPOINTS))
    made = rooms(Settings.load())
    for number, (kind, facts) in enumerate(
        [(EntryKind.CANCELLED, {"reason": "changed_mind"}), (EntryKind.CLOSED, {"outcome": "refunded"})], 1
    ):
        at = NOW - timedelta(days=10 - number)
        made.ledger.append(fact(f"e{number}", kind=kind, facts=facts, case=f"R-{number}", order=f"o{number}", at=at))
    return made


def waiting(made: Rooms) -> dict[str, int]:
    return {one.name: one.waiting for one in made.stores.outgoing.states()}


def test_nobody_is_told(run: Run, ready: Rooms) -> None:
    assert "BACKHAUL_EVENT_ENDPOINTS is empty" in run("events").out
    assert run("events", "--json").json == []
    refused = run("events", "replay", "--since", "1")
    assert (refused.code, "none; see BACKHAUL_EVENT_ENDPOINTS" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--since", "1"), {"shop": 2, "crm": 1}),
        (("--since", "2"), {"shop": 1, "crm": 1}),
        (("--return", "R-1"), {"shop": 1, "crm": 0}),
        (("--from", (NOW - timedelta(days=8, hours=1)).isoformat()), {"shop": 1, "crm": 1}),
        (("--since", "1", "--endpoint", "crm"), {"crm": 1}),
    ],
)
def test_what_is_sent_again(run: Run, told: Rooms, words: tuple[str, ...], count: dict[str, int]) -> None:
    assert run("events", "replay", *words, "--json").json == count
    assert waiting(told) == count
    # What waits already does not wait twice.
    assert set(run("events", "replay", *words, "--json").json.values()) == {0}
    assert waiting(told) == count


@pytest.mark.parametrize("words", [(), ("--since", "1", "--return", "R-1")])
def test_which_ones_is_said_in_one_way(run: Run, told: Rooms, words: tuple[str, ...]) -> None:
    answer = run("events", "replay", *words)
    assert (answer.code, answer.err.startswith("--since: say which ones")) == (2, True)
    assert waiting(told) == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--return", "R-9"), "has no return R-9"), (("--return", ""), "no return"), (("--since", "3"), "no entry 3")],
)
def test_what_is_not_in_the_journal_is_not_sent(run: Run, told: Rooms, words: tuple[str, ...], says: str) -> None:
    answer = run("events", "replay", *words)
    assert (answer.code, says in answer.err) == (1, True)


def test_what_is_on_its_way_already_is_left_to_it(run: Run, told: Rooms) -> None:
    assert told.stores.outgoing.place("shop") == 2
    told.ledger.append(fact("e3", kind=EntryKind.CLOSED, facts={"outcome": "refunded"}, case="R-3", order="o3"))
    assert run("events", "replay", "--since", "1", "--endpoint", "shop", "--json").json == {"shop": 2}


def test_how_it_stands(run: Run, told: Rooms) -> None:
    assert run("events", "replay", "--return", "R-1", "--endpoint", "shop").out == (
        "1 event will be sent to shop again, as soon as the portal runs.\n"
    )
    outgoing, since = told.stores.outgoing, NOW - FAILING_AFTER
    (row,) = outgoing.take("shop", datetime.now(UTC), 9, NOW + timedelta(minutes=1))
    outgoing.record("shop", [], [(row, NOW, "shop did not take it (HTTP 500).")], NOW)
    shown = run("events", "--json").json
    assert [(one["name"], one["condition"], one["waiting"]) for one in shown] == [
        ("shop", "retrying", 1),
        ("crm", "up_to_date", 0),
    ]
    table = run("events").out
    assert "shop did not take it (HTTP 500)." in table
    for secret in (SECRET, "token-in-the-address"):
        assert secret not in table
    with told.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE outgoing SET queued_at = '{since.isoformat()}'")
    assert run("events", "--json").json[0]["condition"] == "failing"


def test_one_that_is_gone_keeps_its_place(run: Run, told: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    told.stores.outgoing.place("crm")
    monkeypatch.setenv("BACKHAUL_EVENT_ENDPOINTS", "[]")
    (crm,) = run("events", "--json").json
    assert (crm["name"], crm["seq"], crm["condition"]) == ("crm", 2, "not_configured")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"secret": "whsec_short"}, "a secret is whsec_"),
        ({"secret": SECRET.removeprefix("whsec_")}, "a secret is whsec_"),
        ({"url": "ftp://crm.example"}, ".URL: write an address"),
        ({"types": ["return.eaten"]}, "there is no event 'return.eaten'"),
        ({"name": "crm"}, "two endpoints are called crm"),
    ],
)
def test_a_wrong_endpoint_is_named_and_its_secret_is_not_told(
    run: Run, home: object, monkeypatch: pytest.MonkeyPatch, changed: Mapping[str, Any], words: str
) -> None:
    monkeypatch.setenv("BACKHAUL_EVENT_ENDPOINTS", json.dumps([{**ENDPOINTS[0], **changed}, ENDPOINTS[1]]))
    answer = run("events")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("BACKHAUL_EVENT_ENDPOINTS")
    assert words in answer.err
    assert "whsec_short" not in answer.err
    assert SECRET.removeprefix("whsec_") not in answer.err
