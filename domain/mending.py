"""What staff mends of an open return: what was counted, how it was graded, and how long somebody has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.inspection import Grade, InspectedLine, Inspection, Receipt, ReceivedLine, units
from domain.model import Id, Model, Quantity, ShortText


class CorrectCount(Model):
    """What was in a box, instead of what its receipt says; no lines if nothing of it was this return's.

    `remark` is for staff, at most 200 characters; do not name people in it.
    """

    by: Id
    receipt: Id
    lines: Annotated[tuple[ReceivedLine, ...], Field(max_length=200)] = ()
    remark: ShortText = ""


class RegradedLine(Model):
    """So many units of a line in this condition."""

    line_id: Id
    quantity: Quantity
    grade: Grade


class Regrade(Model):
    """The condition of all that was inspected, instead of what the inspection says; where goods lie stays as it is."""

    by: Id
    lines: Annotated[tuple[RegradedLine, ...], Field(min_length=1, max_length=400)]
    remark: ShortText = ""


class Deadline(StrEnum):
    """What staff can give more time for."""

    SEND_BACK = "send_back"
    REVIEW = "review"
    EVIDENCE = "evidence"
    INSPECTION = "inspection"


class Extend(Model):
    """More time, until the end of a day where the order went."""

    by: Id
    deadline: Deadline
    until: date


def corrected(receipts: tuple[Receipt, ...], said: CorrectCount) -> tuple[Receipt, ...]:
    """The receipts with what was in one box instead."""
    return tuple(
        one if one.id != said.receipt else one.model_copy(update={"lines": said.lines})
        for one in receipts
        if one.id != said.receipt or said.lines
    )


def regraded(inspection: Inspection, said: Regrade) -> Inspection:
    """The inspection in other conditions: unit by unit, in the order in which they were graded.

    Raises ValueError if these are not the units that were inspected.
    """
    if sum_of(said) != units(inspection.lines):
        raise ValueError("a new grade is needed for all that was inspected, no more and no less")
    grades = {line_id: _grades(said, line_id) for line_id in sum_of(said)}
    lines = [one for line in inspection.lines for one in _parts(line, grades[line.line_id])]
    return inspection.model_copy(update={"inspected_by": said.by, "lines": tuple(lines)})


def sum_of(said: Regrade) -> dict[str, int]:
    """How many units of each line are graded anew."""
    found: dict[str, int] = {}
    for line in said.lines:
        found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    return found


def _grades(said: Regrade, line_id: str) -> Iterator[Grade]:
    return (line.grade for line in said.lines if line.line_id == line_id for _ in range(line.quantity))


def _parts(line: InspectedLine, grades: Iterator[Grade]) -> list[InspectedLine]:
    """One inspected line, cut where the grade changes; serial numbers stay in their order."""
    taken = [next(grades) for _ in range(line.quantity)]
    cuts = [0, *(at for at in range(1, len(taken)) if taken[at] is not taken[at - 1]), len(taken)]
    return [
        line.model_copy(update={"quantity": end - at, "grade": taken[at], "serials": line.serials[at:end]})
        for at, end in itertools.pairwise(cuts)
    ]
