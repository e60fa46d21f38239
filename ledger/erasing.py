"""Erasing a customer: what of theirs the journal points at is blanked, the journal itself stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count

from domain import ids
from domain.errors import Refused
from domain.model import Id, Model
from domain.people import Role, may_record
from domain.stores import Boxes, Contacts, Notes, People, Snapshots
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.deciding import decided

_NOTE = re.compile(r"note_[a-z0-9]{8,40}")

RemoveFiles = Callable[[Collection[str]], int]
"""Removes the files whose names begin with one of these words, and returns how many there were."""


class EraseCustomer(Model):
    """Who is erased, and who says so; `anyway` although a return still runs."""

    customer: Id
    by: Id
    anyway: bool = False


class Belongings(Model):
    """What a customer has here. `entries` of the journal are about their orders; `stems` is what the names of their
    label files begin with."""

    customer: str
    orders: tuple[str, ...]
    cases: tuple[str, ...]
    running: tuple[str, ...]
    notes: tuple[str, ...]
    stems: tuple[str, ...]
    entries: int


class Erased(Model):
    """What was blanked; `seq` is the entry of the journal that says so."""

    belongings: Belongings
    contacts: int
    notes: int
    files: int
    boxes: int
    seq: int
    before: int
    """How often this customer had been erased before."""

    @property
    def anything(self) -> bool:
        """Whether there was something to blank."""
        return bool(self.contacts or self.notes or self.files or self.boxes)


class Erasing:
    """Blanks contacts, notes, label files and the words on boxes, has the database forget them, and records it."""

    def __init__(
        self,
        ledger: Ledger,
        snapshots: Snapshots,
        contacts: Contacts,
        notes: Notes,
        boxes: Boxes,
        people: People,
        remove_files: RemoveFiles,
        scrub: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._snapshots = snapshots
        self._contacts = contacts
        self._notes = notes
        self._boxes = boxes
        self._people = people
        self._remove_files = remove_files
        self._scrub = scrub

    def erase(self, ask: EraseCustomer, now: datetime) -> Erased:
        """Erase a customer. After a crash, or with new data, the same call erases what is left.

        Raises Refused if whoever says so may not, if nobody is known by this id, or if a return of theirs still runs,
        unless `anyway`; Unavailable if the database's files could not be cleaned: then it has to be called again.
        """
        customer = ask.customer
        refusal = may_record(self._people.get(ask.by), ask.by, (Role.OPS, Role.ADMIN))
        if refusal is not None:
            raise Refused(refusal.code, refusal.message)
        found = self.belongings(customer)
        before = self._times(customer)
        if not found.orders and not before and self._contacts.get(customer) is None:
            raise Refused(
                "not_found", f"Nobody is known as customer {customer}; the id is the shop's own, as in orders"
            )
        if found.running and not ask.anyway:
            raise Refused("still_running", _still(found))
        erased = Erased(
            belongings=found,
            contacts=int(self._contacts.erase(customer)),
            notes=self._notes.erase(found.notes),
            files=self._remove_files(found.stems),
            boxes=self._boxes.blank(found.cases),
            seq=0,
            before=before,
        )
        # Also where nothing was left: the first attempt may have died before this.
        self._scrub()
        return erased.model_copy(update={"seq": self._record(erased, ask.by, now)})

    def belongings(self, customer: str) -> Belongings:
        """What a customer has here, as the journal knows it."""
        orders = self._snapshots.orders_of(customer)
        entries = [entry for order in orders for entry in self._ledger.entries(order=order)]
        cases = dict.fromkeys(one.case for one in entries if one.case)
        closed = {one.case for one in entries if one.kind is EntryKind.CLOSED}
        numbers = [str(one.facts["label"]["tracking_number"]) for one in entries if one.kind is EntryKind.LABEL]
        return Belongings(
            customer=customer,
            orders=tuple(orders),
            cases=tuple(cases),
            running=tuple(one for one in cases if one not in closed),
            notes=tuple(dict.fromkeys(note for one in entries for note in _notes(one.facts))),
            # A packing sheet is named after its return, a label after its parcel.
            stems=(*map(ids.sheet_stem, cases), *filter(None, numbers)),
            entries=len(entries),
        )

    def _times(self, customer: str) -> int:
        """How often this customer was erased."""
        return next(number for number in count() if self._ledger.find(ids.erased_key(customer, number + 1)) is None)

    def _record(self, erased: Erased, by: str, now: datetime) -> int:
        customer, found = erased.belongings.customer, erased.belongings

        def decide() -> NewEntry | JournalEntry:
            number = self._times(customer)
            last = self._ledger.find(ids.erased_key(customer, number)) if number else None
            if last is not None and not erased.anything:
                return last
            counts = erased.model_dump(include={"contacts", "notes", "files", "boxes"})
            return NewEntry(
                key=ids.erased_key(customer, number + 1),
                kind=EntryKind.ERASED,
                actor=by,
                reasons=("while_returns_run",) if found.running else (),
                at=now,
                facts={"customer": customer, "returns": list(found.cases), **counts},
                asked={"customer": customer},
            )

        return decided(self._ledger, "", decide).seq


def _still(found: Belongings) -> str:
    running = found.running
    more = f" and {len(running) - 5} more" if len(running) > 5 else ""
    return (
        f"Of customer {found.customer} {', '.join(running[:5])}{more} still run: a label or a mail may need the "
        "address. Wait until they have closed, call them off, or erase all the same with --anyway"
    )


def _notes(told: object) -> Iterator[str]:
    """The ids of notes anywhere in an entry's facts."""
    if isinstance(told, str):
        if _NOTE.fullmatch(told):
            yield told
    elif isinstance(told, Mapping):
        for inner in told.values():
            yield from _notes(inner)
    elif isinstance(told, Sequence):
        for inner in told:
            yield from _notes(inner)
