"""The simulated time: the machine's clock, and how far the controls have set it ahead."""

from __future__ import annotations

import time

from domain.model import Model
from embedded.simulators.shelf import Rows

_ID = "all"


class Clock(Model):
    """How many seconds the simulated time is ahead. It never goes back."""

    ahead: int = 0


def now(rows: Rows) -> int:
    """The simulated time, in seconds since 1970."""
    return int(time.time()) + (rows.get(Clock, _ID) or Clock()).ahead


def advance(rows: Rows, seconds: int) -> int:
    """Let so many seconds pass; gives the simulated time then."""
    ahead = (rows.get(Clock, _ID) or Clock()).ahead + seconds
    rows.put(_ID, Clock(ahead=ahead))
    return now(rows)
