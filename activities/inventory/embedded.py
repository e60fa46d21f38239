"""A shop without a warehouse system: the journal's stock accounts are the stock."""

from __future__ import annotations

from datetime import datetime

from activities.inventory import PutAway


class EmbeddedInventory:
    """Nobody outside has to be told; the restock entry itself moves the units."""

    def put_away(self, key: str, moves: tuple[PutAway, ...], now: datetime) -> None:
        """Nothing beyond the journal entry that follows."""
