"""The simulated time: the machine's clock, how far the controls have set it ahead, and whether it stands still."""

from __future__ import annotations

import time

from domain.model import Model
from embedded.simulators.shelf import Rows

_ID = "all"


class Clock(Model):
    """How many seconds the simulated time is ahead; it never goes back. `stopped_at` is where it stands still."""

    ahead: int = 0
    stopped_at: int | None = None


def now(rows: Rows) -> int:
    """The simulated time, in seconds since 1970."""
    clock = rows.get(Clock, _ID) or Clock()
    return int(time.time()) + clock.ahead if clock.stopped_at is None else clock.stopped_at


def advance(rows: Rows, seconds: int) -> int:
    """Let so many seconds pass; gives the simulated time then."""
    clock = rows.get(Clock, _ID) or Clock()
    stopped = None if clock.stopped_at is None else clock.stopped_at + seconds
    rows.put(_ID, Clock(ahead=clock.ahead + seconds, stopped_at=stopped))
    return now(rows)


def stop(rows: Rows, stopped: bool) -> None:
    """Have the simulated time stand still, but for what is advanced, or go on; on going on it catches up."""
    clock = rows.get(Clock, _ID) or Clock()
    rows.put(_ID, Clock(ahead=clock.ahead, stopped_at=now(rows) if stopped else None))
