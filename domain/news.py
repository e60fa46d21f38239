"""What a payment provider says of its own accord: facts, each under the provider's id of the event that told it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from domain.errors import InvalidRequest
from domain.late import LateGoods
from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.order import Tender
from domain.refund import Refund, RefundStatus
from domain.request import first_fault

DISPUTE_WON, DISPUTE_LOST = ("won", "warning_closed", "prevented"), ("lost",)
"""The provider's words for the end of a dispute; every other word means that it is open."""

DISPUTE_APPEALED = ("appeal_needs_response", "appeal_under_review")
"""The provider's words for a dispute that was open, ended, and is open again."""


class RefundNews(Model):
    """How a refund stands at the provider, ours or not.

    `key` is our intention's, from its metadata; empty if somebody else made the refund. `arn` is the reference by which
    the shopper's bank finds it, empty until there is one; `reason` the provider's code for a pending or failed one.
    `charge` is the payment's other id, by which older orders know it.
    """

    kind: Literal["refund"] = "refund"
    event: Id
    refund: Id
    key: str = ""
    payment: Id
    charge: Id | Literal[""] = ""
    amount: Minor
    currency: Currency
    status: RefundStatus
    reason: str = ""
    arn: str = ""
    created_at: UtcDatetime
    at: UtcDatetime


class DisputeNews(Model):
    """The shopper's bank asks a payment back. `status` is the provider's word for it, one of those above once it has
    ended or was appealed; `due` is by when evidence has to be there. `charge` is as with a refund."""

    kind: Literal["dispute"] = "dispute"
    event: Id
    dispute: Id
    payment: Id
    charge: Id | Literal[""] = ""
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


class Turn(StrEnum):
    """What news turned out to be, once the provider was asked again."""

    NOTHING_NEW = "nothing_new"
    REFUND_OF_OURS = "refund_of_ours"
    """How it stands now is part of the answer."""
    REFUND_ELSEWHERE = "refund_elsewhere"
    REFUND_ELSEWHERE_FAILED = "refund_elsewhere_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    PAYMENT_CAME = "payment_came"
    LATE_PAYMENT = "late_payment"
    GOODS_CAME = "goods_came"
    """A box of a return that has ended; no news of a provider."""
    UNEXPLAINED = "unexplained"
    """What provider and journal say does not go together; a person has to look."""


class Heard(Model):
    """What became of news. `refund` is ours as it counts from now on, `failed_late` whether it had been confirmed, and
    `owed` what its return owes and nothing is on its way to pay; `covered` is what of it, and of later attempts at the
    same, covered what more went back elsewhere than the order had, and `left` what the payment itself still has. All in
    minor units. `others` are refunds made elsewhere since it was asked for that could have paid it.

    `tender` is a payment that was asked for and came.

    `for_finance` is what a person has to do, empty if nothing; `returns` are the order's returns that have not ended.
    """

    turn: Turn
    refund: Refund | None = None
    failed_late: bool = False
    owed: int = 0
    covered: int = 0
    left: int | None = None
    others: tuple[Id, ...] = ()
    tender: Tender | None = None
    for_finance: str = ""
    due: UtcDatetime | None = None
    returns: tuple[Id, ...] = ()


class LateFact(Model):
    """News about a return that has closed, or that belongs to none: then `case` is empty and the order stands alone."""

    case: Id | Literal[""] = ""
    order_id: Id
    news: News


_NEWS: TypeAdapter[News] = TypeAdapter(News)


def read_news(raw: object) -> News:
    """News as they come in. Raises InvalidRequest naming the first field that is wrong."""
    with _naming_the_field():
        return _NEWS.validate_python(raw)


def read_late_fact(raw: object) -> LateFact | LateGoods:
    """A late fact as it comes in. Raises InvalidRequest naming the first field that is wrong."""
    with _naming_the_field():
        if isinstance(raw, dict) and raw.get("kind") == "goods":
            return LateGoods.model_validate(raw)
        return LateFact.model_validate(raw)


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise InvalidRequest(*first_fault(error)) from None
