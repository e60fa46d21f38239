"""By when a refund is due: 14 days after the statement, but not before the goods were sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.case import CaseSoFar, OrderBrief
from domain.parcel import Scan, TrackingStatus
from domain.policy import Decision, LineDecision, LineTerms, Verdict
from domain.policy.outcome import DueFrom, RefundDue
from domain.refund_due import Clock, refund_due

STATED = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # half past midnight on the third, in Berlin
LAW = RefundDue(days=14, after=DueFrom.NOTICE, withhold=DueFrom.SENT_OR_RECEIVED, cite="Art 13")
DUE = datetime(2026, 11, 17, 22, 59, 59, 999999, tzinfo=UTC)
"""The last moment of the seventeenth in Berlin."""


def known(*dues: RefundDue, **facts: Any) -> CaseSoFar:
    terms = LineTerms(send_back_day=date(2026, 11, 17), refund_due=dues)
    line = LineDecision(line_id="1", quantity=1, verdict=Verdict.APPROVE, reasons=(), terms=terms)
    decision = Decision(
        verdict=Verdict.APPROVE, policy="p@1", lines=(line,), decided_at=STATED, send_back_until=DUE, obligations=()
    )
    order = OrderBrief(
        order_id="1", number="#1", customer_id="c", currency="EUR", locale="de", titles={}, zone="Europe/Berlin"
    )
    return CaseSoFar(order=order, decision=decision, **facts)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def scan(status: TrackingStatus, day: int) -> Scan:
    return Scan(id=f"s{day}", tracking_number="N1", status=status, at=at(day))


def end(day: int) -> datetime:
    return datetime(2026, 11, day, 22, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        ({}, None),
        ({"scans": (scan(TrackingStatus.PRE_TRANSIT, 5),)}, None),  # the carrier only knows the label
        ({"scans": (scan(TrackingStatus.IN_TRANSIT, 5),)}, DUE),
        ({"handed_over_at": at(5)}, DUE),
        ({"arrived_at": at(17, 22)}, DUE),
        ({"arrived_at": at(17, 23)}, end(18)),  # it is the eighteenth in Berlin
        ({"handed_over_at": at(20), "arrived_at": at(25)}, end(20)),  # whichever is earlier
        ({"handed_over_at": at(25), "scans": (scan(TrackingStatus.IN_TRANSIT, 21),)}, end(21)),
        ({"kept": "backhaul"}, DUE),  # nothing is waited for
    ],
)
def test_it_may_wait_until_the_goods_were_sent(facts: dict[str, Any], due: datetime | None) -> None:
    clock = refund_due(known(LAW, **facts), STATED)
    withheld = DueFrom.SENT_OR_RECEIVED if due is None else None
    assert clock == Clock(due=due, withheld=withheld, cites=("Art 13",))


def test_the_earliest_of_all_obligations_holds() -> None:
    receipt = RefundDue(days=3, after=DueFrom.RECEIPT, cite="ours")
    both = (LAW, receipt)
    assert refund_due(known(*both, handed_over_at=at(5)), STATED) == Clock(due=DUE, cites=("Art 13",))
    assert refund_due(known(*both, handed_over_at=at(5), arrived_at=at(8)), STATED) == Clock(
        due=end(11), cites=("ours",)
    )
    only = RefundDue(days=14, after=DueFrom.NOTICE, withhold=DueFrom.RECEIPT)
    assert refund_due(known(only, handed_over_at=at(5)), STATED).withheld is DueFrom.RECEIPT
    assert refund_due(known(RefundDue(days=14, after=DueFrom.AGREEMENT)), STATED).due == DUE
    assert refund_due(
        known(RefundDue(days=2, after=DueFrom.SENT_OR_RECEIVED), handed_over_at=at(5)), STATED
    ).due == end(7)


def test_without_any_there_is_no_clock() -> None:
    assert refund_due(known(handed_over_at=at(5)), STATED) == Clock()
