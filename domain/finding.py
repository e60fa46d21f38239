"""What the warehouse finds beside the units that it counts and grades: too few, something else, nothing, damage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from domain.inspection import Grade
from domain.model import Id, Model, Quantity, ShortText, UtcDatetime
from domain.request import NoteId


class FindingCode(StrEnum):
    """What was found."""

    SHORT = "short"
    """Fewer units than the parcel was said to hold; they stay with the shopper."""
    WRONG_ITEM = "wrong_item"
    """Goods that are not those of the return; nothing is paid for them."""
    EXTRA_ITEM = "extra_item"
    """More units of a line of the order than come back by this return."""
    EMPTY_BOX = "empty_box"
    """Nothing was in it; a person decides."""
    DAMAGED_IN_TRANSIT = "damaged_in_transit"
    """The carrier's damage: with our label it is no reason to pay less."""
    USED = "used"
    """Signs of use, which the grade goes by."""


FOREIGN = (FindingCode.WRONG_ITEM, FindingCode.EXTRA_ITEM)
"""Units of these are here and belong to no line of the return: somebody says what becomes of them."""


class FindingEnd(StrEnum):
    """What becomes of goods that are not of the return."""

    SENT_BACK = "sent_back"
    """They go back to the shopper."""
    KEPT = "kept"
    """They stay here, set apart: the shopper does not want them."""
    OTHER_RETURN = "other_return"
    """They come back by another return, which receives them."""


class Finding(Model):
    """One thing that was found. `id` is the warehouse's, so the same counts once. It is about units of a line of the
    order, or of other goods by their `sku`; an empty box is about neither. Addresses of photos stand in a note."""

    id: Id
    by: Id
    code: FindingCode
    line_id: Id | None = None
    sku: ShortText = ""
    quantity: Quantity | None = None
    note_id: NoteId | None = None

    @model_validator(mode="after")
    def _says_of_what(self) -> Self:
        about = bool(self.line_id), bool(self.sku.strip())
        if self.code is FindingCode.EMPTY_BOX:
            if any(about) or self.quantity is not None:
                raise ValueError("an empty box holds no units; name no line, SKU or quantity")
            return self
        if self.quantity is None:
            raise ValueError("quantity: say how many units it is about")
        if self.code is FindingCode.WRONG_ITEM and about != (False, True):
            raise ValueError("sku: other goods are named by their SKU, and by no line")
        if self.code is not FindingCode.WRONG_ITEM and about != (True, False):
            raise ValueError("line_id: name the line of the order that it is about, and no SKU")
        return self

    def same(self, other: Finding) -> bool:
        """Whether another says the same, whoever says it and whatever its photos are."""
        return self.model_copy(update={"by": other.by, "note_id": other.note_id}) == other

    @property
    def holder(self) -> str:
        """What its units are booked by: the line, or the SKU."""
        return self.line_id or self.sku.strip()

    def __str__(self) -> str:
        """`2 of line 1: damaged in transit (ann)`."""
        about = f"{self.quantity} of line {self.line_id}: " if self.line_id else ""
        about = f"{self.quantity} × {self.sku.strip()}: " if self.sku.strip() else about
        return f"{about}{self.code.replace('_', ' ')} ({self.by})"


class Found(Model):
    """A recorded finding; `until` is when somebody should have decided on it, where one has to."""

    finding: Finding
    until: UtcDatetime | None = None


class FindingSettled(Model):
    """What becomes of the goods of a finding; those that go back have a tracking number."""

    finding: Id
    by: Id
    ending: FindingEnd
    tracking_number: Id | None = None

    @model_validator(mode="after")
    def _has_a_number(self) -> Self:
        if (self.ending is FindingEnd.SENT_BACK) is (self.tracking_number is None):
            raise ValueError("tracking_number: goods that go back have one, and no others")
        return self


def without_damage(
    graded: Mapping[str, Mapping[Grade, int]], findings: Iterable[Finding]
) -> dict[str, dict[Grade, int]]:
    """The grades by which a refund goes: units that the carrier damaged count as new, the worst ones first."""
    found = {line: dict(grades) for line, grades in graded.items()}
    for finding in findings:
        grades = found.get(finding.line_id or "", {})
        left = finding.quantity or 0 if finding.code is FindingCode.DAMAGED_IN_TRANSIT else 0
        for grade in reversed(Grade):
            spared = 0 if grade is Grade.A else min(left, grades.get(grade, 0))
            if spared:
                grades[grade] -= spared
                grades[Grade.A] = grades.get(Grade.A, 0) + spared
                left -= spared
    return {line: {grade: count for grade, count in grades.items() if count} for line, grades in found.items()}
