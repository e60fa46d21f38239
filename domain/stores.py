"""Protocols of the tables outside the journal. `database.stores` keeps them; rooms and commands see only these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.model import Model, UtcDatetime
from domain.notice import NoticeState
from domain.order import Contact, Order
from domain.people import Person
from domain.policy import Policy, PublishedPolicy


class Orders(Protocol):
    """The embedded storefront's shelf of orders, as imported last."""

    def put(self, order: Order) -> None:
        """Store an order, replacing an earlier version of it."""

    def get(self, order_id: str) -> Order | None:
        """The order with this id, else with this number."""

    def all(self) -> list[Order]:
        """All orders, newest first by `placed_at`."""


class Snapshot(Model):
    """An order as it was when first touched; `content` is the SHA-256 of its JSON."""

    order: Order
    content: str


class Snapshots(Protocol):
    """Orders as Backhaul decided on them. A snapshot never changes; a changed order is a new one."""

    def keep(self, order: Order) -> Snapshot:
        """Store the order under its content hash; the same content is stored once."""

    def get(self, order_id: str, content: str) -> Snapshot:
        """One snapshot. Raises KeyError if it was never kept."""


class Contacts(Protocol):
    """Personal data by customer id."""

    def put(self, contact: Contact) -> None:
        """Store a contact, replacing an earlier one."""

    def get(self, customer_id: str) -> Contact | None:
        """The contact of a customer; None if unknown or erased."""


class Notes(Protocol):
    """Free text by id."""

    def put(self, text: str) -> str:
        """Store a text of at most 2,000 characters (else InvalidRequest) and return its id, `note_...`."""

    def get(self, note_id: str) -> str | None:
        """The text; None if unknown or erased."""


class People(Protocol):
    """Who may act, as the journal says; kept beside it to be read by id."""

    def get(self, person: str) -> Person | None:
        """The person with this id; None if nobody is known by it."""

    def all(self) -> Sequence[Person]:
        """Everybody, active or not, by id."""

    def keep(self, person: Person, seq: int) -> None:
        """Store what entry `seq` of the journal says of a person, unless a later entry was stored before."""


class Policies(Protocol):
    """Published policies; a version stays readable for ever."""

    def publish(
        self, policy: Policy, version: str, effective_from: datetime, document: str = "", text: str = ""
    ) -> PublishedPolicy:
        """Store a version with the date it takes effect; the same version and date are stored once.

        `document` is the canonical JSON that the version is the hash of, `text` the file as it was written.
        """

    def in_force(self, at: datetime) -> PublishedPolicy | None:
        """The policy in force at a moment: the newest that had taken effect, else the first ever published."""

    def get(self, ref: str) -> PublishedPolicy | None:
        """The version that a decision or journal entry names (`id@version`)."""


class OutboxRow(Model):
    """One mail. `state` is None while it is reserved: handed to the provider, answer not known yet."""

    key: str
    case: str
    kind: str
    state: NoticeState | None
    message_id: str
    reserved_at: UtcDatetime


class Outbox(Protocol):
    """Mails by our message key, written before the call, because the provider cannot be searched."""

    def reserve(self, key: str, case: str, kind: str, now: datetime) -> OutboxRow | None:
        """Reserve a key: None if it is ours now, else the row that stood there already."""

    def release(self, key: str) -> None:
        """Take a reservation back after a certain no of the provider, so that the next attempt may send."""

    def finish(self, key: str, state: NoticeState, message_id: str = "") -> None:
        """Record what became of it."""

    def of_case(self, case: str) -> list[OutboxRow]:
        """All mails of a return, oldest first."""
