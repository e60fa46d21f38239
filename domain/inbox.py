"""What vendors tell us by webhook, as far as we act on it; each event counts once by the vendor's own id of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.model import Id, Model, UtcDatetime
from domain.news import DisputeNews, PaymentNews, RefundNews
from domain.notice import NoticeState
from domain.parcel import Scan


class Vendor(StrEnum):
    """Who sends webhooks."""

    STRIPE = "stripe"
    SENDGRID = "sendgrid"
    EASYPOST = "easypost"


class InboxState(StrEnum):
    """What became of an event. Only one that is waiting is ever sent again by itself."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    OUTSIDE = "outside"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


EventId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._=-]{1,100}$")]
"""A vendor's id of an event; SendGrid's are longer than ours may be, and begin with anything."""


class ScanNews(Model):
    """A carrier saw a parcel."""

    kind: Literal["scan"] = "scan"
    scan: Scan


class MailNews(Model):
    """What became of a mail at its provider, by our message key. Whose mail it is and why it came back stay there."""

    kind: Literal["mail"] = "mail"
    key: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,500}$")]
    state: NoticeState
    message_id: Annotated[str, StringConstraints(pattern=r"^[!-~]{0,100}$")] = ""
    at: UtcDatetime


Told = Annotated[RefundNews | DisputeNews | PaymentNews | ScanNews | MailNews, Field(discriminator="kind")]


class InboxEvent(Model):
    """One event of a kind that we act on. Without `told` it could not be read; `fault` says what was wrong with it."""

    vendor: Vendor
    event: EventId
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_.]{1,64}$")]
    told: Told | None
    fault: str = ""


class InboxRow(InboxEvent):
    """A stored event. `target` is the return, order or mail it went to or belongs to, `error` why the last attempt did
    not end it, `asked` how often a person had it sent again, `next_try` None once it does not wait."""

    state: InboxState
    target: str = ""
    attempts: int = 0
    asked: int = 0
    error: str = ""
    next_try: UtcDatetime | None = None
    received_at: UtcDatetime

    @property
    def id(self) -> str:
        """How people name it: `stripe:evt_1`."""
        return f"{self.vendor}:{self.event}"

    @property
    def subject(self) -> Id | str:
        """What it is about at the vendor: events about the same thing are sent on in the order in which they came."""
        match self.told:
            case RefundNews(refund=subject) | DisputeNews(dispute=subject) | PaymentNews(payment=subject):
                return subject
            case ScanNews(scan=scan):
                return scan.tracking_number
            case MailNews(key=key):
                return key
        return self.event


_FINAL: Mapping[NoticeState, int] = MappingProxyType(
    {
        NoticeState.OWED: 0,
        NoticeState.UNKNOWN: 1,
        NoticeState.SENT: 2,
        NoticeState.DELIVERED: 3,
        NoticeState.REFUSED: 4,
        NoticeState.BOUNCED: 5,
        # Whoever calls a mail spam has it.
        NoticeState.COMPLAINED: 6,
        NoticeState.SKIPPED: 7,
        NoticeState.DROPPED: 8,
    }
)


def later(known: NoticeState | None, told: NoticeState) -> NoticeState:
    """The state that holds, whichever of the two was heard first: what a provider tells comes in any order."""
    return told if known is None or _FINAL[told] > _FINAL[known] else known
