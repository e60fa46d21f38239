"""Whose a box may be: returns with its tracking number or its items, and orders that could still be returned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal

from domain import ids
from domain.box import Box, lines_of
from domain.model import Model
from domain.order import Order
from domain.stores import Orders, Parcels, Snapshots
from ledger import UNITS, Ledger, accounts
from ledger.frozen import frozen_order

MOST = 5
NEWEST_ORDERS = 500
"""Goods that come back were mostly bought lately."""


class Likely(Model):
    """A return, or an order without one, that a box may belong to; `units` of it would fit."""

    kind: Literal["return", "order"]
    id: str
    order: str
    units: int
    because: str


def likely(box: Box, parcels: Parcels, orders: Orders, snapshots: Snapshots, ledger: Ledger) -> tuple[Likely, ...]:
    """The likeliest first: by tracking number, then open returns, then orders, each by how much of the box fits."""
    expected = _expected(ledger)
    tied = {one.case for one in parcels.ties(box.tracking_number)} if box.tracking_number else set()
    found = [*_returns(box, expected, tied, ledger, snapshots), *_orders(box, orders, ledger)]
    rank = {"return": 1, "order": 2}
    return tuple(sorted(found, key=lambda one: (one.id not in tied, rank[one.kind], -one.units))[:MOST])


def _expected(ledger: Ledger) -> dict[str, dict[str, int]]:
    """Units that are announced and have not come, by return and line."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one in ledger.balances("returning:"):
        if one.pending_in:
            _, case, line_id = one.account.split(":", 2)
            found[case][line_id] = one.pending_in
    return found


def _returns(
    box: Box, expected: Mapping[str, Mapping[str, int]], tied: set[str], ledger: Ledger, snapshots: Snapshots
) -> Iterator[Likely]:
    known: dict[str, Order | None] = {}
    for case, wanted in expected.items():
        decided = ledger.find(ids.decision_key(case))
        if decided is None:
            continue
        if decided.order not in known:
            known[decided.order] = frozen_order(ledger, snapshots, decided.order)
        order = known[decided.order]
        fits = sum(lines_of(box, order, wanted)[0].values()) if order else 0
        if fits or case in tied:
            why = "same tracking number" if case in tied else "it expects the same items"
            yield Likely(kind="return", id=case, order=order.number if order else "", units=fits, because=why)


def _orders(box: Box, orders: Orders, ledger: Ledger) -> Iterator[Likely]:
    skus = {one.sku for one in box.lines} - {""}
    for order in orders.newest(NEWEST_ORDERS) if skus else ():
        lines = [line for line in order.lines if line.sku in skus]
        fits = sum(
            lines_of(box, order, {one.id: _held(ledger, order, one.id, one.quantity) for one in lines})[0].values()
        )
        if fits:
            yield Likely(kind="order", id=order.id, order=order.number, units=fits, because="it has the same items")


def _held(ledger: Ledger, order: Order, line_id: str, bought: int) -> int:
    """Units that the customer has, in no return; all of them as long as no return was asked for."""
    held = ledger.balance(accounts.with_customer(order.id, line_id), UNITS).available
    return held if ledger.find(ids.order_key(order.id)) else bought
