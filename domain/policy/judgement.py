"""Who decides: the rules alone, or a person; and what else is asked of the merchant's own promise."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from domain.order import Exclusion
from domain.policy.rule import Rule, listed
from domain.policy.window import Months
from domain.request import ReturnReason
from domain.resolution import Resolution


class Verdict(StrEnum):
    """What the policy says of a line, and folded over the lines, of the request."""

    APPROVE = "approve"
    REVIEW = "review"
    """It may come back; a person looks at it before anything is paid."""
    DECLINE = "decline"


class JudgementRule(Rule):
    """What is said of a request that the rules would approve."""

    verdict: Verdict

    def favour(self) -> tuple[int, ...]:
        """The stricter: decline before review before approve. The law is a floor under all three."""
        return (list(Verdict).index(self.verdict),)


_Covers = Annotated[tuple[ReturnReason, ...], BeforeValidator(listed), Field(min_length=1, max_length=20)]
_Remedies = Annotated[tuple[Resolution, ...], BeforeValidator(listed), Field(min_length=1, max_length=6)]


class WarrantyRule(Rule):
    """For how many months after delivery the merchant answers for which defects, and with which remedies, in order.

    None for goods of a kind in `excludes`; with 0 months, none for whatever meets the conditions.
    """

    months: Months
    excludes: Annotated[tuple[Exclusion, ...], BeforeValidator(listed), Field(max_length=20)] = ()
    covers: _Covers = (ReturnReason.DEFECTIVE, ReturnReason.MISSING_PARTS)
    remedies: _Remedies = (Resolution.REPAIR, Resolution.REPLACEMENT, Resolution.REFUND)

    def favour(self) -> tuple[int, ...]:
        """The longer, then what covers more and excludes less."""
        return (self.months, len(self.covers), -len(self.excludes), len(self.remedies))
