"""What people and carriers may say to a return besides facts of the domain."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Id, Model, ShortText


class Verb(StrEnum):
    """The Updates of a return, by name."""

    CANCEL = "cancel"
    RECORD_SCAN = "record_scan"
    RECEIVE = "receive"
    INSPECT = "inspect"
    RETRY_NOW = "retry_now"


class CancelReason(StrEnum):
    """Why a return is cancelled."""

    CHANGED_MIND = "changed_mind"
    SENT_BY_MISTAKE = "sent_by_mistake"
    STAFF = "staff"


class Cancel(Model):
    """Call the return off. `remark` is for staff, at most 200 characters; do not name people in it."""

    by: Id
    reason: CancelReason = CancelReason.CHANGED_MIND
    remark: ShortText = ""


class RetryNow(Model):
    """Try the step that waits again at once."""

    by: Id
