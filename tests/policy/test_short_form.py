"""The policy: every rule speaks, every reason is kept, and the window ends to the second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from domain.order import OrderLine
from domain.policy import Decision, Verdict, version_of
from tests.policy import cases
from tests.policy.cases import DELIVERED, codes, line

LAST_MOMENT = datetime(2026, 12, 6, 23, 59, 59, 999999, tzinfo=UTC)  # the end of the 30th day after delivery
MICROSECOND = timedelta(microseconds=1)


def judged(
    now: datetime,
    *lines: OrderLine,
    quantities: Mapping[str, int] | None = None,
    returnable: Mapping[str, int] | None = None,
) -> Decision:
    policy = cases.published(send_back_days=14)
    return cases.judged(policy, cases.order(*lines), now, quantities=quantities, returnable=returnable).decision


def test_the_last_moment_of_the_last_day_counts() -> None:
    decision = judged(LAST_MOMENT, line("1"))
    assert decision.verdict is Verdict.APPROVE
    assert codes(decision) == [["within_window", "units_available"]]
    assert decision.lines[0].returnable_until == LAST_MOMENT
    assert decision.send_back_until == LAST_MOMENT + timedelta(days=14)


def test_the_moment_after_it_is_too_late() -> None:
    decision = judged(LAST_MOMENT + MICROSECOND, line("1"))
    assert decision.verdict is Verdict.DECLINE
    # the other rule still says its word
    assert codes(decision) == [["return_period_ended", "units_available"]]
    assert "06 December 2026" in decision.lines[0].reasons[0].text
    assert decision.approved == ()


def test_the_window_does_not_begin_before_delivery() -> None:
    decision = judged(LAST_MOMENT + timedelta(days=365), line("1", delivered_at=None))
    assert decision.verdict is Verdict.APPROVE
    assert codes(decision) == [["delivery_unknown", "units_available"]]
    assert decision.lines[0].returnable_until is None


def test_units_that_came_back_do_not_come_back_again() -> None:
    some = judged(LAST_MOMENT, line("1"), quantities={"1": 2}, returnable={"1": 1})
    assert codes(some) == [["within_window", "already_returned"]]
    assert some.verdict is Verdict.DECLINE
    assert "only 1 can" in some.lines[0].reasons[1].text
    assert judged(LAST_MOMENT, line("1"), returnable={"1": 0}).verdict is Verdict.DECLINE
    assert judged(LAST_MOMENT, line("1"), quantities={"1": 3}).verdict is Verdict.APPROVE


def test_one_good_line_approves_the_request_and_the_others_stay_declined() -> None:
    late = line("late", DELIVERED - timedelta(days=40))
    decision = judged(LAST_MOMENT, line("good"), late, line("gone"), returnable={"gone": 0})
    assert decision.verdict is Verdict.APPROVE
    assert [one.verdict for one in decision.lines] == [Verdict.APPROVE, Verdict.DECLINE, Verdict.DECLINE]
    assert [one.line_id for one in decision.approved] == ["good"]
    assert decision.reason_codes == ("within_window", "units_available", "return_period_ended", "already_returned")


def test_the_decision_names_the_version_it_was_made_under() -> None:
    decision = judged(LAST_MOMENT, line("1"))
    policy, _, version = decision.policy.partition("@")
    assert policy == "standard"
    assert len(version) == 12
    assert version_of({"b": 1, "a": 2}) == version_of({"a": 2, "b": 1}) != version_of({"a": 2, "b": 2})


def test_both_late_and_gone_keeps_both_reasons() -> None:
    decision = judged(LAST_MOMENT + timedelta(days=1), line("1"), returnable={"1": 0})
    assert codes(decision) == [["return_period_ended", "already_returned"]]


@pytest.mark.parametrize("offset", ["+14:00", "-12:00"])
def test_the_same_moment_told_elsewhere_is_the_same_day(offset: str) -> None:
    hours = timedelta(hours=int(offset[:3]))
    elsewhere = (DELIVERED + hours).replace(tzinfo=None).isoformat() + offset
    delivered = OrderLine.model_validate(line("1").model_dump() | {"deliveries": [{"quantity": 3, "at": elsewhere}]})
    assert judged(LAST_MOMENT, delivered).lines[0].returnable_until == LAST_MOMENT
