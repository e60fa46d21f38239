"""Less than was quoted: what the shopper is offered, and what is answered to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Id, Minor, Model, ShortText, UtcDatetime

RULE = "rule:policy"
"""Who answers when the time has passed."""


class OfferDefault(StrEnum):
    """What happens to an offer that the shopper does not answer in time."""

    ACCEPT = "accept"
    """It counts as accepted."""
    PERSON = "person"
    """A person of the shop looks again, as if the shopper had objected."""


class Answer(StrEnum):
    """What is said to an offer."""

    ACCEPT = "accept"
    APPEAL = "appeal"
    """The shopper objects: another person looks again."""
    SEND_BACK = "send_back"
    """The shopper wants the goods back, and no money."""
    STANDS = "stands"
    """The shop has looked again and offers the same; the shopper chooses once more, without another appeal."""


class Offer(Model):
    """A plan pays less than was quoted, because `kept` minor units are kept that the quote did not have. Nothing of it
    is paid before it is answered, or `until` has passed and `unanswered` says how it goes on."""

    kept: Minor
    until: UtcDatetime
    unanswered: OfferDefault = OfferDefault.ACCEPT


class OfferAnswer(Model):
    """The shopper's answer to the offer of a `plan`, said by themselves or by who heard it. `remark` stays out of the
    journal; do not name people in it."""

    by: Id
    plan: Annotated[int, Field(strict=True, ge=1)]
    answer: Answer
    remark: ShortText = ""


class Answered(Model):
    """A recorded answer. `until` is when what follows from it is due: a look at the appeal, the answer to the offer
    that stands, or the goods on their way back."""

    by: str
    plan: int
    answer: Answer
    at: UtcDatetime
    until: UtcDatetime | None = None


class SentBack(Model):
    """The goods of a return are on their way back to the shopper."""

    by: Id
    tracking_number: Id
    carrier: ShortText = ""
