"""A storefront whose orders were imported into our own database."""

from __future__ import annotations

from domain.order import Order
from domain.stores import Orders


class EmbeddedStorefront:
    """Orders from the shelf that `orders import` fills."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def order(self, order_id: str) -> Order | None:
        """The order as imported last."""
        return self._orders.get(order_id)
