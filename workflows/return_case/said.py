"""What people may say to a return besides facts of the domain."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Id, Minor, Model, ShortText, Signature


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


class Approve(Model):
    """Agree to the refund of `amount` minor units, or to the `override` of this id, which is worth so much.

    `update_id` is this Update's own id, and part of what is signed.
    """

    by: Id
    amount: Minor
    override: Id | None = None
    update_id: Id
    signature: Signature


class RetryNow(Model):
    """Try the step that waits again at once."""

    by: Id


class Replan(Model):
    """Money of the order went another way: look whether the plan still stands, and make it anew if not."""

    by: Id
