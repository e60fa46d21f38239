"""Goods as whoever keeps the stock is told of them: item, place, quantity."""

from __future__ import annotations

from collections.abc import Iterator

from domain.inspection import Disposition, Inspection, Receipt
from domain.model import Id, Model, Quantity
from domain.order import Order
from ledger import accounts


class Item(Model):
    """So many units of one item at one place. `disposition` is None where nobody has judged them."""

    line_id: Id
    sku: str
    location: Id
    quantity: Quantity
    disposition: Disposition | None = None
    serials: tuple[str, ...] = ()


class Goods(Model):
    """Items of one return."""

    case: Id
    order_id: Id
    items: tuple[Item, ...]


def counted(order: Order, box: Receipt) -> Iterator[Item]:
    """What came in a box."""
    for line in box.lines:
        sku = _sku(order, line.line_id)
        yield Item(line_id=line.line_id, sku=sku, location=box.location, quantity=line.quantity, serials=line.serials)


def judged(order: Order, seen: Inspection) -> Iterator[Item]:
    """What an inspection says of each unit, with the place where it goes."""
    for line in seen.lines:
        yield Item(
            line_id=line.line_id,
            sku=_sku(order, line.line_id),
            location=line.location or seen.location,
            quantity=line.quantity,
            disposition=line.disposition,
            serials=line.serials,
        )


def put_away(case: str, item: Item) -> tuple[str, str, int]:
    """The move of judged units in the ledger: debit, credit, quantity."""
    assert item.disposition is not None
    to = accounts.stock(item.location, item.sku, item.disposition)
    return accounts.returning(case, item.line_id), to, item.quantity


def _sku(order: Order, line_id: str) -> str:
    """One without a number of its own goes by its line."""
    line = order.line(line_id)
    return (line.sku if line else "") or line_id
