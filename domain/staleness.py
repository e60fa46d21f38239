"""Which mails still make sense when they could not be sent for a while. A table, because it is a matter of taste."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from domain.notice import NoticeKind

GRACE = timedelta(hours=1)
"""A mail that is late by less is sent as it is: where everything goes quickly, the next turn is no reason."""
TOO_OLD = "too_old"


class Worth(NamedTuple):
    """How long a mail is true: so many days, and not once one of these facts is recorded (kinds of journal entries)."""

    days: int
    until: frozenset[str] = frozenset()


def _worth(days: int, *until: str) -> Worth:
    return Worth(days, frozenset(until))


_ARRIVED = ("receipt", "cancelled", "closed")

WORTH: Mapping[NoticeKind, Worth] = MappingProxyType(
    {
        NoticeKind.REQUEST_RECEIVED: _worth(30, "label", *_ARRIVED),
        # The law wants it, so nothing makes it superfluous.
        NoticeKind.WITHDRAWAL_RECEIPT: _worth(90),
        NoticeKind.IN_REVIEW: _worth(30, *_ARRIVED),
        NoticeKind.EVIDENCE_WANTED: _worth(30, *_ARRIVED),
        # Its label is of use until the parcel is on its way.
        NoticeKind.APPROVED: _worth(30, "scan", *_ARRIVED),
        NoticeKind.DECLINED: _worth(90),
        NoticeKind.REMINDER: _worth(14, "scan", *_ARRIVED),
        NoticeKind.LABEL_EXPIRING: _worth(7, "scan", *_ARRIVED),
        NoticeKind.IN_TRANSIT: _worth(14, *_ARRIVED),
        NoticeKind.RECEIVED: _worth(30, "refund_settled", "closed"),
        NoticeKind.INSPECTION_DELAYED: _worth(14, "inspection", "refund_settled", "closed"),
        NoticeKind.OFFER: _worth(30, "offer_answered", "refund_submitted", "refund_settled", "closed"),
        NoticeKind.SENT_BACK: _worth(30),
        NoticeKind.REFUND_SUBMITTED: _worth(14, "refund_settled", "refund_failed", "closed"),
        # Whoever got money back is told so, however late; unless it was taken from them again.
        NoticeKind.REFUND_DONE: _worth(90, "refund_reversed"),
        NoticeKind.REFUND_FAILED: _worth(90, "refund_settled"),
        NoticeKind.STORE_CREDIT: _worth(90, "refund_reversed"),
        NoticeKind.EXCHANGE_SHIPPED: _worth(30),
        NoticeKind.PAYMENT_DUE: _worth(30, "closed"),
        NoticeKind.CANCELLED: _worth(30),
        NoticeKind.EXPIRED: _worth(30, "receipt"),
        NoticeKind.LOST: _worth(90, "receipt"),
        NoticeKind.CLOSED: _worth(14),
    }
)
"""Every kind of notice stands here."""


def stale(kind: NoticeKind, late: timedelta, since: Collection[str]) -> str:
    """Why a mail that is `late` by so much makes no sense any more: the fact of those recorded `since` it was due that
    overtook it, or `too_old`; empty if it does."""
    if late < GRACE:
        return ""
    worth = WORTH[kind]
    overtaken = next((fact for fact in sorted(worth.until) if fact in since), "")
    return overtaken or (TOO_OLD if late > timedelta(days=worth.days) else "")
