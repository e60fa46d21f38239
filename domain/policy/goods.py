"""Which goods may come back at all, and how they have to be."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from domain.policy.rule import Rule, listed


class Answer(StrEnum):
    """Whether goods are taken back."""

    ACCEPTED = "accepted"
    EXCLUDED = "excluded"


class Condition(StrEnum):
    """How goods have to be when they come back."""

    UNUSED = "unused"
    SEALED = "sealed"
    TAGS_ATTACHED = "tags_attached"
    COMPLETE = "complete"
    ORIGINAL_PACKAGING = "original_packaging"


class Proof(StrEnum):
    """What the shopper has to show."""

    NONE = "none"
    RECEIPT = "receipt"
    PHOTO = "photo"
    SERIAL = "serial"


class EligibilityRule(Rule):
    """Whether goods come back, the conditions that they have to be in, and what is to be shown."""

    answer: Answer = Answer.ACCEPTED
    condition: Annotated[tuple[Condition, ...], BeforeValidator(listed), Field(max_length=10)] = ()
    proof: Proof = Proof.NONE

    def favour(self) -> tuple[int, ...]:
        """Accepted before excluded before accepted in a condition, then with the fewest conditions.

        To ask how goods have to be does not lift what another rule excludes for a reason of its own.
        """
        accepted = self.answer is Answer.ACCEPTED
        return (accepted and not self.condition, not accepted, -len(self.condition), self.proof is Proof.NONE)
