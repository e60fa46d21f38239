"""Serial numbers: what was sold, held against what came back. They name things, not people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import StringConstraints

from domain.model import SERIAL, Id, Model
from domain.order import Order

Serial = Annotated[str, StringConstraints(strip_whitespace=True, pattern=SERIAL)]
"""A serial number as it was read; no spaces, so that nobody takes it for a place to write in."""


class DiscrepancyKind(StrEnum):
    """What is wrong with a serial number that came back."""

    NOT_SOLD = "serial_not_sold"
    OTHER_LINE = "serial_of_other_line"
    RETURNED_ALREADY = "serial_returned_already"


_WORDS = {
    DiscrepancyKind.NOT_SOLD: "was not sold on this line",
    DiscrepancyKind.OTHER_LINE: "was sold on another line of the order",
    DiscrepancyKind.RETURNED_ALREADY: "came back before",
}


class Discrepancy(Model):
    """A unit that came back under a serial number that it should not have. The unit counts all the same: that it is
    here is a fact, and what to do about it is for people to say."""

    line_id: Id
    serial: Serial
    kind: DiscrepancyKind

    @property
    def told(self) -> str:
        """A sentence for people."""
        return f"Serial number {self.serial} of line {self.line_id} {_WORDS[self.kind]}."


class Read(Protocol):
    """Units of a line with the serial numbers that were read off them."""

    @property
    def line_id(self) -> str:
        """The order's line."""

    @property
    def serials(self) -> tuple[str, ...]:
        """As they were read."""


def same(serial: str) -> str:
    """What two writings of one serial number have in common: case and outer white space do not count."""
    return serial.strip().upper()


def discrepancies(order: Order, lines: Iterable[Read], before: Collection[str]) -> tuple[Discrepancy, ...]:
    """What is wrong with the serial numbers of these lines; `before` are those that came back earlier.

    Of a line whose serial numbers the shop does not tell, none is wrong but one that came back before.
    """
    sold = {line.id: {same(one) for one in line.serials} for line in order.lines}
    gone = {same(one) for one in before}
    return tuple(
        Discrepancy(line_id=line.line_id, serial=serial, kind=kind)
        for line in lines
        for serial in line.serials
        for kind in _wrong(same(serial), line.line_id, sold, gone)
    )


def _wrong(serial: str, line_id: str, sold: dict[str, set[str]], gone: set[str]) -> Iterator[DiscrepancyKind]:
    mine = sold.get(line_id, set())
    if serial in gone:
        yield DiscrepancyKind.RETURNED_ALREADY
    elif serial not in mine and any(serial in others for others in sold.values()):
        yield DiscrepancyKind.OTHER_LINE
    elif mine and serial not in mine:
        yield DiscrepancyKind.NOT_SOLD
