"""What a payment provider says of its own accord: facts, each under the provider's id of the event that told it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.refund import RefundStatus


class RefundNews(Model):
    """How a refund stands at the provider, ours or not.

    `key` is our intention's, from its metadata; empty if somebody else made the refund. `arn` is the reference by which
    the shopper's bank finds it, empty until there is one; `reason` the provider's code for a pending or failed one.
    """

    kind: Literal["refund"] = "refund"
    event: Id
    refund: Id
    key: str = ""
    payment: Id
    amount: Minor
    currency: Currency
    status: RefundStatus
    reason: str = ""
    arn: str = ""
    created_at: UtcDatetime
    at: UtcDatetime


class DisputeNews(Model):
    """The shopper's bank asks a payment back. `status` is the provider's word for it, `due` by when evidence has to be
    there; `won` and `lost` are its ends."""

    kind: Literal["dispute"] = "dispute"
    event: Id
    dispute: Id
    payment: Id
    amount: Minor
    currency: Currency
    status: str
    reason: str = ""
    due: UtcDatetime | None = None
    at: UtcDatetime


class PaymentNews(Model):
    """Money came in for something that we had asked for; `collection` is our key of that."""

    kind: Literal["payment"] = "payment"
    event: Id
    payment: Id
    collection: str
    amount: Minor
    currency: Currency
    at: UtcDatetime


News = Annotated[RefundNews | DisputeNews | PaymentNews, Field(discriminator="kind")]


class LateFact(Model):
    """News about a return that has closed, or that belongs to none: then `case` is empty and the order stands alone."""

    case: Id | Literal[""] = ""
    order_id: Id
    news: News
