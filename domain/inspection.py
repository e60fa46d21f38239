"""What the warehouse saw: the units of a box, then grade and disposition of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Id, Model, Quantity
from domain.serials import Serial, same


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
    """Where a unit goes; the first four names are Shopify's."""

    RESTOCKED = "restocked"
    NOT_RESTOCKED = "not_restocked"
    PROCESSING_REQUIRED = "processing_required"
    MISSING = "missing"
    """Counted out of the box, and not there when it was graded: the shop's loss."""
    QUARANTINE = "quarantine"
    REFURBISH = "refurbish"
    LIQUIDATE = "liquidate"
    DONATE = "donate"
    RECYCLE = "recycle"


class Rest(StrEnum):
    """What becomes of units that were announced and have not come."""

    STAYS = "stays"
    """They stay with the shopper: this inspection ends the wait."""
    EXPECTED = "expected"
    """They are waited for, until the last day to send: what is here is paid meanwhile."""


class StockVerb(StrEnum):
    """What a disposition asks of the stock."""

    RESTOCK = "restock"
    """Sold again as it is."""
    QUARANTINE = "quarantine"
    """Kept apart until somebody has judged or mended it."""
    SCRAP = "scrap"
    """Leaves the stock for good, wherever it goes."""


VERB_OF = MappingProxyType(
    {
        Disposition.RESTOCKED: StockVerb.RESTOCK,
        Disposition.PROCESSING_REQUIRED: StockVerb.QUARANTINE,
        Disposition.QUARANTINE: StockVerb.QUARANTINE,
        Disposition.REFURBISH: StockVerb.QUARANTINE,
        Disposition.NOT_RESTOCKED: StockVerb.SCRAP,
        Disposition.MISSING: StockVerb.SCRAP,
        Disposition.LIQUIDATE: StockVerb.SCRAP,
        Disposition.DONATE: StockVerb.SCRAP,
        Disposition.RECYCLE: StockVerb.SCRAP,
    }
)
"""What each disposition means to whoever keeps the stock."""

Serials = Annotated[tuple[Serial, ...], Field(max_length=500)]
"""Serial numbers that were read off units; none where nobody looked."""


class ReceivedLine(Model):
    """So many units of one order line, counted out of a box."""

    line_id: Id
    quantity: Quantity
    serials: Serials = ()


class Receipt(Model):
    """One arrival. `id` is the warehouse's, so the same box counts once; `location` is where it was opened."""

    id: Id
    received_by: Id
    location: Id = "main"
    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _serials_agree(self) -> Self:
        check_serials(self.lines)
        return self


class InspectedLine(Model):
    """So many units of one order line with the same grade and disposition, put where the inspection says or, with a
    `location` of their own, there."""

    line_id: Id
    quantity: Quantity
    grade: Grade = Grade.A
    disposition: Disposition = Disposition.RESTOCKED
    location: Id | None = None
    serials: Serials = ()


class Inspection(Model):
    """The verdict on everything that was received and not graded before; `location` is where the units are put."""

    id: Id
    inspected_by: Id
    location: Id = "main"
    rest: Rest = Rest.STAYS
    lines: Annotated[tuple[InspectedLine, ...], Field(min_length=1, max_length=400)]

    @model_validator(mode="after")
    def _serials_agree(self) -> Self:
        check_serials(self.lines)
        return self


Seen = Sequence[ReceivedLine] | Sequence[InspectedLine]
"""Lines of a receipt or an inspection."""

_MOST_SERIALS = 500
"""In one message, which a history has to hold."""


def check_serials(lines: Seen) -> None:
    """Raises ValueError where a serial number is told twice, or where there are more of them than units."""
    for line in lines:
        if len(line.serials) > line.quantity:
            units = "1 unit" if line.quantity == 1 else f"{line.quantity} units"
            words = f"{len(line.serials)} serial numbers for {units}; each unit has one"
            raise ValueError(f"line {line.line_id}: {words}")
    told = Counter(same(serial) for line in lines for serial in line.serials)
    if any(times > 1 for times in told.values()):
        raise ValueError("a serial number is told twice; each belongs to one unit")
    if len(told) > _MOST_SERIALS:
        raise ValueError(f"{len(told)} serial numbers at once; at most {_MOST_SERIALS} are taken")


def units(lines: Seen) -> dict[str, int]:
    """How many units of each order line."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.line_id] = found.get(line.line_id, 0) + line.quantity
    return found


def asked(lines: Seen) -> list[dict[str, object]]:
    """The lines as their entry's content: what was not said is left out, so that a key goes on meaning what it meant
    before there was anything to say of it."""
    told = [line.model_dump(mode="json") for line in lines]
    return [{name: value for name, value in one.items() if value not in (None, [])} for one in told]
