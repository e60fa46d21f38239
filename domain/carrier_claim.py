"""A claim at the carrier for a parcel of which nobody has heard: what was claimed, and what the carrier answered."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, UtcDatetime

MOST_CLAIMS = 20
"""Of one return; whoever opens more has made a mistake."""


class WhenLost(StrEnum):
    """When the shopper is paid for a parcel of which nobody has heard."""

    REFUND_AT_ONCE = "refund_at_once"
    """As soon as it is claimed; what the carrier answers is between the shop and the carrier."""
    AFTER_INVESTIGATION = "after_investigation"
    """Once the carrier has answered that it is lost."""


class Answer(StrEnum):
    """What the carrier found out."""

    FOUND = "found"
    LOST = "lost"
    UNANSWERED = "unanswered"
    """It did not answer in time, which counts as lost."""


class OpenClaim(Model):
    """Staff claims `amount` minor units for a parcel, under the carrier's `reference`."""

    by: Id
    reference: Id
    amount: Minor


class AnswerClaim(Model):
    """The carrier's answer to the claim of this `reference`; for what is lost it pays `paid` minor units."""

    by: Id
    reference: Id
    answer: Annotated[Answer, Field(description="found or lost")]
    paid: Minor = 0


class CarrierClaim(Model):
    """A claim as it is recorded. `answer_by` is until when the carrier should have answered; `at_once` whether the
    shopper is paid before it has. Amounts in minor units."""

    by: Id
    reference: Id
    amount: Minor
    currency: Currency
    at: UtcDatetime
    answer_by: UtcDatetime
    at_once: bool = False
    answer: Answer | None = None
    paid: Minor = 0

    @property
    def counts_as_lost(self) -> bool:
        """Whether the shopper is paid for the parcel."""
        return self.answer in (Answer.LOST, Answer.UNANSWERED) or (self.answer is None and self.at_once)


def answered(claims: Sequence[CarrierClaim], reference: str, answer: Answer, paid: int) -> tuple[CarrierClaim, ...]:
    """The claims with the answer to one of them."""
    told = {"answer": answer, "paid": paid}
    return tuple(one.model_copy(update=told if one.reference == reference else {}) for one in claims)
