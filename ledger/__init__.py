"""The ledger: accounts that guard every limit, transfers between them, and the journal of facts that moved them.

`a -> b` debits a and credits b. A transfer is single or pending; a pending one is posted in one or several parts and
its rest voided, each by a new row that names it. Nothing here knows SQL; `ledger.store` keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Protocol, Self

from pydantic import Field, StringConstraints, model_validator

from domain.model import Model, UtcDatetime
from ledger.kinds import EntryKind as EntryKind

UNITS = "UNITS"
"""The commodity of goods; money's commodity is its currency."""

DEBIT_NORMAL = ("tender", "receivable")
GUARDED = ("tender", "order", "paid", "with_customer", "returning", "box", "stock", "sending", "exposure")
"""Kinds of account (the part before the first colon) whose posted balance less pending outflows stays >= 0."""


class TransferKind(StrEnum):
    """`single` moves at once; `pending` reserves; `post` and `void` finish (a part of) a pending one."""

    SINGLE = "single"
    PENDING = "pending"
    POST = "post"
    VOID = "void"


Name = Annotated[str, StringConstraints(min_length=1)]
"""A key, an account or a commodity."""

NUMBERED = "credit_note"
"""The fact that is numbered: `series` and `number` are added to it as it is recorded."""


class Transfer(Model):
    """`amount` of one commodity from account `debit` to account `credit`. `key` is unique for ever.

    For post and void, `pending` is the key of the transfer that they finish; accounts and commodity repeat its own.
    """

    key: Name
    kind: TransferKind = TransferKind.SINGLE
    debit: Name
    credit: Name
    commodity: Name
    amount: Annotated[int, Field(strict=True, gt=0, le=10**15)]
    pending: str = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.debit == self.credit:
            raise ValueError(f"{self.key} moves from {self.debit} to itself")
        if bool(self.pending) is not (self.kind in (TransferKind.POST, TransferKind.VOID)):
            raise ValueError(f"{self.key}: a post or void names the pending transfer that it finishes, no other does")
        return self


FACTS = (
    EntryKind.ORDER_EDITED,
    EntryKind.REFUND_ELSEWHERE,
    EntryKind.DISPUTE_LOST,
    EntryKind.REFUND_SETTLED,
    EntryKind.REFUND_REVERSED,
)
"""What happened whether we allow it or not: on the accounts of the outside, `UNCHECKED`, no guard refuses it."""
UNCHECKED = ("tender", "order", "with_customer")


class NewEntry(Model):
    """A fact to be recorded. `facts` and `asked` hold integers and text only, nested.

    `asked` is what the caller asked for (ids, quantities, amounts; never times or results): the same key with the
    same `asked` gets the recorded entry back, with another it is a KeyConflict. An entry that issues a credit note
    names the `series` of which the note takes the next number.
    """

    key: Name
    kind: EntryKind
    order: str = ""
    case: str = ""
    actor: Name
    reasons: tuple[str, ...] = ()
    policy: str = ""
    at: UtcDatetime
    facts: Mapping[str, Any] = {}
    asked: Mapping[str, Any] = {}
    transfers: tuple[Transfer, ...] = ()
    series: str = ""

    @model_validator(mode="after")
    def _is_numbered(self) -> Self:
        if bool(self.series) is not (NUMBERED in self.facts):
            raise ValueError(f"{self.key}: a credit note names its series, and nothing else has one")
        return self


class JournalEntry(Model):
    """A recorded fact. `hash` is SHA-256 over the previous hash and the entry's canonical JSON."""

    seq: int
    key: str
    kind: EntryKind
    order: str
    case: str
    actor: str
    reasons: tuple[str, ...]
    policy: str
    at: UtcDatetime
    facts: Mapping[str, Any]
    transfers: tuple[Transfer, ...]
    hash: str


class Balance(Model):
    """One account in one commodity, on its normal side: `posted`, and what pending transfers would take or bring."""

    account: str
    commodity: str
    posted: int
    pending_out: int
    pending_in: int

    @property
    def available(self) -> int:
        """What a guarded account can still give."""
        return self.posted - self.pending_out


class Verification(Model):
    """What `verify` found. `faults` are sentences, the first bad entry first; empty means that all holds.

    `open_accounts` are `owed` accounts of closed returns and `suspense` accounts that are not zero: work for finance.
    """

    entries: int
    head: str
    faults: tuple[str, ...] = ()
    open_accounts: tuple[str, ...] = ()


class Ledger(Protocol):
    """The journal and its accounts. `append` is the only writer."""

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        """Write one entry with its transfers, whole or not at all.

        `seen` is the order's last seq as read before deciding; if the order has moved on, nothing is written.
        Raises Stale, KeyConflict, OverLimit (a guarded account would fall below zero) and Refused `not_pending`
        (a post or void of more than is still pending).
        """

    def find(self, key: str) -> JournalEntry | None:
        """The entry recorded under a key."""

    def last_seq(self, order: str) -> int:
        """The seq of an order's newest entry; 0 if there is none."""

    def entries(self, *, order: str | None = None, case: str | None = None, after: int = 0) -> Iterator[JournalEntry]:
        """Entries in order of seq, streamed; those of one order or one case if named."""

    def numbered(self, of: str | None = None, number: int | None = None) -> Iterator[JournalEntry]:
        """Entries that took a number, in order of seq, streamed; those of one series, or with one number, if named."""

    def balance(self, account: str, commodity: str) -> Balance:
        """One balance; zeros for an account never touched."""

    def balances(self, prefix: str = "") -> Iterable[Balance]:
        """All balances of accounts whose name begins with `prefix`, by name."""

    def pending_left(self, transfer: str) -> int:
        """What of a pending transfer is neither posted nor voided; 0 if there is no such transfer."""

    def order_of(self, payment: str) -> str | None:
        """The order that was paid with a payment; None if none that was ever touched."""

    def verify(self) -> Verification:
        """Recompute everything: chain, transfers, guards and balances."""

    def head_fault(self) -> str:
        """What is wrong with the journal's last entries, by their hashes alone; empty if nothing is. It is quick."""
