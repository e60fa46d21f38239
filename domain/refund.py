"""What the payment provider did with one leg of a plan."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, UtcDatetime


class RefundStatus(StrEnum):
    """The provider's word, in Stripe's names. Only `succeeded` is done; a word we do not know is `unknown`."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


FINAL_NO = (RefundStatus.FAILED, RefundStatus.CANCELED)
"""The provider will not pay this one any more."""


PLAN_WITHDRAWN = "plan_withdrawn"
"""Code of Refused where the plan does not stand any more, or less is owed than it pays: it has to be made anew."""


STORED_FAULT = "stored_fault"
"""Reason of a refund whose only answer is a fault that the provider keeps under our key, and that it has not made."""

STORED_FAULT_PATIENCE = timedelta(minutes=10)
"""How far apart two look-ups have to be that find no such refund, before it counts as not made."""


PAID_BY_HAND = "paid_by_hand"
"""Reason of a refund that a person paid another way; its provider's id is the bank's reference."""

ShowsAs = Literal["", "refund", "reversal"]
"""How the shopper sees it on the statement: a credit of its own, or, as a reversal, the charge vanishes."""


class RefundIntention(Model):
    """The exact request to the provider, committed before the call; only this is ever sent under its key."""

    key: str
    case: Id
    order_id: Id
    plan: Annotated[int, Field(strict=True, ge=1)]
    attempt: Annotated[int, Field(strict=True, ge=1)]
    payment: Id
    amount: Minor
    currency: Currency


class Refund(Model):
    """What stands at the provider for one intention. `reason` is the provider's code for a pending or failed one.

    `arn` is the reference by which the shopper's bank finds it, empty until there is one.
    """

    key: str
    provider_id: str
    payment: Id
    amount: Minor
    currency: Currency
    status: RefundStatus
    reason: str = ""
    message: str = ""
    arn: str = ""
    shows_as: ShowsAs = ""
    updated_at: UtcDatetime
