"""What people may say to a return besides facts of the domain."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.model import Id, Minor, Model, ShortText, Signature
from domain.people import SHOPPER
from domain.refund import Another


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


class CloseReason(StrEnum):
    """Why staff ends a return."""

    DUPLICATE = "duplicate"
    SETTLED_OTHERWISE = "settled_otherwise"
    NO_ANSWER = "no_answer"
    SUSPECTED_ABUSE = "suspected_abuse"


class ForceClose(Model):
    """Staff ends the return now. `remark` is for staff, at most 200 characters; do not name people in it."""

    by: Id
    reason: CloseReason
    remark: ShortText = ""


class Uphold(Model):
    """An offer that the shopper appealed was looked at again, and stands. `remark` is for staff, at most 200
    characters; do not name people in it."""

    by: Id
    remark: ShortText = ""


class Assign(Model):
    """Ask a team or a person (`to`) to do what comes next."""

    by: Id
    to: Id


class Resend(Model):
    """Send the mail of this key once more, made anew from how the return stands now."""

    by: Id
    notice: Annotated[str, StringConstraints(max_length=200)]


class Lost(Model):
    """The carrier has answered that it cannot find the parcel."""

    by: Id


class Approve(Model):
    """Agree to the refund of `amount` minor units, or to the `override` of this id, which is worth so much.

    `update_id` is this Update's own id, and part of what is signed.
    """

    by: Id
    amount: Minor
    override: Id | None = None
    update_id: Id
    signature: Signature


class Consented(Model):
    """The shopper agrees that what failed to go back to `payment` goes `to` something else; without a payment it is
    about the only one that failed.

    `by` is the shopper, or who heard it: they say how in `remark`, which stays out of the journal and names no people.
    """

    by: Id
    payment: Id | None = None
    to: Another
    remark: ShortText = ""

    @model_validator(mode="after")
    def _says_how(self) -> Self:
        if self.by != SHOPPER and not self.remark:
            raise ValueError("remark: say how the shopper agreed, such as `by phone, 14:20`")
        return self


class PaidByHand(Model):
    """What waited for a person is paid, with the bank's `reference`; without a payment it is about the only one.

    Whoever has a key signs it, for a payment that is named; then `update_id` is this Update's own id.
    """

    by: Id
    payment: Id | None = None
    reference: Id
    update_id: Id | None = None
    signature: Signature | None = None


class ByHandFailed(Model):
    """What waited for a person did not go, such as for a wrong account; without a payment it is about the only one.

    `reason` says why, as a code; it stays in the journal and names no people and no accounts.
    """

    by: Id
    payment: Id | None = None
    reason: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


class RetryNow(Model):
    """Try the step that waits again at once."""

    by: Id


class Replan(Model):
    """Money of the order went another way: look whether the plan still stands, and make it anew if not."""

    by: Id
