"""What we tell the shopper."""

from __future__ import annotations

from enum import StrEnum

from domain.method import Method
from domain.model import Id, Model
from domain.order import TenderKind
from domain.policy.goods import Proof
from domain.policy.judgement import Keeps
from domain.resolution import Resolution


class NoticeKind(StrEnum):
    """One mail template each."""

    REQUEST_RECEIVED = "request_received"
    WITHDRAWAL_RECEIPT = "withdrawal_receipt"
    """The acknowledgement that the law asks for on a durable medium: content, date and time of the statement."""
    IN_REVIEW = "in_review"
    """The goods may come back; a person decides on the money, so none is promised."""
    EVIDENCE_WANTED = "evidence_wanted"
    APPROVED = "approved"
    DECLINED = "declined"
    REMINDER = "reminder"
    LABEL_EXPIRING = "label_expiring"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTION_DELAYED = "inspection_delayed"
    OFFER = "offer"
    """Less than was quoted; the shopper answers."""
    SENT_BACK = "sent_back"
    """The goods are on their way back to the shopper, and nothing is paid for them."""
    REFUND_SUBMITTED = "refund_submitted"
    REFUND_DONE = "refund_done"
    REFUND_FAILED = "refund_failed"
    STORE_CREDIT = "store_credit"
    EXCHANGE_SHIPPED = "exchange_shipped"
    PAYMENT_DUE = "payment_due"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Nothing was sent in time."""
    LOST = "lost"
    CLOSED = "closed"


class NoticeState(StrEnum):
    """What became of a mail. `owed`: the provider took it not yet, so it is tried again; `unknown`: it may or may not
    have it; `delivered` and `bounced`: what the other side's mail server said; `complained`: the shopper called it
    spam; `refused`: the provider's final no; `skipped`: there was nobody to write to; `dropped`: it was not true any
    more when it could be sent.
    """

    OWED = "owed"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    SKIPPED = "skipped"
    DROPPED = "dropped"


WELL = (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.SKIPPED)
"""Nobody has to look."""
NOT_WELL = (NoticeState.BOUNCED, NoticeState.COMPLAINED, NoticeState.REFUSED)
"""The shopper has it not, or does not want it: a person may write to them otherwise. It never stops money."""


class NoticeReason(Model):
    """Why, for one item. A language has its own sentence for a code that it knows, else `text` stands as it is:
    English, or the merchant's words. `day` is the one that the reason is about."""

    code: str
    text: str
    day: str = ""


class NoticeLine(Model):
    """One item as the shopper knows it.

    `quoted` stands there where `amount` is less than was quoted, `wanted` where the shopper has to show something.
    """

    title: str
    quantity: int
    amount: str = ""
    quoted: str = ""
    reason: str = ""
    reasons: tuple[NoticeReason, ...] = ()
    wanted: Proof = Proof.NONE

    @property
    def declined(self) -> bool:
        """Whether it is not taken back: it has a reason, and no amount."""
        return not self.amount and bool(self.reason or self.reasons)


class NoticePart(Model):
    """What of a refund went to one instrument."""

    to: TenderKind
    amount: str


class Extra(StrEnum):
    """What comes on top of the items, or goes off, until they add up to the total."""

    SHIPPING = "shipping"
    DUTIES = "duties"
    TIP = "tip"
    EXCHANGED = "exchanged"
    RESTOCKING = "restocking"
    RETURN_SHIPPING = "return_shipping"
    LOST_VALUE = "lost_value"
    ROUNDING = "rounding"


class NoticeExtra(Model):
    """One of them with its amount, which begins with a minus where it goes off."""

    what: Extra
    amount: str


class Notice(Model):
    """One message about a return, without personal data: who gets it is read where it is sent.

    Texts are ready for people: amounts printed with their currency, days written out, in the locale's way
    (`domain.printing`). Links that are not http(s) are left out of the mail.
    """

    key: str
    kind: NoticeKind
    case: Id
    order_id: Id
    order_number: str
    customer_id: Id
    locale: str = "en"
    lines: tuple[NoticeLine, ...] = ()
    extras: tuple[NoticeExtra, ...] = ()
    total: str = ""
    quoted_total: str = ""
    """What was quoted, where an offer is less."""
    bonus: str = ""
    """Store credit on top of the total, paid by the shop."""
    resolution: Resolution = Resolution.REFUND
    """What the shopper chose."""
    goods_out: tuple[str, ...] = ()
    """What the shopper gets for the items, ready to read."""
    to_pay: str = ""
    """What it costs more."""
    sent_first: bool = False
    """It may go out before anybody has looked at the items."""
    gave_way: bool = False
    """What the shopper wanted instead of money is not to be had."""
    nothing_left: bool = False
    """Nothing goes back with this return, because all of it had gone back before."""
    refunded: bool = False
    """The refund did not wait for the items."""
    stated_at: str = ""
    """When the shopper's statement reached us, to the second."""
    method: Method | None = None
    """How the items get back, once that is settled."""
    keeps: Keeps | None = None
    """The shopper keeps the items, and nothing is sent."""
    label_url: str = ""
    another_label: bool = False
    """The label takes the place of an earlier one."""
    qr_url: str = ""
    """Instead of a label on paper: a code to show where the parcel is handed in."""
    packing_sheet_url: str = ""
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    action_url: str = ""
    """Where the shopper does what the mail asks for: shows something, answers, pays, or says how it went."""
    send_back_until: str = ""
    reply_until: str = ""
    """The last day to do what the mail asks for."""
    valid_until: str = ""
    """The last day of a label, or of store credit."""
    expected_by: str = ""
    """The day by which we write again."""
    instead: tuple[Resolution, ...] = ()
    """What is possible for what was declined."""
    provider_reference: str = ""
    shows_by: str = ""
    """The last day on which a confirmed refund should show on the statement."""
    parts: tuple[NoticePart, ...] = ()
    """Where a confirmed refund went."""
    reversal: bool = False
    """The charge itself vanishes from the statement, so no refund will show there."""
