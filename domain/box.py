"""Boxes that nobody announced: what was in them, and which returns that belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.canonical import canonical_json, sha256
from domain.inspection import Disposition, ReceivedLine
from domain.model import Id, Model, Quantity, ShortText, UtcDatetime
from domain.order import Order
from domain.policy.calendar import Calendar, end_of

MOST_LINES, MOST_PHOTOS = 1_000, 20
BLANKED = "(erased)"
"""Stands for the words on goods without a SKU whose customer was erased."""


# A host, perhaps a port, and a path of plain characters; no user and no password before the host.
_PHOTO = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][!-~]*)?")


def _https(address: str) -> str:
    """An address for a person's browser; nothing here ever calls it."""
    if not _PHOTO.fullmatch(address):
        words = "a photo is named by its https address, without blanks, user or password"
        raise ValueError(f"{words}: https://photos.shop.example/box-7.jpg")
    return address


PhotoUrl = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_https)]
"""Where a photo lies. It is kept for people and never fetched."""


class Photos(Model):
    """Addresses of photos, where they are all that is said."""

    photos: Annotated[tuple[PhotoUrl, ...], Field(max_length=MOST_PHOTOS)] = ()


class BoxLine(Model):
    """So many units of one item: by its SKU, or in words where none can be read. Do not name people in them."""

    sku: ShortText = ""
    quantity: Quantity
    title: ShortText = ""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.sku.strip() and not self.title.strip():
            raise ValueError("say what it is: a SKU, or a title in words")
        return self


class Box(Model):
    """One arrival without a return. `id` is the warehouse's own; `place` says where it stands now."""

    id: Id
    received_by: Id
    received_at: UtcDatetime
    place: ShortText
    tracking_number: Id | None = None
    lines: Annotated[tuple[BoxLine, ...], Field(max_length=MOST_LINES)] = ()
    photos: Annotated[tuple[PhotoUrl, ...], Field(max_length=MOST_PHOTOS)] = ()

    @property
    def units(self) -> int:
        """How many units were in it; none in an empty one."""
        return sum(line.quantity for line in self.lines)

    @property
    def by_sku(self) -> dict[str, int]:
        """Its units by SKU; those without one by the box's id."""
        found: dict[str, int] = {}
        for line in self.lines:
            sku = line.sku.strip() or self.id
            found[sku] = found.get(sku, 0) + line.quantity
        return found

    def blanked(self, place: str) -> Box:
        """Without the words of people; `place` is what is still known of where it stands."""
        lines = tuple(one.model_copy(update={"title": "" if one.sku.strip() else BLANKED}) for one in self.lines)
        return self.model_copy(update={"lines": lines, "place": place})

    @property
    def content(self) -> str:
        """The hash that tells whether two people speak of the same box: not who they are, nor when."""
        said = self.model_dump(mode="json", exclude={"received_by", "received_at"}, exclude_none=True)
        return sha256(canonical_json(said))


class BoxMatch(Model):
    """What of a box belongs to a return, and who said so. It is `done` once the return has taken it."""

    box: Id
    case: Id
    lines: Annotated[tuple[ReceivedLine, ...], Field(max_length=200)] = ()
    by: Id
    at: UtcDatetime
    done: bool = False

    @property
    def units(self) -> int:
        """How many units it is about."""
        return sum(line.quantity for line in self.lines)


class BoxEnd(Model):
    """What becomes of what nobody claims, and who said so: `units` by SKU, of a box of several kinds of goods each with
    its own; what has no SKU goes by the box. It is `done` once the units have moved."""

    box: Id
    units: Mapping[ShortText, Quantity] = {}
    disposition: Disposition
    location: Id = "main"
    by: Id
    at: UtcDatetime
    done: bool = False

    def same(self, other: BoxEnd) -> bool:
        """Whether another says the same of the same goods, whoever says it and whenever."""
        return self.model_copy(update={"by": other.by, "at": other.at, "done": other.done}) == other


class BoxRow(Model):
    """A box as it stands, with what was found out about it."""

    box: Box
    due_at: UtcDatetime
    matches: tuple[BoxMatch, ...] = ()
    ended: BoxEnd | None = None

    @property
    def left(self) -> int:
        """Units that nobody has been found for, and nobody is being asked about."""
        return 0 if self.ended else self.box.units - sum(one.units for one in self.matches)

    @property
    def open(self) -> bool:
        """Whether somebody still has to find out whose it is."""
        if self.ended is not None:
            return not self.ended.done
        done = [one for one in self.matches if one.done]
        return not done or sum(one.units for one in done) < self.box.units

    def overdue(self, now: datetime) -> bool:
        """Whether that should have been found out before."""
        return self.open and self.due_at < now

    def owner(self, now: datetime) -> str:
        """Who has to find out: the warehouse, and ops when it has taken too long."""
        if not self.open:
            return "nobody"
        return "ops" if self.overdue(now) else "warehouse"

    def of(self, case: str) -> BoxMatch | None:
        """What of it belongs to a return."""
        return next((one for one in self.matches if one.case == case), None)


def due(received_at: datetime, days: int) -> datetime:
    """By when somebody should know whose a box is: the end (UTC) of so many working days after it came."""
    return end_of(Calendar().business_days_after(received_at.date(), days, None), "UTC")


def lines_of(box: Box, order: Order, wanted: Mapping[str, int]) -> tuple[dict[str, int], tuple[BoxLine, ...]]:
    """The box's units as lines of an order, no more than `wanted` of each; and what it holds besides."""
    free, found, others = dict(wanted), dict[str, int](), list[BoxLine]()
    for item in box.lines:
        rest = item.quantity
        for line in order.lines if item.sku else ():
            if line.sku == item.sku and (count := min(rest, free.get(line.id, 0))):
                found[line.id] = found.get(line.id, 0) + count
                free[line.id] -= count
                rest -= count
        if rest:
            others.append(item.model_copy(update={"quantity": rest}))
    return found, tuple(others)


def told(lines: Iterable[BoxLine]) -> str:
    """Items for people, each with its quantity."""
    return ", ".join(f"{one.quantity} × {one.sku or one.title}" for one in lines) or "nothing"
