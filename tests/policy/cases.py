"""Orders, documents and requests, with as few words as a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.decisions.policy_file import load_statutes
from domain.inspection import Grade
from domain.order import Delivery, Order, OrderLine, Tender, TenderKind
from domain.policy import (
    Calendar,
    Decision,
    LineDecision,
    Policies,
    Policy,
    PublishedPolicy,
    PublishedStatute,
    Traced,
    traced,
    version_of,
)
from domain.policy.terms import Graded
from domain.request import Basis, RequestedLine, ReturnReason, ReturnRequest
from settings import ROOT

PLACED = datetime(2026, 11, 2, 9, tzinfo=UTC)
DELIVERED = datetime(2026, 11, 6, 13, 20, tzinfo=UTC)
STATUTES = {one.statute.id: one for one in load_statutes(ROOT / "policies" / "statutes")}


def line(line_id: str = "1", delivered_at: datetime | None = DELIVERED, **fields: Any) -> OrderLine:
    """Three mugs at 10.00."""
    deliveries = (Delivery(quantity=3, at=delivered_at),)
    return OrderLine.model_validate(
        {"id": line_id, "title": "Mug", "quantity": 3, "unit_price": 1000, "deliveries": deliveries, **fields}
    )


def order(*lines: OrderLine, **fields: Any) -> Order:
    """An order of these lines, or of three mugs, paid by card."""
    sold = lines or (line(),)
    total = sum(one.quantity * one.unit_price for one in sold)
    return Order.model_validate(
        {
            "id": "1",
            "number": "#1",
            "shop": "demo",
            "customer_id": "c1",
            "currency": "EUR",
            "placed_at": PLACED,
            "prices_include_tax": True,
            "lines": sold,
            "tenders": (Tender(id="pi_1", kind=TenderKind.CARD, captured=total),),
            "total": total,
            **fields,
        }
    )


def published(document: Mapping[str, Any] | None = None, **fields: Any) -> PublishedPolicy:
    """30 days after delivery, or other terms."""
    whole = {"id": "standard", "title": "Standard", "window_days": 30, **(document or {}), **fields}
    policy = Policy.model_validate(whole, extra="forbid")
    return PublishedPolicy(policy=policy, version=version_of(whole), effective_from=PLACED)


def judged(
    policy: PublishedPolicy,
    sold: Order,
    now: datetime = DELIVERED + timedelta(days=1),
    *,
    statutes: tuple[PublishedStatute, ...] = (),
    reason: ReturnReason = ReturnReason.UNWANTED,
    quantities: Mapping[str, int] | None = None,
    returnable: Mapping[str, int] | None = None,
    basis: Basis | None = None,
    calendar: Calendar | None = None,
) -> Traced:
    """The decision on one unit of each line, or as many as are named, with what became of every rule."""
    wanted = tuple(
        RequestedLine(line_id=one.id, quantity=(quantities or {}).get(one.id, 1), reason=reason) for one in sold.lines
    )
    left = {one.id: one.quantity for one in sold.lines} | dict(returnable or {})
    request = ReturnRequest(id="r1", order_id=sold.id, lines=wanted, basis=basis)
    judges = Policies(policy=policy, statutes=statutes)
    return traced(sold, request, judges, left, calendar or policy.policy.calendar, now)


def one(
    policy: PublishedPolicy, sold: Order, now: datetime = DELIVERED + timedelta(days=1), **how: Any
) -> LineDecision:
    """The decision on the first line."""
    return judged(policy, sold, now, **how).decision.lines[0]


def as_new(decision: Decision) -> Graded:
    """What was approved, as it is hoped to come back."""
    return {line.line_id: {Grade.A: line.quantity} for line in decision.approved}


def codes(decision: Decision) -> list[list[str]]:
    """The codes of all reasons, line by line."""
    return [[reason.code for reason in one.reasons] for one in decision.lines]
