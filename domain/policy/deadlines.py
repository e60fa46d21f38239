"""How long everybody has."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.carrier_claim import WhenLost
from domain.offer import OfferDefault
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


class InspectionDefault(StrEnum):
    """What happens when nobody has inspected in time."""

    WAIT = "wait"
    """The money waits for the inspection."""
    AS_QUOTED = "as_quoted"
    """After as long again the shopper is paid as quoted, and the goods are only put away when they are graded."""


class DeadlineRule(Rule):
    """Days for a review, for the life of a label, for telling before it ends (0: never), for the reminders before the
    last day to send, for the inspection, for the shopper to answer an offer, to pay what an exchange costs more and to
    show what they are asked for, for the workshop, of silence until a parcel is claimed at the carrier, and for the
    carrier to answer. `no_evidence` is what follows where nothing is shown in time: a person decides without, or the
    line is declined; two defaults are for an offer and an inspection that get no answer in time; `lost` says whether
    the shopper is paid before the carrier has answered."""

    review_days: DAY = 2
    label_days: DAY = 28
    label_warning_days: Annotated[int, Field(strict=True, ge=0, le=90)] = 3
    reminder_days: Annotated[tuple[DAY, ...], BeforeValidator(_alone), Field(max_length=5)] = (7,)
    inspection_days: Annotated[int, Field(strict=True, ge=1, le=90)] | None = None
    answer_days: DAY = 14
    offer_default: OfferDefault = OfferDefault.ACCEPT
    inspection_default: InspectionDefault = InspectionDefault.WAIT
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
        if "label_warning_days" in self.model_fields_set and self.label_warning_days >= self.label_days:
            raise ValueError(f"label_warning_days: a label of {self.label_days} days does not live so long")
        return self

    def favour(self) -> tuple[int, ...]:
        """The sooner we are done, and the more time the shopper has."""
        inspection = 0 if self.inspection_days is None else -self.inspection_days
        shopper = (self.answer_days, self.payment_days, self.label_days)
        shown = (self.evidence_days, self.no_evidence == "review")
        soon = (self.lost is WhenLost.REFUND_AT_ONCE, -self.lost_after_days, -self.claim_days)
        ours = (-self.review_days, inspection, -self.repair_days)
        return (*shopper, *ours, len(self.reminder_days), *shown, *soon)
