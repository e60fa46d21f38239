"""People in the journal: every change is an entry, and the last one about somebody is what holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain import ids
from domain.errors import Refused, Stale, Unavailable
from domain.model import Model
from domain.people import Person, may_change
from domain.stores import People
from ledger import EntryKind, JournalEntry, Ledger, NewEntry

FIRST = "rule:first_admin"
"""Who added the first admin: nobody could be asked yet."""

_TRIES = 5


class Recorded(Model):
    """A person as recorded by entry `seq`, after so many changes."""

    person: Person
    changes: int
    seq: int


def recorded(entries: Iterable[JournalEntry]) -> dict[str, Recorded]:
    """Everybody by id, folded from the entries that belong to no order."""
    found: dict[str, Recorded] = {}
    for entry in entries:
        if entry.kind is EntryKind.PERSON:
            person = Person.model_validate(entry.facts["person"])
            before = found[person.id].changes if person.id in found else 0
            found[person.id] = Recorded(person=person, changes=before + 1, seq=entry.seq)
    return found


def everybody(ledger: Ledger) -> dict[str, Recorded]:
    """Everybody by id, as the journal says."""
    return recorded(ledger.entries(order=""))


def change(ledger: Ledger, people: People, after: Person, by: str, now: datetime) -> Person:
    """Make somebody what `after` says: in the journal first, then in the table that is read.

    A crash between the two leaves a record without effect; the same change again completes it. Raises Refused if `by`
    may not.
    """
    for _ in range(_TRIES):
        try:
            kept = _record(ledger, after, by, now)
        except Stale:
            continue
        people.keep(kept.person, kept.seq)
        return kept.person
    raise Unavailable("Others change people at the same time; try again.")


def _record(ledger: Ledger, after: Person, by: str, now: datetime) -> Recorded:
    seen = ledger.last_seq("")
    known = everybody(ledger)
    before = known.get(after.id)
    if before is not None and before.person == after:
        return before
    refusal = may_change(after, by, {one: kept.person for one, kept in known.items()})
    if refusal is not None:
        raise Refused(refusal.code, refusal.message)
    changes = before.changes + 1 if before else 1
    facts = {"person": {**after.model_dump(mode="json"), "active": int(after.active)}}
    entry = ledger.append(
        NewEntry(
            key=ids.person_key(after.id, changes),
            kind=EntryKind.PERSON,
            actor=by if known else FIRST,
            at=now,
            facts=facts,
            asked=facts,
        ),
        seen=seen,
    )
    return Recorded(person=after, changes=changes, seq=entry.seq)
