"""A shop without a warehouse system: the journal's stock accounts are the stock."""

from __future__ import annotations

from activities.inventory.items import Goods
from domain.inspection import Disposition
from ledger import accounts


class EmbeddedInventory:
    """Nobody outside has to be told: the journal's entries move the units, and its guards keep what is set aside."""

    def receive(self, key: str, goods: Goods) -> None:
        """Nothing beyond the receipt's own entry."""

    def restock(self, key: str, goods: Goods) -> None:
        """Nothing beyond the entry that follows."""

    def quarantine(self, key: str, goods: Goods) -> None:
        """Nothing beyond the entry that follows."""

    def scrap(self, key: str, goods: Goods) -> None:
        """Nothing beyond the entry that follows."""

    def reserve(self, key: str, goods: Goods) -> None:
        """Nothing beyond the entry that follows, which is refused for more than there is."""

    def release(self, key: str, reserved: str, goods: Goods) -> None:
        """Nothing beyond the entry that follows."""

    def shelf(self, location: str, sku: str) -> str:
        """What was put away to be sold again; guarded, so that no unit is set aside twice."""
        return accounts.stock(location, sku, Disposition.RESTOCKED)
