"""Where a return stands, for lists and for people."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Model, UtcDatetime


class Stage(StrEnum):
    """Where a return stands, for lists."""

    REQUESTED = "requested"
    APPEAL = "appeal"
    REVIEW = "review"
    LABEL = "label"
    AWAITING_PARCEL = "awaiting_parcel"
    IN_TRANSIT = "in_transit"
    INSPECTION = "inspection"
    REFUND = "refund"
    REMEDY = "remedy"
    """Goods for goods: what is missing is paid, the workshop mends, or a parcel is packed."""
    CLOSING = "closing"
    CLOSED = "closed"


class Trouble(Model):
    """A step that got no answer and waits: who is needed, for what, and when it is tried again by itself."""

    owner: str
    step: str
    message: str
    retry_at: UtcDatetime | None = None
    due_at: UtcDatetime
    """When somebody should have looked: the next try by itself, or where there is none, a working day later."""


class NextAction(Model):
    """What happens next, who does it, and until when."""

    owner: str
    action: str
    due_at: UtcDatetime | None = None
