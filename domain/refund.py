"""What the payment provider did with one leg of a plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.order import TenderKind


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


PAID_BY_PEOPLE = (TenderKind.BANK, TenderKind.CASH_ON_DELIVERY, TenderKind.UNKNOWN)
"""Nothing can be sent back by itself to what was paid with these."""

BY_HAND = "by_hand"
"""Reason of a pending refund that a person has to pay."""

PAID_BY_HAND = "paid_by_hand"
"""Reason of a refund that a person has paid; its provider's id is the bank's reference."""

NOT_PAID_BY_HAND = "not_paid_by_hand"
"""Reason of a refund that a person could not pay, such as for a wrong account; `message` says why."""

Another = Literal[TenderKind.STORE_CREDIT, TenderKind.BANK]
"""What a refund may go to instead of its payment, if the shopper agrees; to a bank account a person pays it."""

CHARGED_BACK = "charged_back"
"""Reason of a refund that the provider refuses because a dispute of its payment was lost; it does so for ever."""

_NO_WAY_BACK = (
    # The card is gone, or its bank does not take the money.
    "expired_or_canceled_card",
    "lost_or_stolen_card",
    "declined",
    "unknown",
    # The method knows no refunds, or the payment is too old for one.
    "charge_not_refundable",
    # The gift card is gone.
    "not_found",
    "currency_mismatch",
    # The bank has taken the payment back for good.
    CHARGED_BACK,
    NOT_PAID_BY_HAND,
)
"""The provider's reasons that say something of where the money should go; it will not get there on a later try."""

ShowsAs = Literal["", "refund", "reversal"]
"""How the shopper sees it on the statement: a credit of its own, or, as a reversal, the charge vanishes."""


class RefundIntention(Model):
    """The exact request to the provider, committed before the call; only this is ever sent under its key.

    `kind` is the payment's, `instead` what it goes to in its place with the shopper's consent. `customer` is whose
    store credit it becomes, and `bonus` comes on top of that. `paid_by` a person if nothing here could send it when it
    was made, whatever is configured later.
    """

    key: str
    case: Id
    order_id: Id
    plan: Annotated[int, Field(strict=True, ge=1)]
    attempt: Annotated[int, Field(strict=True, ge=1)]
    payment: Id
    amount: Minor
    currency: Currency
    kind: TenderKind = TenderKind.CARD
    instead: Another | Literal[""] = ""
    customer: Id | Literal[""] = ""
    bonus: Minor = 0
    paid_by: Literal["provider", "person"] = "provider"

    @property
    def given(self) -> int:
        """All that is sent, in minor units."""
        return self.amount + self.bonus

    @property
    def to(self) -> TenderKind:
        """What the money goes to."""
        return self.instead or self.kind

    def refund(
        self,
        status: RefundStatus,
        at: datetime,
        provider_id: str = "",
        *,
        reason: str = "",
        message: str = "",
        arn: str = "",
        shows_as: ShowsAs = "",
    ) -> Refund:
        """What stands for it at a moment; without an id the provider has no such refund, or nobody knows of one."""
        return Refund(
            key=self.key,
            provider_id=provider_id,
            payment=self.payment,
            amount=self.amount,
            currency=self.currency,
            status=status,
            reason=reason,
            message=message,
            arn=arn,
            shows_as=shows_as,
            instead=self.instead,
            bonus=self.bonus,
            updated_at=at,
        )


class Refund(Model):
    """What stands at the provider for one intention. `reason` is the provider's code for a pending or failed one.

    `arn` is the reference by which the shopper's bank finds it, empty until there is one. `instead` is what it went to
    in place of its payment, `bonus` the store credit that came on top.
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
    instead: Another | Literal[""] = ""
    bonus: Minor = 0
    updated_at: UtcDatetime

    @property
    def on_its_way(self) -> bool:
        """Whether the provider has it and asks nobody for anything; what it says no to, or a person pays, is not."""
        return bool(self.provider_id) and self.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)

    @property
    def no_way_back(self) -> bool:
        """Whether it failed for good because of where it should go. What is canceled had asked the shopper for an
        account, and got no answer."""
        return no_way_back(self.status, self.reason)


def no_way_back(status: RefundStatus, reason: str) -> bool:
    """The same of a refund's status and reason alone."""
    return status is RefundStatus.CANCELED or (status is RefundStatus.FAILED and reason in _NO_WAY_BACK)
