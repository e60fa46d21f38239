"""What waits to be sent on."""

from __future__ import annotations

from domain.model import Model, UtcDatetime


class Backlog(Model):
    """What waits in one state: how many, and since when the oldest does."""

    count: int
    oldest: UtcDatetime
