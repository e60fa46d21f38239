"""What stands at a payment provider, ours or not: the other sides of a reconciliation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.refund import RefundStatus, ShowsAs

SignedMinor = Annotated[int, Field(strict=True, ge=-(10**15), le=10**15)]
"""An amount in minor units that may be below zero."""


class ProviderRefund(Model):
    """A refund as it stands now. `key` is our intention's, from its metadata; empty if somebody else made it.

    `reason` is the provider's code for a pending or failed one. `arn` is the reference by which the shopper's bank
    finds it, empty until there is one. `charge` is the payment's other id, by which older orders know it.
    """

    id: Id
    key: str = ""
    case: str = ""
    payment: Id
    charge: Id | Literal[""] = ""
    amount: Minor
    currency: Currency
    status: RefundStatus
    reason: str = ""
    arn: str = ""
    shows_as: ShowsAs = ""
    created_at: UtcDatetime

    def is_of(self, payment: str) -> bool:
        """Whether it is a refund of this payment, by either id."""
        return payment in (self.payment, self.charge)


class BalanceTransaction(Model):
    """A movement on the merchant's balance at the provider; below zero where money left it. Where the provider keeps a
    currency finer than ISO 4217 does, what is below one minor unit is left out.

    `category` is the provider's word for what it is by (`refund`, `refund_failure`, `dispute`, ...), `source` the id of
    what moved it, empty if nothing did.
    """

    id: Id
    category: str
    source: str = ""
    amount: SignedMinor
    fee: SignedMinor = 0
    net: SignedMinor
    currency: Currency
    created_at: UtcDatetime
