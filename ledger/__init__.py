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


class EntryKind(StrEnum):
    """What the journal records."""

    POLICY_PUBLISHED = "policy_published"
    PERSON = "person"
    ORDER_OPENED = "order_opened"
    ORDER_EDITED = "order_edited"
    DELIVERY = "delivery"
    DECISION = "decision"
    NEW_LABEL = "new_label"
    """The shopper or staff asked for another label."""
    LABEL = "label"
    LABEL_VOIDED = "label_voided"
    HANDED_OVER = "handed_over"
    """The shopper has shown that the goods were handed over."""
    PARCEL = "parcel"
    """A return has one more parcel than its label's."""
    SCAN = "scan"
    RECEIPT = "receipt"
    INSPECTION = "inspection"
    KEPT = "kept"
    """The shopper keeps the goods, and is paid as if they had come."""
    FINDING = "finding"
    """The warehouse found too few, other or extra goods, an empty box, damage or use."""
    FINDING_SETTLED = "finding_settled"
    """Goods that are not of the return went back, stay, or come by another return."""
    UNINSPECTED = "uninspected"
    """Nobody graded the goods in time, so they are paid as quoted."""
    BOX_FOUND = "box_found"
    """A box came that nobody had announced."""
    BOX_MATCHED = "box_matched"
    """What was in such a box, or some of it, belongs to a return."""
    BOX_ENDED = "box_ended"
    """What nobody claimed of such a box was put away."""
    PLAN = "plan"
    EXPOSURE = "exposure"
    NOT_EARLY = "not_early"
    EARLY_END = "early_end"
    """The goods of a refund that was paid early are here, or never came; what they are worth less, the shopper owes."""
    EARLY_SETTLED = "early_settled"
    OVERRIDE = "override"
    """A person decided otherwise than the policy; in force at once, or when a second person has agreed."""
    OFFER_ANSWERED = "offer_answered"
    """The shopper, or the shop after an appeal, answered an offer of less than was quoted."""
    SENT_BACK = "sent_back"
    """The goods of a return went back to the shopper, who gets no money for them."""
    CHOICE = "choice"
    """The shopper, or staff for them, chose another resolution."""
    APPROVAL = "approval"
    REFUND_SUBMITTED = "refund_submitted"
    REFUND_SETTLED = "refund_settled"
    REFUND_FAILED = "refund_failed"
    REFUND_REVERSED = "refund_reversed"
    """A refund that had succeeded failed late."""
    REFUND_TRACED = "refund_traced"
    """The reference by which the shopper's bank finds a refund."""
    REFUND_UNANSWERED = "refund_unanswered"
    """The provider keeps a fault as its answer to an intention, and has no such refund."""
    CONSENT = "consent"
    """The shopper agrees that what failed to go back to its payment goes another way."""
    REFUND_ELSEWHERE = "refund_elsewhere"
    """A refund that was made outside, in the provider's dashboard or in the shop."""
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_TOLD = "dispute_told"
    """A newer word on a dispute by which nothing changed; what is told later of the time before it counts no more."""
    LATE_PAYMENT = "late_payment"
    """Money that came in after it was not asked for any more."""
    CLEARED = "cleared"
    """What finance cleared off a suspense or owed account."""
    RECONCILED = "reconciled"
    """Journal, refunds and balance of the provider were held against each other."""
    CREDIT_ASKED_BACK = "credit_asked_back"
    """Store credit is to be taken back, because the money that it stood for went another way."""
    CREDIT_TAKEN_BACK = "credit_taken_back"
    GOODWILL = "goodwill"
    RESTOCK = "restock"
    SET_ASIDE = "set_aside"
    """Units of the stock wait to be sent to the shopper of a return; nobody else can have them."""
    SET_FREE = "set_free"
    """They are not sent after all."""
    PROMISED = "promised"
    """What goes out for what comes back, and at which price."""
    PAYMENT_ASKED = "payment_asked"
    """The shopper is to pay what goes out costs more."""
    PAYMENT_CAME = "payment_came"
    """They did."""
    PAYMENT_ENDED = "payment_ended"
    """They did not in time; the page takes no money any more."""
    REPAIR = "repair"
    """What the workshop said."""
    SHIPPED = "shipped"
    """Goods are on their way to the shopper."""
    NOTICE = "notice"
    NOTICE_AGAIN = "notice_again"
    """Staff had a mail made anew."""
    NOTICE_RESENT = "notice_resent"
    """A mail of unknown outcome was sent once more."""
    NOTICE_FAILED = "notice_failed"
    """The provider said later that a mail came back, or that the shopper called it spam."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ASSIGNED = "assigned"
    """Staff said who does what comes next."""
    LOST = "lost"
    """The carrier lost the parcel; its units are paid as if they had come, and stay where they are."""
    LATE_RECEIPT = "late_receipt"
    """Goods came after their return had ended."""
    LATE_DECIDED = "late_decided"
    LATE_CREDIT = "late_credit"
    CARRIER_CLAIM = "carrier_claim"
    """Staff claimed a parcel at the carrier, of which nobody had heard."""
    CARRIER_ANSWER = "carrier_answer"
    EVIDENCE_WANTED = "evidence_wanted"
    EVIDENCE_GIVEN = "evidence_given"
    EVIDENCE_MISSED = "evidence_missed"
    OVERRIDE_LAPSED = "override_lapsed"
    EDITED = "edited"
    """The shopper asked for something else instead; decided anew."""
    COUNT_CORRECTED = "count_corrected"
    REGRADED = "regraded"
    EXTENDED = "extended"
    """Staff gave more time."""
    NOT_UNDONE = "not_undone"
    """A return ended without undoing a step, because nobody could."""
    REFUND_OVERDUE = "refund_overdue"
    """The day on which a refund was due by law has passed without it."""
    FORCE_CLOSED = "force_closed"
    """Staff ended a return before its goods came."""
    CLOSED = "closed"
    ERASED = "erased"
    """A customer's personal data was blanked."""


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
