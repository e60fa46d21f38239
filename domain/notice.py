"""What we tell the shopper."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Id, Model
from domain.order import TenderKind


class NoticeKind(StrEnum):
    """One mail template each."""

    APPROVED = "approved"
    IN_REVIEW = "in_review"
    """The goods may come back; a person decides on the money, so none is promised."""
    DECLINED = "declined"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    REFUND_SUBMITTED = "refund_submitted"
    REFUND_DONE = "refund_done"
    REFUND_FAILED = "refund_failed"
    CANCELLED = "cancelled"


class NoticeState(StrEnum):
    """What became of a mail. `unknown`: the provider may or may not have it, so it is not sent again; `delivered` and
    `bounced`: what the other side's mail server said; `refused`: the provider's final no; `skipped`: there was nobody
    to write to."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    SKIPPED = "skipped"


class NoticeLine(Model):
    """One item as the shopper knows it; one with a `reason` and no `amount` was declined."""

    title: str
    quantity: int
    amount: str = ""
    reason: str = ""


class NoticePart(Model):
    """What of a refund went to one instrument."""

    to: TenderKind
    amount: str


class Notice(Model):
    """One message about a return, without personal data: who gets it is read where it is sent.

    Texts are ready for people: amounts printed with their currency, days written out.
    """

    key: str
    kind: NoticeKind
    case: Id
    order_id: Id
    order_number: str
    customer_id: Id
    locale: str = "en"
    lines: tuple[NoticeLine, ...] = ()
    total: str = ""
    nothing_left: bool = False
    """Nothing goes back with this return, because all of it had gone back before."""
    label_url: str = ""
    sheet_url: str = ""
    """The packing sheet."""
    tracking_number: str = ""
    send_back_until: str = ""
    provider_reference: str = ""
    shows_by: str = ""
    """The last day on which a confirmed refund should show on the statement."""
    parts: tuple[NoticePart, ...] = ()
    """Where a confirmed refund went."""
    reversal: bool = False
    """The charge itself vanishes from the statement, so no refund will show there."""
