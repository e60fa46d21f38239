"""The mail room's neighbours in memory. Each burns a step of the fuse before and after its effect, so that a test can
kill the process at every point where the world has changed or is about to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from activities.mail import Letter
from domain.backlog import Backlog
from domain.errors import KeyConflict
from domain.notice import NoticeState
from domain.order import Contact
from domain.stores import OutboxRow
from ledger import JournalEntry, NewEntry


class Killed(BaseException):
    """The process ends here; no `except Exception` sees it."""


class Fuse:
    """Kills at a step, once."""

    def __init__(self, at: int | None = None) -> None:
        self.steps = 0
        self._at = at

    def restart(self, at: int | None) -> None:
        self.steps, self._at = 0, at

    def burn(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            raise Killed


class FakeOutbox:
    def __init__(self, fuse: Fuse) -> None:
        self.rows: dict[str, OutboxRow] = {}
        self._fuse = fuse

    def backlog(self) -> dict[NoticeState | None, Backlog]:
        raise NotImplementedError

    def reserve(self, key: str, case: str, kind: str, now: datetime) -> OutboxRow | None:
        self._fuse.burn()
        standing = self.rows.get(key)
        if standing is not None and standing.state is NoticeState.OWED:
            self._set(key, state=None, why="")
            standing = None
        elif standing is None:
            self.rows[key] = OutboxRow(key=key, case=case, kind=kind, state=None, message_id="", reserved_at=now)
        self._fuse.burn()
        return standing

    def release(self, key: str, why: str = "") -> None:
        self._fuse.burn()
        self._set(key, state=NoticeState.OWED, why=why)
        self._fuse.burn()

    def finish(self, key: str, state: NoticeState, message_id: str = "", why: str = "") -> None:
        self._fuse.burn()
        self._set(key, state=state, message_id=message_id, why=why)
        self._fuse.burn()

    def take_again(self, key: str, now: datetime) -> bool:
        self._fuse.burn()
        free = self.rows[key].state is NoticeState.UNKNOWN and self.rows[key].resent_at is None
        if free:
            self._set(key, resent_at=now)
        self._fuse.burn()
        return free

    def give_back(self, key: str, why: str = "") -> None:
        self._fuse.burn()
        self._set(key, resent_at=None, why=why)
        self._fuse.burn()

    def get(self, key: str) -> OutboxRow | None:
        self._fuse.burn()
        return self.rows.get(key)

    def listed(self, states: Sequence[NoticeState | None], limit: int) -> list[OutboxRow]:
        raise NotImplementedError

    def _set(self, key: str, **changed: object) -> None:
        self.rows[key] = self.rows[key].model_copy(update=changed)

    def of_case(self, case: str) -> list[OutboxRow]:
        return [row for row in self.rows.values() if row.case == case]


class FakeLedger:
    """Only what the mail room uses."""

    def __init__(self, fuse: Fuse) -> None:
        self.recorded: dict[str, tuple[NewEntry, JournalEntry]] = {}
        self._fuse = fuse

    def find(self, key: str) -> JournalEntry | None:
        self._fuse.burn()
        return self.recorded[key][1] if key in self.recorded else None

    def entries(self, *, case: str) -> Iterator[JournalEntry]:
        return (written for _, written in self.recorded.values() if written.case == case)

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        self._fuse.burn()
        if entry.key in self.recorded and self.recorded[entry.key][0].asked != entry.asked:
            raise KeyConflict(entry.key)
        written = JournalEntry(seq=len(self.recorded) + 1, hash="", **entry.model_dump(exclude={"asked"}))
        self.recorded.setdefault(entry.key, (entry, written))
        self._fuse.burn()
        return self.recorded[entry.key][1]


class FakeContacts:
    def __init__(self, *contacts: Contact) -> None:
        self.contacts = {contact.customer_id: contact for contact in contacts}

    def put(self, contact: Contact) -> None:
        self.contacts[contact.customer_id] = contact

    def get(self, customer_id: str) -> Contact | None:
        return self.contacts.get(customer_id)

    def erase(self, customer_id: str) -> bool:
        return self.contacts.pop(customer_id, None) is not None


class FakeMail:
    """Answers with the outcomes it was given, in turn; then takes everything."""

    def __init__(self, fuse: Fuse, *outcomes: Exception) -> None:
        self.taken: list[Letter] = []
        self.calls = 0
        self._outcomes = list(outcomes)
        self._fuse = fuse

    def send(self, letter: Letter) -> str:
        self.calls += 1
        self._fuse.burn()
        if self._outcomes:
            raise self._outcomes.pop(0)
        self.taken.append(letter)
        self._fuse.burn()
        return f"message-{len(self.taken)}"
