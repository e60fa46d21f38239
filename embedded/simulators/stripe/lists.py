"""Lists, newest first: by time of creation, in pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from embedded.simulators.bodies import Json
from embedded.simulators.stripe import params
from embedded.simulators.stripe.calls import Asked
from embedded.simulators.stripe.errors import StripeError, missing

PARAMS = ("created", "ending_before", "expand", "limit", "starting_after")
_LATEST = 2**40


class Listed(Protocol):
    """What can stand in a list."""

    @property
    def id(self) -> str:
        """Its id, by which a page begins or ends."""

    @property
    def created(self) -> int:
        """When it was made, in seconds since 1970."""


One = TypeVar("One", bound=Listed)


def page(asked: Asked, found: Sequence[One], noun: str, show: Callable[[One], Json]) -> Json:
    """One page of what was found (newest first). Raises StripeError for a cursor that is not among it."""
    given = asked.params
    limit = params.integer(given, "limit", 1, 100) or 10
    after, before = params.text(given, "starting_after"), params.text(given, "ending_before")
    if after is not None and before is not None:
        raise StripeError("You may only specify one of these parameters: ending_before, starting_after.")
    ids = [one.id for one in found]
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor is not None and cursor not in ids:
            raise missing(noun, cursor, name)
    rest = found[ids.index(after) + 1 :] if after else found[: ids.index(before)] if before else found
    made = _created(given)
    rest = [one for one in rest if made(one.created)]
    shown = rest[-limit:] if before else rest[:limit]
    return {
        "object": "list",
        "data": [show(one) for one in shown],
        "has_more": len(rest) > limit,
        "url": asked.path,
    }


def _created(given: params.Params) -> Callable[[int], bool]:
    bounds = given.get("created", {})
    if isinstance(bounds, str):
        exactly = params.integer(given, "created", 0, _LATEST)
        return lambda at: at == exactly
    for name in bounds:
        if name not in ("gt", "gte", "lt", "lte"):
            raise StripeError(f"Received unknown parameter: created[{name}]", code="parameter_unknown", param="created")
    low, high = 0, _LATEST
    for name in bounds:
        at = params.integer({f"created[{name}]": bounds[name]}, f"created[{name}]", 0, _LATEST) or 0
        if name in ("gt", "gte"):
            low = max(low, at + (name == "gt"))
        else:
            high = min(high, at - (name == "lt"))
    return lambda at: low <= at <= high
