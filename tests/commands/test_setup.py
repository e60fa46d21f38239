"""Tables and policies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.decisions.policy_file import load_policy
from commands.policy import publish_policy
from domain.canonical import canonical_json, sha256
from domain.errors import InvalidRequest
from domain.order import Order
from domain.policy import ShippingRule
from ledger import EntryKind
from settings import ROOT
from tests.commands.conftest import Run
from wiring import Rooms

DEFAULT = ROOT / "policies" / "default.yaml"
SHORT = "id: short\ntitle: One day\nwindow_days: 1\n"


def test_upgrade_again_and_again(run: Run) -> None:
    for _ in range(2):
        shown = run("database", "upgrade", "--json")
        assert shown.code == 0
        assert shown.json["up_to_date"] is True


def test_a_wrong_database_address_is_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_DATABASE_URL", "mysql://x")
    assert run("database", "upgrade").code == 2


def test_the_default_policy() -> None:
    policy, version = load_policy(DEFAULT.read_text())
    assert (policy.id, policy.title, policy.window_days) == ("default", "30 days after delivery", 30)
    assert (policy.send_back_days, policy.inspection_days) == (14, 3)
    assert policy.refund_shipping is ShippingRule.WHEN_ALL_RETURNED
    assert len(version) == 64


def test_a_limit_above_which_a_person_is_asked() -> None:
    policy, _ = load_policy(SHORT + "automatic_limit:\n  EUR: 50000\n  JPY: 80000\n")
    assert [policy.limit_below(*one) for one in ((50000, "EUR"), (50001, "EUR"), (80001, "JPY"), (10**9, "USD"))] == [
        *(None, 50000),
        *(80000, None),
    ]


def test_the_version_is_that_of_the_content_not_of_the_text() -> None:
    assert load_policy(SHORT)[1] == load_policy("# said otherwise\n{window_days: 1, title: 'One day', id: short}")[1]
    assert load_policy(SHORT)[1] != load_policy(SHORT + "send_back_days: 14\n")[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a policy is a list of fields"),
        ("- a\n", "a policy is a list of fields"),
        ("id: [", "line 1: this is no YAML"),
        ("id: short\n\ttitle: x", "line 2: this is no YAML"),
        ("\x00", "this is no YAML"),
        (SHORT + "windows: 2\n", "windows: line 4: a policy has no such field; it has id, title, window_days"),
        (SHORT + "automatic_limit: 5\n", "automatic_limit"),
        (SHORT + "automatic_limit:\n  EUE: 5\n", "'EUE' is no currency"),
        (SHORT + "automatic_limit:\n  EUR: 5.00\n", "automatic_limit.EUR: line 5: 5.00 is a float"),
        (SHORT + "automatic_limit:\n  EUR: -5\n", "automatic_limit.EUR"),
        (SHORT + "window_days: 2\n", "window_days: line 4: it stands here twice"),
        (SHORT + "send_back_days: 14.0\n", "send_back_days: line 4: 14.0 is a float"),
        (SHORT + "send_back_days: 010\n", "send_back_days: line 4: 010 is a int"),
        (SHORT + "send_back_days: yes\n", "send_back_days: line 4: yes is a bool"),
        (SHORT + "send_back_days:\n", "send_back_days: line 4: nothing is a null"),
        (SHORT.replace("One day", "2026-01-01"), "title: line 2: 2026-01-01 is a timestamp"),
        (SHORT.replace("id: short", "id: &a short\nrefund_shipping: *a"), "line 2: references"),
        (SHORT + "send_back_days: -1\n", "send_back_days: "),
        (SHORT + "refund_shipping: sometimes\n", "refund_shipping: "),
        (SHORT + "2: 3\n", "line 4: the name of a field"),
        (SHORT + "? [a]\n: 3\n", "line 4: the name of a field"),
        ("id: short\ntitle: One day\n", "window_days: "),
        ("[" * 1200, "policy: "),
    ],
)
def test_what_is_no_policy(text: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        load_policy(text)
    assert says in refused.value.message


def test_a_bad_policy_file_changes_nothing(run: Run, ready: Rooms, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("id: short\ntitle: [")
    answer = run("policy", "publish", file)
    assert (answer.code, answer.out) == (2, "")
    assert "line 2" in answer.err
    assert run("policy", "publish", DEFAULT, "--from", "soon").code == 2
    assert run("policy", "list", "--json").json == []
    assert list(ready.ledger.entries()) == []


def test_publish_is_recorded_once(run: Run, ready: Rooms) -> None:
    first = run("policy", "publish", DEFAULT, "--from", "2026-01-01", "--json")
    assert first.code == 0
    assert run("policy", "publish", DEFAULT, "--from", "2026-01-01", "--json").json == first.json
    assert run("policy", "publish", DEFAULT, "--json").json == first.json  # in force already
    [entry] = ready.ledger.entries()
    assert (entry.kind, entry.policy) == (EntryKind.POLICY_PUBLISHED, first.json["ref"])
    assert entry.key == f"policy:{first.json['ref']}:2026-01-01T00:00:00.000000Z"
    assert ready.ledger.verify().faults == ()


def test_verify_holds_the_published_document_against_its_version(run: Run, ready: Rooms) -> None:
    whole = ROOT / "tests" / "policy" / "whole.yaml"
    assert run("policy", "publish", whole).code == 0
    [entry] = ready.ledger.entries()
    assert sha256(canonical_json(entry.facts["document"])) == entry.facts["version"]
    assert sha256(whole.read_text()) == entry.facts["text"]
    assert ready.ledger.verify().faults == ()
    assert ready.ledger.verify().faults == ()
    _tamper(ready, "UPDATE policies SET document = replace(document, '30', '31')")
    assert [fault.partition(" of ")[0] for fault in ready.ledger.verify().faults] == [
        "the document",
        "what the table",
    ]
    _tamper(ready, "DELETE FROM policies")
    assert "is missing; publish it again" in ready.ledger.verify().faults[0]


def _tamper(rooms: Rooms, statement: str) -> None:
    """What nobody may do: behind the triggers' back."""
    with rooms.engine.begin() as connection:
        triggers = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'policies'"
        ).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)
        for _, sql in triggers:
            connection.exec_driver_sql(sql)


def test_list_says_which_is_in_force(run: Run, ready: Rooms, tmp_path: Path) -> None:
    assert "publish one" in run("policy", "list").out
    file = tmp_path / "short.yaml"
    file.write_text(SHORT)
    run("policy", "publish", file, "--from", "2999-01-01")
    run("policy", "publish", DEFAULT)
    shown = run("policy", "list", "--json").json
    assert [(one["policy"]["id"], one["in_force"]) for one in shown] == [("default", True), ("short", False)]
    assert set(shown[0]) == {"ref", "policy", "version", "effective_from", "in_force"}
    assert "in force" in run("policy", "list").out


def test_publish_without_a_date_takes_effect_now(ready: Rooms) -> None:
    monday, tuesday = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 3, 9, tzinfo=UTC)
    first = publish_policy(ready, DEFAULT.read_text(), None, monday)
    second = publish_policy(ready, SHORT, None, tuesday)
    third = publish_policy(ready, SHORT, None, tuesday.replace(hour=12))
    assert (first.effective_from, second.effective_from) == (monday, tuesday)
    assert third == second
    assert ready.stores.policies.in_force(tuesday) == second


def test_a_date_in_the_past_reaches_back_only_if_that_is_meant(run: Run, ready: Rooms, tmp_path: Path) -> None:
    short = tmp_path / "short.yaml"
    short.write_text(SHORT)
    assert run("policy", "publish", DEFAULT, "--from", "2026-01-01").code == 0  # nothing was there before
    order = json.loads((ROOT / "embedded" / "orders" / "two_rates.json").read_text())["order"]
    ready.stores.orders.put(Order.model_validate(order))  # placed on 2 November 2026
    back = ("policy", "publish", short, "--from", "2026-11-01")
    refused = run(*back)
    assert (refused.code, refused.out) == (2, "")
    assert "that no return has touched would be judged by it (1 imported); add --backdate" in refused.err
    assert len(run("policy", "list", "--json").json) == 1
    assert run(*back, "--backdate").code == 0
    assert run(*back).code == 0  # the same again changes nothing
    clash = run("policy", "publish", DEFAULT, "--from", "2026-11-01", "--backdate")
    assert clash.code == 2
    assert "takes effect at that very moment already" in clash.err


def test_what_check_calls_an_error_is_not_published(run: Run, ready: Rooms, tmp_path: Path) -> None:
    file = tmp_path / "dead.yaml"
    file.write_text(SHORT + "window:\n  - {days: 9, when: {grade: grade_b}}\n")
    answer = run("policy", "publish", file)
    assert (answer.code, answer.out) == (2, "")
    assert "policy check" in answer.err
    assert list(ready.ledger.entries()) == []


def test_a_limit_with_decimals_is_told_its_unit(run: Run, ready: Rooms, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("id: a\ntitle: x\nwindow_days: 30\nautomatic_limit:\n  EUR: 20.00\n")
    answer = run("policy", "publish", tmp_path / "policy.yaml")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "automatic_limit.EUR: line 5: 20.00 is a float to YAML; write a whole number of minor units, "
        "such as 2000 for 20.00 EUR.\n"
    )
