"""Protocols of the tables outside the journal. `database.stores` keeps them; rooms and commands see only these."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from domain.backlog import Backlog
from domain.box import Box, BoxEnd, BoxMatch, BoxRow
from domain.event import EndpointState, OutgoingRow
from domain.inbox import InboxEvent, InboxRow, InboxState, Vendor
from domain.model import Model, UtcDatetime
from domain.notice import NoticeState
from domain.order import Contact, Order
from domain.parcel import Tie
from domain.people import Person
from domain.policy import Policy, PublishedPolicy
from domain.policy.words import ShopWords


class Orders(Protocol):
    """The embedded storefront's shelf of orders, as imported last."""

    def put(self, order: Order) -> None:
        """Store an order, replacing an earlier version of it."""

    def get(self, order_id: str) -> Order | None:
        """The order with this id, else with this number."""

    def all(self) -> list[Order]:
        """All orders, newest first by `placed_at`."""

    def newest(self, limit: int) -> list[Order]:
        """So many of them."""


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

    def orders_of(self, customer_id: str) -> list[str]:
        """The ids of a customer's orders, by id."""


class Contacts(Protocol):
    """Personal data by customer id."""

    def put(self, contact: Contact) -> None:
        """Store a contact, replacing an earlier one."""

    def get(self, customer_id: str) -> Contact | None:
        """The contact of a customer; None if unknown or erased."""

    def erase(self, customer_id: str) -> bool:
        """Blank the contact of a customer; whether there was one."""


class Notes(Protocol):
    """Free text by id."""

    def put(self, text: str) -> str:
        """Store a text of at most 2,000 characters (else InvalidRequest) and return its id, `note_...`."""

    def get(self, note_id: str) -> str | None:
        """The text; None if unknown or erased."""

    def erase(self, note_ids: Collection[str]) -> int:
        """Blank these texts, and return how many were not blank before."""


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

    def text(self, ref: str) -> str:
        """The file of a version as it was written first; empty where none was kept."""

    def words(self) -> ShopWords:
        """The tags and groups that any published version asks for."""


class OutboxRow(Model):
    """One mail. `state` is None while it is reserved: handed to the provider, answer not known yet. `reserved_at` is
    when it was tried first, `why` the reason of a state that has one, `resent_at` when it was sent once more because
    nobody knew whether the first had gone out."""

    key: str
    case: str
    kind: str
    state: NoticeState | None
    message_id: str
    reserved_at: UtcDatetime
    why: str = ""
    resent_at: UtcDatetime | None = None


class Outbox(Protocol):
    """Mails by our message key, written before the call, because the provider cannot be searched."""

    def reserve(self, key: str, case: str, kind: str, now: datetime) -> OutboxRow | None:
        """Reserve a key that is new or owed: None if it is ours now, else the row that stands there."""

    def release(self, key: str, why: str = "") -> None:
        """Owe a reserved mail again after a certain no of the provider, so that the next attempt may send."""

    def finish(self, key: str, state: NoticeState, message_id: str = "", why: str = "") -> None:
        """Record what became of it, unless the provider has told more already. Raises KeyError for an unknown key."""

    def take_again(self, key: str, now: datetime) -> bool:
        """Whether the one resending of a mail of unknown outcome is ours now."""

    def give_back(self, key: str, why: str = "") -> None:
        """The provider certainly did not take the resending: the next attempt may."""

    def get(self, key: str) -> OutboxRow | None:
        """One mail."""

    def of_case(self, case: str) -> list[OutboxRow]:
        """All mails of a return, oldest first."""

    def listed(self, states: Sequence[NoticeState | None], limit: int) -> list[OutboxRow]:
        """The newest mails in these states."""

    def backlog(self) -> dict[NoticeState | None, Backlog]:
        """What is reserved, owed or of unknown outcome; states without any are left out."""


class Parcels(Protocol):
    """Which returns have goods in which parcels: many to many."""

    def keep(self, tracking_number: str, case: str, at: datetime) -> None:
        """Tie a number to a return, besides others; the same again keeps its first time."""

    def ties(self, tracking_number: str) -> list[Tie]:
        """The returns with this number, newest first; carriers give a number again after months."""


class Boxes(Protocol):
    """Boxes that nobody announced, and what of them belongs to which return."""

    def keep(self, box: Box, due_at: datetime) -> BoxRow:
        """Store a box, unless one stands under its id already, and return what stands there."""

    def get(self, box_id: str) -> BoxRow | None:
        """The box with this id."""

    def listed(self, *, everything: bool = False, limit: int) -> list[BoxRow]:
        """The boxes that something of belongs to nobody yet, or all; those that are due first come first."""

    def reserve(self, match: BoxMatch) -> BoxRow:
        """Note that a return is told of (some of) a box, unless it stands noted or more than is left is asked for."""

    def release(self, box_id: str, case: str) -> None:
        """The return does not take it: what was noted is left again. What a return has taken stays taken."""

    def finish(self, box_id: str, case: str) -> BoxRow:
        """The return has taken it."""

    def end(self, end: BoxEnd) -> BoxRow:
        """Note what becomes of all that is left, unless something stands noted, or not exactly so much is left."""

    def finish_end(self, box_id: str) -> BoxRow:
        """The units that were left have moved."""

    def blank(self, cases: Collection[str]) -> int:
        """Blank the words on the boxes that these returns had something of; how many had any."""


class Inbox(Protocol):
    """Events of vendors by vendor and event id."""

    def keep(self, events: Sequence[InboxEvent], now: datetime) -> int:
        """Store all that are not there yet, whole or not at all, and return how many those were."""

    def take(self, now: datetime, limit: int, until: datetime) -> list[InboxRow]:
        """The waiting rows whose time has come, oldest first, with this attempt counted.

        They are put off until `until`, so that nobody else takes them, and come again then if we die with them.
        """

    def put_off(self, row: InboxRow, until: datetime, error: str) -> None:
        """It could not be sent; try again then."""

    def settle(self, row: InboxRow, state: InboxState, target: str = "", error: str = "") -> None:
        """It does not wait any more."""

    def ask_again(self, vendor: Vendor, event: str, now: datetime) -> InboxRow | None:
        """Let a row wait again, and send it at once. None if there is no such row, or nothing in it to send."""

    def wake(self, payments: Sequence[str], now: datetime) -> int:
        """An order that was paid with these is known now: let the rows about them that were outside wait again, and
        return how many those are. One that is being sent meanwhile is sent again, because its sender cannot know."""

    def prune(self, before: datetime) -> int:
        """Delete the rows from before then that nothing can come of any more, and return how many those were: all but
        those that wait or are outside."""

    def listed(self, states: Sequence[InboxState], limit: int) -> list[InboxRow]:
        """The newest rows in these states."""

    def counts(self) -> dict[InboxState, int]:
        """How many rows are in each state; those without any are left out."""

    def backlog(self) -> dict[InboxState, Backlog]:
        """All that was not delivered, by state, without counting what was; states without any are left out."""


class Outgoing(Protocol):
    """Events on their way out, by endpoint. Those of one subject are under way together, and with one process only."""

    def place(self, endpoint: str) -> int:
        """The last entry of the journal that was looked at for it; a new one begins at the newest there is."""

    def newest(self) -> int:
        """The seq of the journal's newest entry; 0 if it is empty."""

    def queue(self, endpoint: str, seen: int, upto: int, rows: Sequence[OutgoingRow], now: datetime) -> None:
        """Have these wait and move its place from `seen` to `upto`; nothing if its place is another by now."""

    def again(self, endpoint: str, rows: Sequence[OutgoingRow], now: datetime) -> int:
        """Have these wait once more, and return how many did not wait already."""

    def take(self, endpoint: str, now: datetime, limit: int, until: datetime) -> list[OutgoingRow]:
        """What waits about so many subjects whose time has come, in order; an attempt for the first of each is counted.

        They are put off until `until`, so that nobody else takes them, and come again then if we die with them.
        """

    def record(
        self,
        endpoint: str,
        delivered: Sequence[OutgoingRow],
        failed: Sequence[tuple[OutgoingRow, datetime, str]],
        now: datetime,
    ) -> None:
        """What became of some that were taken: delivered, or to be tried again at a time, and why."""

    def states(self) -> list[EndpointState]:
        """How far each endpoint is that was ever begun, by name."""
