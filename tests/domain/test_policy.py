"""The policy: every rule speaks, every reason is kept, and the window ends to the second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from domain.order import Delivery, Order, OrderLine, Tender, TenderKind
from domain.policy import Decision, Policy, PublishedPolicy, Verdict, decide, version_of
from domain.request import RequestedLine, ReturnRequest

DELIVERED = datetime(2026, 11, 6, 13, 20, tzinfo=UTC)
LAST_SECOND = datetime(2026, 12, 6, 13, 20, tzinfo=UTC)  # 30 days later


def line(line_id: str, delivered_at: datetime | None = DELIVERED) -> OrderLine:
    deliveries = (Delivery(quantity=3, at=delivered_at),)
    return OrderLine(id=line_id, title="Mug", quantity=3, unit_price=1000, deliveries=deliveries)


def judged(
    now: datetime,
    *lines: OrderLine,
    quantities: Mapping[str, int] | None = None,
    returnable: Mapping[str, int] | None = None,
) -> Decision:
    order = Order(
        id="1",
        number="#1",
        shop="demo",
        customer_id="c1",
        currency="EUR",
        placed_at=DELIVERED - timedelta(days=4),
        prices_include_tax=True,
        lines=lines,
        tenders=(Tender(id="pi_1", kind=TenderKind.CARD, captured=3000 * len(lines)),),
        total=3000 * len(lines),
    )
    wanted = tuple(RequestedLine(line_id=one.id, quantity=(quantities or {}).get(one.id, 1)) for one in lines)
    document = {"id": "standard", "title": "Standard", "window_days": 30, "send_back_days": 14}
    policy = PublishedPolicy(
        policy=Policy.model_validate(document),
        version=version_of(document),
        effective_from=DELIVERED,
    )
    left = {one.id: 3 for one in lines} | dict(returnable or {})
    return decide(order, ReturnRequest(id="r1", order_id="1", lines=wanted), policy, left, now)


def codes(decision: Decision) -> list[list[str]]:
    return [[reason.code for reason in one.reasons] for one in decision.lines]


def test_the_last_second_of_the_window_counts() -> None:
    decision = judged(LAST_SECOND, line("1"))
    assert decision.verdict is Verdict.APPROVE
    assert codes(decision) == [["within_window", "units_available"]]
    assert decision.lines[0].returnable_until == LAST_SECOND
    assert decision.send_back_until == LAST_SECOND + timedelta(days=14)


def test_one_second_after_the_window_is_too_late() -> None:
    decision = judged(LAST_SECOND + timedelta(seconds=1), line("1"))
    assert decision.verdict is Verdict.DECLINE
    # the other rule still says its word
    assert codes(decision) == [["return_period_ended", "units_available"]]
    assert "06 December 2026" in decision.lines[0].reasons[0].text
    assert decision.approved == ()


def test_the_window_does_not_begin_before_delivery() -> None:
    decision = judged(LAST_SECOND + timedelta(days=365), line("1", delivered_at=None))
    assert decision.verdict is Verdict.APPROVE
    assert codes(decision) == [["delivery_unknown", "units_available"]]
    assert decision.lines[0].returnable_until is None


def test_units_that_came_back_do_not_come_back_again() -> None:
    some = judged(LAST_SECOND, line("1"), quantities={"1": 2}, returnable={"1": 1})
    assert codes(some) == [["within_window", "already_returned"]]
    assert some.verdict is Verdict.DECLINE
    assert "only 1 can" in some.lines[0].reasons[1].text
    assert judged(LAST_SECOND, line("1"), returnable={"1": 0}).verdict is Verdict.DECLINE
    assert judged(LAST_SECOND, line("1"), quantities={"1": 3}).verdict is Verdict.APPROVE


def test_one_good_line_approves_the_request_and_the_others_stay_declined() -> None:
    late = line("late", DELIVERED - timedelta(days=40))
    decision = judged(LAST_SECOND, line("good"), late, line("gone"), returnable={"gone": 0})
    assert decision.verdict is Verdict.APPROVE
    assert [one.verdict for one in decision.lines] == [Verdict.APPROVE, Verdict.DECLINE, Verdict.DECLINE]
    assert [one.line_id for one in decision.approved] == ["good"]
    assert decision.reason_codes == ("within_window", "units_available", "return_period_ended", "already_returned")


def test_the_decision_names_the_version_it_was_made_under() -> None:
    decision = judged(LAST_SECOND, line("1"))
    policy, _, version = decision.policy.partition("@")
    assert policy == "standard"
    assert len(version) == 12
    assert version_of({"b": 1, "a": 2}) == version_of({"a": 2, "b": 1}) != version_of({"a": 2, "b": 2})


def test_both_late_and_gone_keeps_both_reasons() -> None:
    decision = judged(LAST_SECOND + timedelta(days=1), line("1"), returnable={"1": 0})
    assert codes(decision) == [["return_period_ended", "already_returned"]]


@pytest.mark.parametrize("zone", [timedelta(hours=14), timedelta(hours=-12)])
def test_the_window_is_the_same_everywhere(zone: timedelta) -> None:
    elsewhere = (DELIVERED + zone).replace(tzinfo=None).isoformat() + ("+14:00" if zone > timedelta(0) else "-12:00")
    delivered = OrderLine.model_validate(line("1").model_dump() | {"deliveries": [{"quantity": 3, "at": elsewhere}]})
    assert judged(LAST_SECOND, delivered).lines[0].returnable_until == LAST_SECOND
