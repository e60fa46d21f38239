"""Deliveries that are told after an order was imported: facts about its lines, added and never taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from domain.errors import InvalidRequest
from domain.order import Delivery, Order, OrderLine


def with_delivery(order: Order, units: Mapping[str, int], at: datetime, parcel: str | None = None) -> Order:
    """The order after a parcel came: with `units` of its lines; if none are named, with all that was known to be in
    it, else with all that had not come. The same told again changes nothing.

    Raises InvalidRequest for a line the order does not have, more units than have not come, or another time.
    """
    for line_id in units:
        if order.line(line_id) is None:
            known = ", ".join(line.id for line in order.lines[:20])
            raise InvalidRequest("line", f"order {order.number} has no line {line_id}; it has {known}")
    if units:
        return _each(order, lambda line: _arrived(line, units[line.id], at, parcel) if line.id in units else line)
    inside = [one for line in order.lines for one in line.deliveries if parcel is not None and one.parcel == parcel]
    if other := [one.at for one in inside if one.at is not None and one.at != at]:
        raise InvalidRequest("at", f"parcel {parcel} is known to have come at {other[0]:%Y-%m-%d %H:%M} UTC")
    return _each(order, lambda line: _all_arrived(line, at, parcel, bool(inside)))


def keeping_deliveries(order: Order, earlier: Order) -> Order:
    """A newer version of an order; a line of it that tells no delivery keeps those that were known before."""
    known = {line.id: line.deliveries for line in earlier.lines}

    def kept(line: OrderLine) -> OrderLine:
        told = known.get(line.id, ())
        fits = sum(one.quantity for one in told) <= line.quantity
        return line if line.deliveries or not fits else line.model_copy(update={"deliveries": told})

    return _each(order, kept)


def without_deliveries(order: Order) -> Order:
    """The order as it would be if nothing were known of its parcels."""
    return _each(order, lambda line: line.model_copy(update={"deliveries": ()}))


def _each(order: Order, change: Callable[[OrderLine], OrderLine]) -> Order:
    return order.model_copy(update={"lines": tuple(change(line) for line in order.lines)})


def _arrived(line: OrderLine, quantity: int, at: datetime, parcel: str | None) -> OrderLine:
    """So many units came. They are taken from what was on its way in this parcel, then from what was in none."""
    new = Delivery(quantity=quantity, at=at, parcel=parcel)
    if new in line.deliveries:
        return line
    came = [one for one in line.deliveries if one.at is not None]
    coming = [one for one in line.deliveries if one.at is None]
    free = line.quantity - sum(one.quantity for one in came)
    if quantity > free:
        words = f"{quantity} delivered, but of {line.quantity} bought only {free} had not come"
        raise InvalidRequest(f"line {line.id}", words)
    in_none = free - sum(one.quantity for one in coming)
    same = [one for one in coming if one.parcel == parcel]
    others = [one for one in coming if one.parcel != parcel]
    left, rest = _less(same, quantity)
    left_others, _ = _less(others, max(0, rest - in_none))
    return line.model_copy(update={"deliveries": (*came, new, *left, *left_others)})


def _less(coming: list[Delivery], quantity: int) -> tuple[list[Delivery], int]:
    """What is still coming without so many units, and how many of these were not among it."""
    left: list[Delivery] = []
    for one in coming:
        taken = min(one.quantity, quantity)
        quantity -= taken
        if one.quantity > taken:
            left.append(one.model_copy(update={"quantity": one.quantity - taken}))
    return left, quantity


def _all_arrived(line: OrderLine, at: datetime, parcel: str | None, only_known: bool) -> OrderLine:
    """Everything that was on its way came; if a parcel's content is known, only that."""
    found = tuple(
        one.model_copy(update={"at": at, "parcel": one.parcel or parcel})
        if one.at is None and (not only_known or one.parcel == parcel)
        else one
        for one in line.deliveries
    )
    rest = line.quantity - sum(one.quantity for one in found)
    if rest and not only_known:
        found = (*found, Delivery(quantity=rest, at=at, parcel=parcel))
    return line.model_copy(update={"deliveries": found})
