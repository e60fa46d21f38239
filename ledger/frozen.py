"""The order that decisions are made on."""

from __future__ import annotations

from domain.exchange import with_exchanges
from domain.order import Order
from domain.stores import Snapshots
from ledger import Ledger
from ledger.recall import happened, newest_snapshot


def sold_order(ledger: Ledger, snapshots: Snapshots, order_id: str) -> Order | None:
    """The order as the shop told it last, without what went out for goods; None if it was never touched."""
    content = newest_snapshot(ledger.entries(order=order_id))
    return snapshots.get(order_id, content).order if content else None


def frozen_order(ledger: Ledger, snapshots: Snapshots, order_id: str) -> Order | None:
    """The order as it was when first touched, with what the shop told of it since, and with what went out for goods
    that came back; None if it was never touched."""
    entries = tuple(ledger.entries(order=order_id))
    content = newest_snapshot(entries)
    if not content:
        return None
    return with_exchanges(snapshots.get(order_id, content).order, happened(entries).values())
