"""Which payment gives back how much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from domain.errors import Refused
from domain.history import History
from domain.money import Money
from domain.order import Order, Tender, TenderKind
from domain.plan import Leg


def legs_for(order: Order, history: History, due: int, kinds: Sequence[TenderKind]) -> tuple[Leg, ...]:
    """`due` split over the order's tenders, each within what it has left and rounded down to its step.

    Raises Refused (`tender_exhausted`) if all of them together have less left.
    """
    left = {one.id: max(0, one.captured - history.tenders.get(one.id, 0)) for one in order.tenders}
    if due > sum(left.values()):
        asked, have = (Money(minor=minor, currency=order.currency) for minor in (due, sum(left.values())))
        words = f"{asked} is due, but the payments of order {order.number} have only {have} left"
        raise Refused("tender_exhausted", words)
    legs: list[Leg] = []
    for tender in _in_turn(order.tenders, kinds):
        amount = min(due, left[tender.id]) // tender.step * tender.step
        if amount:
            whose = order.customer_id if tender.kind is TenderKind.STORE_CREDIT else ""
            legs.append(Leg(tender_id=tender.id, kind=tender.kind, amount=amount, customer=whose))
            due -= amount
    return tuple(legs)


def _in_turn(tenders: Sequence[Tender], kinds: Sequence[TenderKind]) -> list[Tender]:
    """By kind, and within a kind the newest payment first; an unknown date is the oldest."""

    def rank(tender: Tender) -> tuple[int, timedelta]:
        turn = kinds.index(tender.kind) if tender.kind in kinds else len(kinds)
        return turn, datetime.max.replace(tzinfo=UTC) - (tender.paid_at or datetime.min.replace(tzinfo=UTC))

    return sorted(tenders, key=rank) if len(tenders) > 1 else list(tenders)
