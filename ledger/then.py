"""An order as the journal knew it at a moment: what was decided then, can be decided again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.exchange import with_exchanges
from domain.history import History, history_of
from domain.model import Model
from domain.order import Order
from domain.stores import Snapshots
from ledger import UNITS, JournalEntry, Transfer, TransferKind, accounts
from ledger.recall import happened, newest_snapshot


class OrderThen(Model):
    """The order, what of it had gone back, and the units of each line that were in no return and not paid back."""

    order: Order
    history: History
    returnable: Mapping[str, int]


def order_then(snapshots: Snapshots, entries: Sequence[JournalEntry]) -> OrderThen | None:
    """The order after these entries of it, the oldest first; None if they do not open it.

    Raises KeyError if its snapshot was never kept.
    """
    content = newest_snapshot(entries)
    if not content:
        return None
    found = happened(entries).values()
    order = with_exchanges(snapshots.get(entries[0].order, content).order, found)
    history = history_of(order, found)
    held = _held(transfer for entry in entries for transfer in entry.transfers)
    left = {
        line_id: line.returnable(held.get(accounts.with_customer(order.id, line_id), 0))
        for line_id, line in history.lines.items()
    }
    return OrderThen(order=order, history=history, returnable=left)


def _held(transfers: Iterable[Transfer]) -> dict[str, int]:
    """What every account of units could give after these transfers: what was posted, less what was reserved of it."""
    held: dict[str, int] = {}
    for one in transfers:
        if one.commodity != UNITS:
            continue
        if one.kind is not TransferKind.POST:
            # Whatever is given up frees the units again; posting it took them when it was reserved.
            freed = one.amount if one.kind is TransferKind.VOID else -one.amount
            held[one.debit] = held.get(one.debit, 0) + freed
        if one.kind in (TransferKind.SINGLE, TransferKind.POST):
            held[one.credit] = held.get(one.credit, 0) + one.amount
    return held
