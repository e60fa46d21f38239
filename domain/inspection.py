"""What the warehouse saw: the units of a box, then grade and disposition of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Id, Model, Quantity


class Grade(StrEnum):
    """The condition of a unit."""

    A = "grade_a"
    """As new, sellable as it is."""
    B = "grade_b"
    """Opened or worn lightly."""
    C = "grade_c"
    """Clearly used."""
    D = "grade_d"
    """Damaged."""


class Disposition(StrEnum):
    """Where a unit goes; the names are Shopify's."""

    RESTOCKED = "restocked"
    NOT_RESTOCKED = "not_restocked"
    PROCESSING_REQUIRED = "processing_required"


class ReceivedLine(Model):
    """So many units of one order line, counted out of a box."""

    line_id: Id
    quantity: Quantity


class Receipt(Model):
    """One arrival. `id` is the warehouse's, so the same box counts once."""

    id: Id
    received_by: Id
    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1, max_length=200)]


class InspectedLine(Model):
    """So many units of one order line with the same grade and disposition."""

    line_id: Id
    quantity: Quantity
    grade: Grade = Grade.A
    disposition: Disposition = Disposition.RESTOCKED


class Inspection(Model):
    """The verdict on everything that was received; `location` is where the units are put."""

    id: Id
    inspected_by: Id
    location: Id = "main"
    lines: Annotated[tuple[InspectedLine, ...], Field(min_length=1, max_length=400)]


def units(lines: tuple[ReceivedLine, ...] | tuple[InspectedLine, ...]) -> dict[str, int]:
    """How many units of each order line."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    return found
