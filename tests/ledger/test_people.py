"""People in the journal and in the table beside it: one truth, and `verify` sees when they differ."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from database.engine import writing
from database.stores import SqlPeople
from domain.errors import Refused
from domain.people import Person, Role
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.people import change, everybody
from ledger.store import SqlLedger
from tests.ledger.entries import AT

ADA = Person(id="ada", role=Role.ADMIN)
FAY = Person(id="fay", role=Role.FINANCE, limits={"EUR": 5000, "JPY": 900}, public_key="A" * 43 + "=")


@pytest.fixture
def people(engine: Engine) -> SqlPeople:
    return SqlPeople(engine)


def hired(ledger: Ledger, people: SqlPeople) -> None:
    change(ledger, people, ADA, "", AT)
    change(ledger, people, FAY, "ada", AT)


def test_every_change_is_an_entry_with_who_did_it(ledger: Ledger, people: SqlPeople) -> None:
    hired(ledger, people)
    gone = FAY.model_copy(update={"active": False})
    change(ledger, people, gone, "ada", AT + timedelta(days=1))
    change(ledger, people, gone, "ada", AT + timedelta(days=2))  # nothing new
    assert [(one.key, one.kind, one.actor) for one in ledger.entries()] == [
        ("person:ada:1", EntryKind.PERSON, "rule:first_admin"),
        ("person:fay:1", EntryKind.PERSON, "ada"),
        ("person:fay:2", EntryKind.PERSON, "ada"),
    ]
    assert people.all() == [ADA, gone]
    assert people.get("fay") == gone
    assert people.get("zoe") is None
    assert {name: one.person for name, one in everybody(ledger).items()} == {"ada": ADA, "fay": gone}
    assert ledger.verify().faults == ()


def test_what_was_said_before_can_be_said_again(ledger: Ledger, people: SqlPeople) -> None:
    hired(ledger, people)
    for active in (False, True, False):
        change(ledger, people, FAY.model_copy(update={"active": active}), "ada", AT)
    assert [one.key for one in ledger.entries()][2:] == ["person:fay:2", "person:fay:3", "person:fay:4"]
    assert ledger.verify().faults == ()


def test_a_refused_change_changes_nothing(ledger: Ledger, people: SqlPeople) -> None:
    hired(ledger, people)
    with pytest.raises(Refused) as no:
        change(ledger, people, FAY.model_copy(update={"limits": {"EUR": 10**9}}), "fay", AT)
    assert no.value.code == "not_admin"
    assert people.get("fay") == FAY
    assert len(list(ledger.entries())) == 2


def test_a_crash_after_the_entry_is_mended_by_the_same_change(ledger: Ledger, people: SqlPeople) -> None:
    class Crashed(SqlPeople):
        def keep(self, person: Person, seq: int) -> None:
            raise KeyboardInterrupt

    hired(ledger, people)
    gone = FAY.model_copy(update={"active": False})
    with pytest.raises(KeyboardInterrupt):
        change(ledger, Crashed(people._engine), gone, "ada", AT)
    assert ledger.verify().faults == ("what the table of people says of fay is not what entry 3 of the journal says",)
    change(ledger, people, gone, "ada", AT)
    assert people.get("fay") == gone
    assert ledger.verify().faults == ()


def test_an_older_word_does_not_come_over_a_newer_one(ledger: Ledger, people: SqlPeople) -> None:
    hired(ledger, people)
    people.keep(ADA.model_copy(update={"role": Role.OPS}), 9)
    people.keep(ADA, 1)
    assert people.get("ada") == ADA.model_copy(update={"role": Role.OPS})


def test_two_first_admins_at_once_are_one(engine: Engine, people: SqlPeople) -> None:
    others = [Person(id="eve", role=Role.ADMIN)]

    class Late(SqlLedger):
        def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
            if others:
                change(SqlLedger(engine), people, others.pop(), "", AT)
            return super().append(entry, seen=seen)

    with pytest.raises(Refused) as no:
        change(Late(engine), people, ADA, "", AT)
    assert no.value.code == "not_admin"
    assert [one.id for one in people.all()] == ["eve"]


def test_a_change_in_between_is_seen_before_another_is_recorded(engine: Engine, people: SqlPeople) -> None:
    hired(SqlLedger(engine), people)
    gone = FAY.model_copy(update={"active": False})
    others = [Person(id="zoe", role=Role.OPS)]

    class Late(SqlLedger):
        def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
            if others:
                change(SqlLedger(engine), people, others.pop(), "ada", AT)
            return super().append(entry, seen=seen)

    change(Late(engine), people, gone, "ada", AT)
    assert [one.key for one in SqlLedger(engine).entries()][2:] == ["person:zoe:1", "person:fay:2"]
    assert people.get("fay") == gone


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("UPDATE people SET limits = '{\"EUR\":900000}' WHERE id = 'fay'", "says of fay is not what entry 2"),
        ("UPDATE people SET public_key = '' WHERE id = 'fay'", "says of fay is not what entry 2"),
        ("UPDATE people SET limits = 'rubbish' WHERE id = 'fay'", "says of fay is not what entry 2"),
        ("UPDATE people SET role = 'king' WHERE id = 'ada'", "says of ada is not what entry 1"),
        ("UPDATE people SET seq = 1 WHERE id = 'fay'", "says of fay is not what entry 2"),
        ("DELETE FROM people WHERE id = 'fay'", "fay is missing among the people, whom entry 2 names"),
        ("INSERT INTO people VALUES ('zoe', 'admin', '{}', '', 1, 1)", "zoe is among the people, but no entry"),
    ],
)
def test_verify_sees_a_table_that_was_changed_by_hand(
    engine: Engine, ledger: Ledger, people: SqlPeople, script: str, fault: str
) -> None:
    hired(ledger, people)
    with writing(engine) as connection:
        connection.exec_driver_sql(script)
    (found,) = ledger.verify().faults
    assert fault in found


def test_the_same_change_puts_right_what_was_changed_by_hand(engine: Engine, ledger: Ledger, people: Any) -> None:
    hired(ledger, people)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE people SET limits = '{\"EUR\":900000}' WHERE id = 'fay'")
    change(ledger, people, FAY, "ada", AT)
    assert people.get("fay") == FAY
    assert ledger.verify().faults == ()
