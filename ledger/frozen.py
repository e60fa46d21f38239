"""The order that decisions are made on."""

from __future__ import annotations

from typing import NamedTuple

from domain.exchange import with_exchanges
from domain.history import Happened
from domain.order import Order
from domain.stores import Snapshots
from ledger import JournalEntry, Ledger
from ledger.recall import happened, newest_snapshot


class Frozen(NamedTuple):
    """An order as the shop told it last, what took goods or money out of it since it was opened, and all its
    entries."""

    sold: Order
    happened: tuple[Happened, ...] = ()
    entries: tuple[JournalEntry, ...] = ()

    @property
    def order(self) -> Order:
        """With what went out for goods that came back."""
        return with_exchanges(self.sold, self.happened)


def frozen(ledger: Ledger, snapshots: Snapshots, order_id: str) -> Frozen | None:
    """What is known of an order, in one read; None if it was never touched."""
    entries = tuple(ledger.entries(order=order_id))
    content = newest_snapshot(entries)
    if not content:
        return None
    return Frozen(snapshots.get(order_id, content).order, tuple(happened(entries).values()), entries)


def frozen_order(ledger: Ledger, snapshots: Snapshots, order_id: str) -> Order | None:
    """The order as it was when first touched, with what the shop told of it since, and with what went out for goods
    that came back; None if it was never touched."""
    known = frozen(ledger, snapshots, order_id)
    return known and known.order
