"""`starter.py inbox`: what vendors told and nobody has taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from database.engine import migrate
from domain.inbox import InboxEvent, InboxState, Vendor
from settings import Settings
from tests.commands.conftest import Run
from tests.portal.fakes import NOW, event, refund
from wiring import rooms


def fill(home: Path) -> None:
    """One of each but waiting, which is the newest."""
    here = rooms(Settings.load())
    migrate(here.engine)
    broken = InboxEvent(vendor=Vendor.STRIPE, event="evt_0", kind="refund.updated", told=None, fault="amount: missing")
    here.stores.inbox.keep([broken, *(event(f"evt_{number}", refund()) for number in (1, 2, 3))], NOW)
    first, second, third = here.stores.inbox.take(NOW, 9, NOW)
    here.stores.inbox.settle(first, InboxState.DELIVERED, "return-R-1")
    here.stores.inbox.settle(second, InboxState.REFUSED, "return-R-1", "That is another refund.")
    here.stores.inbox.settle(third, InboxState.OUTSIDE, error="No known order was paid with pi_1.")
    here.stores.inbox.keep([event("evt_4", refund())], NOW)
    here.engine.dispose()


def test_what_was_not_delivered_is_listed_with_its_reason(home: Path, run: Run) -> None:
    fill(home)
    shown = {row["id"]: (row["state"], row["error"], row["target"]) for row in run("inbox", "--json").json}
    assert shown == {
        "stripe:evt_0": ("unreadable", "amount: missing", ""),
        "stripe:evt_2": ("refused", "That is another refund.", "return-R-1"),
        "stripe:evt_3": ("outside", "No known order was paid with pi_1.", ""),
        "stripe:evt_4": ("waiting", "", ""),
    }
    answer = run("inbox")
    assert answer.code == 0
    assert "stripe:evt_2  refund.updated  refused" in answer.out
    assert "stripe:evt_1" not in answer.out
    assert [row["id"] for row in run("inbox", "--all", "--json").json if row["state"] == "delivered"] == [
        "stripe:evt_1"
    ]


def test_one_is_sent_again(home: Path, run: Run) -> None:
    fill(home)
    again = run("inbox", "--retry", "stripe:evt_2", "--json")
    assert (again.code, again.json["state"], again.json["asked"]) == (0, "waiting", 1)
    assert "evt_2" in run("inbox", "--retry", "stripe:evt_2").out
    for name, code, words in (
        ("stripe:evt_0", 1, "no event stripe:evt_0 that could be sent"),
        ("stripe:evt_9", 1, "no event stripe:evt_9 that could be sent"),
        ("paypal:evt_1", 2, "--retry"),
        ("evt_1", 2, "--retry"),
    ):
        answer = run("inbox", "--retry", name)
        assert (answer.code, answer.out) == (code, "")
        assert words in answer.err


def test_what_only_a_person_mends_is_counted(home: Path, run: Run) -> None:
    fill(home)
    wanted = "Somebody has to look: 1 refused and 1 unreadable (docs/webhooks.md).\n"
    assert run("inbox").out.endswith(wanted)
    answer = run("inbox", "--check")
    assert (answer.code, answer.out, answer.err) == (1, wanted, "")
    counted = run("inbox", "--check", "--json")
    states = dict.fromkeys(("delivered", "outside", "refused", "unreadable", "waiting"), 1)
    assert (counted.code, counted.json) == (1, states)


def test_what_is_settled_and_old_is_deleted(home: Path, run: Run) -> None:
    fill(home)
    too_soon = run("inbox", "prune", "--older-than", "6")
    assert (too_soon.code, "keep 7 at least" in too_soon.err) == (2, True)
    assert run("inbox", "prune", "--older-than", "36000", "--json").json == {"deleted": 0}
    here = rooms(Settings.load())
    assert here.stores.inbox.prune(NOW + timedelta(days=1)) == 3
    here.engine.dispose()
    assert {row["state"] for row in run("inbox", "--all", "--json").json} == {"outside", "waiting"}
    check = run("inbox", "--check")
    assert (check.code, check.out) == (0, "Nothing that vendors told us waits for a person.\n")


def test_with_nothing_in_it_that_is_said(home: Path, run: Run) -> None:
    migrate(rooms(Settings.load()).engine)
    assert run("inbox").out == "Nothing waits: whatever vendors told us was delivered.\n"
    assert run("inbox", "--json").json == []
