"""People in the journal: every change is an entry, and the last one about somebody is what holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain import ids
from domain.errors import Refused
from domain.model import Model
from domain.people import Person, may_change
from domain.stores import People
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.deciding import decided

FIRST = "rule:first_admin"
"""Who added the first admin: nobody could be asked yet."""


class Recorded(Model):
    """A person as the newest entry about them says, after so many changes."""

    person: Person
    changes: int
    entry: JournalEntry


def recorded(entries: Iterable[JournalEntry]) -> dict[str, Recorded]:
    """Everybody by id, folded from the entries that belong to no order."""
    found: dict[str, Recorded] = {}
    for entry in entries:
        if entry.kind is EntryKind.PERSON:
            person = Person.model_validate(entry.facts["person"])
            before = found[person.id].changes if person.id in found else 0
            found[person.id] = Recorded(person=person, changes=before + 1, entry=entry)
    return found


def everybody(ledger: Ledger) -> dict[str, Recorded]:
    """Everybody by id, as the journal says."""
    return recorded(ledger.entries(order=""))


def change(ledger: Ledger, people: People, after: Person, by: str, now: datetime) -> Person:
    """Make somebody what `after` says: in the journal first, then in the table that is read.

    A crash between the two leaves a record without effect; the same change again completes it. Raises Refused if `by`
    may not.
    """

    def decide() -> NewEntry | JournalEntry:
        known = everybody(ledger)
        before = known.get(after.id)
        if before is not None and before.person == after:
            return before.entry
        refusal = may_change(after, by, {one: kept.person for one, kept in known.items()})
        if refusal is not None:
            raise Refused(refusal.code, refusal.message)
        facts = {"person": {**after.model_dump(mode="json"), "active": int(after.active)}}
        return NewEntry(
            key=ids.person_key(after.id, before.changes + 1 if before else 1),
            kind=EntryKind.PERSON,
            actor=by if known else FIRST,
            at=now,
            facts=facts,
            asked=facts,
        )

    entry = decided(ledger, "", decide)
    people.keep(after, entry.seq)
    return after
