"""What an outside system says of us when it is asked for nothing: a read that changes nothing and costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, runtime_checkable

from domain.model import Model, UtcDatetime

NOBODYS = "doctor"
"""The key under which an adapter looks for something that is not there."""


class Checked(Model):
    """What came of it: what our key may not do, what else is worth knowing, and what time it is there."""

    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    clock: UtcDatetime | None = None


@runtime_checkable
class Checkable(Protocol):
    """An adapter that can be asked whether its other side would serve us."""

    def check(self) -> Checked:
        """One harmless call. Raises Unavailable, or Refused for a no, both with what to do."""


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """The time in an answer's `Date`; None if it tells none."""
    said = headers.get("date") or headers.get("Date") or ""
    try:
        return parsedate_to_datetime(said)
    except ValueError:
        return None
