"""How long everybody has."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.carrier_claim import WhenLost
from domain.policy.rule import Rule

DAY = Annotated[int, Field(strict=True, ge=1, le=365)]


def _alone(value: object) -> object:
    return (value,) if isinstance(value, int) else value


class SendBackRule(Rule):
    """How many days the shopper has to send the goods, from the decision on."""

    days: DAY

    def favour(self) -> tuple[int, ...]:
        """The longer, the better."""
        return (self.days,)


class DeadlineRule(Rule):
    """Days for a review, for the life of a label, for the reminders before the last day to send, for the inspection,
    for the shopper to answer an offer, to pay what an exchange costs more and to show what they are asked for, and for
    the workshop; `no_evidence` is what follows where nothing is shown in time: a person decides without, or the line is
    declined. Of silence until a parcel is claimed at the carrier, and for the carrier to answer; `lost` says whether
    the shopper is paid before it has."""

    review_days: DAY = 2
    label_days: DAY = 28
    reminder_days: Annotated[tuple[DAY, ...], BeforeValidator(_alone), Field(max_length=5)] = (7,)
    inspection_days: Annotated[int, Field(strict=True, ge=1, le=90)] | None = None
    answer_days: DAY = 14
    payment_days: DAY = 7
    repair_days: DAY = 14
    evidence_days: DAY = 7
    no_evidence: Literal["review", "decline"] = "review"
    lost_after_days: DAY = 14
    claim_days: DAY = 30
    lost: WhenLost = WhenLost.AFTER_INVESTIGATION

    @model_validator(mode="after")
    def _reminded_while_it_lives(self) -> Self:
        if any(days >= self.label_days for days in self.reminder_days):
            raise ValueError(f"reminder_days: a label of {self.label_days} days is not reminded of so long before")
        return self

    def favour(self) -> tuple[int, ...]:
        """The sooner we are done, and the more time the shopper has."""
        inspection = 0 if self.inspection_days is None else -self.inspection_days
        shopper = (self.answer_days, self.payment_days, self.label_days)
        shown = (self.evidence_days, self.no_evidence == "review")
        soon = (self.lost is WhenLost.REFUND_AT_ONCE, -self.lost_after_days, -self.claim_days)
        ours = (-self.review_days, inspection, -self.repair_days)
        return (*shopper, *ours, len(self.reminder_days), *shown, *soon)
