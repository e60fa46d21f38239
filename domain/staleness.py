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

WORTH: Mapping[str, Worth] = MappingProxyType(
    {
        "request_received": _worth(30, *_ARRIVED),
        # The law wants it, so nothing makes it superfluous.
        "withdrawal_receipt": _worth(90),
        "in_review": _worth(30, *_ARRIVED),
        "evidence_wanted": _worth(30, *_ARRIVED),
        # Its label is of use until the parcel is on its way.
        "approved": _worth(30, "scan", *_ARRIVED),
        "declined": _worth(90),
        "reminder": _worth(14, "scan", *_ARRIVED),
        "label_expiring": _worth(7, "scan", *_ARRIVED),
        "in_transit": _worth(14, *_ARRIVED),
        "received": _worth(30, "refund_settled", "closed"),
        "inspection_delayed": _worth(14, "inspection", "refund_settled", "closed"),
        "offer": _worth(30, "refund_submitted", "refund_settled", "closed"),
        "refund_submitted": _worth(14, "refund_settled", "refund_failed", "closed"),
        # Whoever got money back is told so, however late; unless it was taken from them again.
        "refund_done": _worth(90, "refund_reversed"),
        "refund_failed": _worth(90, "refund_settled"),
        "store_credit": _worth(90, "refund_reversed"),
        "exchange_shipped": _worth(30),
        "payment_due": _worth(30, "closed"),
        "cancelled": _worth(30),
        "lost": _worth(90, "receipt"),
        "closed": _worth(14),
    }
)
"""By kind of notice; every kind stands here."""


def stale(kind: NoticeKind, late: timedelta, since: Collection[str]) -> str:
    """Why a mail that is `late` by so much makes no sense any more: the fact of those recorded `since` it was due that
    overtook it, or `too_old`; empty if it does."""
    if late < GRACE:
        return ""
    worth = WORTH[kind]
    overtaken = next((fact for fact in sorted(worth.until) if fact in since), "")
    return overtaken or (TOO_OLD if late > timedelta(days=worth.days) else "")
