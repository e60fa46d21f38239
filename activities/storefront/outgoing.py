"""The way to those who are told of returns: storefronts, CRMs, data warehouses."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.event import Endpoint, OutgoingRow


class Receivers(Protocol):
    """Whoever takes events."""

    async def deliver(self, endpoint: Endpoint, row: OutgoingRow, now: datetime) -> None:
        """Hand one over; the same one again has the same id. Raises Unavailable if it was not taken."""

    async def close(self) -> None:
        """Let all connections go."""
