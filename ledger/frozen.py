"""The order that decisions are made on."""

from __future__ import annotations

from domain.order import Order
from domain.stores import Snapshots
from ledger import Ledger
from ledger.recall import newest_snapshot


def frozen_order(ledger: Ledger, snapshots: Snapshots, order_id: str) -> Order | None:
    """The order as it was when first touched, with what the shop told of it since; None if it was never touched."""
    content = newest_snapshot(ledger.entries(order=order_id))
    return snapshots.get(order_id, content).order if content else None
