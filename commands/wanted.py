"""What would come back, as it is typed: `LINE:QUANTITY:REASON`, the line by its id or its SKU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commands import values
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from domain.order import Order, OrderLine
    from domain.request import RequestedLine, ReturnReason


@dataclass
class Units:
    """Units by the id of their line or kit, and why they come back."""

    option: str
    units: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, ReturnReason] = field(default_factory=dict)

    @classmethod
    def read(cls, order: Order, option: str, texts: Iterable[str]) -> Units:
        """What was typed. Raises InvalidRequest for what names no line, no whole number or no reason."""
        found = cls(option)
        for one in values.lines(texts, "reason", option=option):
            line_id = _line_id(order, option, str(one["line_id"]))
            asked = _asked(f"{option} {line_id}", {**one, "line_id": line_id})
            found.units[line_id] = found.units.get(line_id, 0) + asked.quantity
            for part in order.lines:
                if line_id in (part.id, part.kit) and "reason" in one:
                    found.reasons[part.id] = asked.reason
        return found


def _asked(option: str, line: Mapping[str, object]) -> RequestedLine:
    from domain.request import RequestedLine, ReturnReason

    words = {
        "quantity": f"the quantity is a whole number from 1 to 1000000, not {line['quantity']}",
        "reason": f"{line.get('reason')!r} is no reason; it is one of {', '.join(ReturnReason)}",
    }
    try:
        return values.make(RequestedLine, line)
    except InvalidRequest as error:
        raise InvalidRequest(option, words.get(error.field, reason_of(error))) from None


def _line_id(order: Order, option: str, name: str) -> str:
    """The line or kit of that id, else the only line with that SKU."""
    if any(name in (line.id, line.kit) for line in order.lines):
        return name
    same = list(dict.fromkeys(found for line in order.lines for found in _of_sku(line, name)))
    if len(same) > 1:
        raise InvalidRequest(option, f"{name} is the SKU of {len(same)} lines; name one of them: {', '.join(same)}")
    if not same:
        known = ", ".join(line.id for line in order.lines[:20])
        raise InvalidRequest(option, f"order {order.number} has no line {name}; it has {known}")
    return same[0]


def _of_sku(line: OrderLine, name: str) -> Iterator[str]:
    """The line of that SKU, and the kit of that SKU which the line is a part of."""
    if line.sku == name:
        yield line.id
    if line.kit is not None and line.kit_sku == name:
        yield line.kit


def reason_named(name: str | None) -> str | None:
    """A reason that was typed for all lines. Raises InvalidRequest for what is none."""
    from domain.request import ReturnReason

    if name is not None and name not in list(ReturnReason):
        raise InvalidRequest("--reason", f"{name!r} is no reason; it is one of {', '.join(ReturnReason)}")
    return name


@contextmanager
def naming(option: str) -> Iterator[None]:
    """Faults of units, told by the option that names them."""
    try:
        yield
    except InvalidRequest as error:
        raise InvalidRequest(f"{option} {error.field.removeprefix('units.')}", reason_of(error)) from None


def reason_of(error: InvalidRequest) -> str:
    """Its words, without the field."""
    return error.message.removeprefix(f"{error.field}: ")
