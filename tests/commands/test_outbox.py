"""`starter.py mails`: what became of mails, for whoever looks after them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from database.engine import migrate
from domain.notice import NoticeState
from domain.people import Person, Role
from ledger import EntryKind, NewEntry
from ledger.people import change
from settings import Settings
from tests.commands.conftest import Run
from wiring import rooms

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOLD = {"notice": "approved", "state": "bounced", "message_id": ""}


def fill(home: Path) -> None:
    """One mail in each state, of two returns in turn; the last one is reserved."""
    here = rooms(Settings.load())
    migrate(here.engine)
    for number, state in enumerate([*NoticeState, None]):
        key, at = f"notice:R-{number % 2}:approved:{number}", NOW + timedelta(minutes=number)
        here.stores.outbox.reserve(key, f"R-{number % 2}", "approved", at)
        if state is NoticeState.OWED:
            here.stores.outbox.release(key, "SendGrid cannot take the mail now")
        elif state:
            here.stores.outbox.finish(key, state)
    here.engine.dispose()


def test_mails_are_listed_and_those_that_failed_alone(home: Path, run: Run) -> None:
    fill(home)
    everything = run("mails", "--json").json
    assert [one["state"] for one in everything] == [None, *(state.value for state in reversed(NoticeState))]
    failed = {one["state"] for one in run("mails", "--failed", "--json").json}
    assert failed == {"owed", "bounced", "complained", "unknown", "refused", "dropped", None}
    mine = run("mails", "--return", "R-1", "--json").json
    assert {one["case"] for one in mine} == {"R-1"}
    answer = run("mails", "--failed")
    assert answer.code == 0
    assert "owed        2026-11-21 12:00:00  SendGrid cannot take the mail now" in answer.out
    assert "delivered" not in answer.out


def test_no_mail_is_no_fault(home: Path, run: Run) -> None:
    migrate(rooms(Settings.load()).engine)
    assert run("mails", "--failed").out == "Every mail is out.\n"


def test_a_return_shows_the_mails_that_went_wrong(home: Path, run: Run) -> None:
    fill(home)
    here = rooms(Settings.load())
    here.ledger.append(NewEntry(key="note", kind=EntryKind.NOTICE, case="R-1", actor="mail", at=NOW, facts=TOLD))
    here.engine.dispose()
    answer = run("show", "R-1")
    assert "The mail approved is bounced." in answer.out
    assert "notice: approved bounced" in answer.out
    mails = run("show", "R-1", "--json").json["mails"]
    assert "bounced" in [one["state"] for one in mails]


def test_a_mail_that_is_owed_is_left_out_for_good(home: Path, run: Run) -> None:
    fill(home)
    here = rooms(Settings.load())
    change(here.ledger, here.stores.people, Person(id="ada", role=Role.ADMIN), "ada", NOW)
    (owed,) = [one for one in here.stores.outbox.of_case("R-0") if one.state is NoticeState.OWED]
    assert "nobody who may act" in run("mails", "skip", owed.key, "--by", "zoe").err
    assert run("mails", "skip", owed.key, "--by", "ada", "--json").json["state"] == "skipped"
    assert here.stores.outbox.reserve(owed.key, "R-0", "approved", NOW) is not None  # no attempt may send it now
    entry = here.ledger.find(owed.key)
    assert entry is not None
    assert (entry.actor, entry.facts["state"]) == ("ada", "skipped")
    answer = run("mails", "skip", owed.key, "--by", "ada")
    assert (answer.code, "only one that is owed" in answer.err) == (1, True)
    here.engine.dispose()
