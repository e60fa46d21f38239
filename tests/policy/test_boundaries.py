"""Where periods end: to the last moment, across clock changes, leap days, borders, and while nobody knows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.order import Delivery
from domain.policy import Calendar, Verdict
from domain.policy.calendar import end_of, months_after
from tests.policy.cases import DELIVERED, PLACED, STATUTES, judged, line, one, order, published

MICROSECOND = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# What is delivered when, where, under which rule; and the first moment that is too late.
ENDS: list[tuple[str, str, dict[str, Any], str]] = [
    # Berlin's days begin at 23:00 UTC in winter: delivered on the 6th there
    ("2026-11-05T23:30:00+00:00", "DE", {"days": 14}, "2026-11-21T00:00:00+01:00"),
    # summer time ends on 25 October: the day has 25 hours
    ("2026-10-11T10:00:00+02:00", "DE", {"days": 14}, "2026-10-26T00:00:00+01:00"),
    # summer time begins on 29 March: the day has 23 hours
    ("2026-03-15T10:00:00+01:00", "DE", {"days": 14}, "2026-03-30T00:00:00+02:00"),
    # leap days, in days and in months
    ("2028-02-15T10:00:00+01:00", "DE", {"days": 14}, "2028-03-01T00:00:00+01:00"),
    ("2028-02-29T10:00:00+01:00", "DE", {"months": 12}, "2029-03-01T00:00:00+01:00"),
    ("2027-02-28T10:00:00+01:00", "DE", {"months": 12}, "2028-02-29T00:00:00+01:00"),
    ("2026-08-31T10:00:00+02:00", "DE", {"months": 6, "days": 1}, "2027-03-02T00:00:00+01:00"),
    # far from Greenwich
    ("2026-11-06T10:00:00+09:00", "JP", {"days": 14}, "2026-11-21T00:00:00+09:00"),
    ("2026-11-06T22:00:00-08:00", "US", {"days": 14}, "2026-11-21T00:00:00-08:00"),
    ("2026-11-06T23:59:59+13:00", "NZ", {"days": 0}, "2026-11-07T00:00:00+13:00"),
    # no time zone is known
    ("2026-11-06T23:59:59+00:00", "BR", {"days": 1}, "2026-11-08T00:00:00+00:00"),
    # business days: the 9th to the 13th, and the 16th to the 20th but for a holiday
    ("2026-11-06T10:00:00+01:00", "DE", {"days": 10, "count": "business"}, "2026-11-24T00:00:00+01:00"),
    # delivered on a Saturday, and the day's end moves off a holiday, a Saturday and a Sunday
    ("2026-11-07T10:00:00+01:00", "DE", {"days": 3, "count": "business"}, "2026-11-12T00:00:00+01:00"),
    ("2026-12-11T10:00:00+01:00", "DE", {"days": 14, "at_end": "next_working_day"}, "2026-12-29T00:00:00+01:00"),
    ("2026-12-11T10:00:00+01:00", "DE", {"days": 14}, "2026-12-26T00:00:00+01:00"),
    ("2026-12-11T10:00:00+01:00", "NL", {"days": 14, "at_end": "next_working_day"}, "2026-12-26T00:00:00+01:00"),
]
ZONES = {"JP": "Asia/Tokyo", "US": "America/Los_Angeles", "NZ": "Pacific/Auckland"}
HOLIDAYS = {"DE": ["2026-11-18", "2026-12-25", "2026-12-26"]}


@pytest.mark.parametrize(("delivered", "country", "rule", "over"), ENDS)
def test_the_last_moment_counts_and_the_next_does_not(
    delivered: str, country: str, rule: dict[str, Any], over: str
) -> None:
    policy = published(window=[rule], time_zones=ZONES, holidays=HOLIDAYS)
    sold = order(line(delivered_at=at(delivered)), country=country, placed_at=at(delivered) - timedelta(days=3))
    last = one(policy, sold, at(over) - MICROSECOND)
    assert (last.verdict, last.returnable_until) == (Verdict.APPROVE, at(over) - MICROSECOND)
    assert one(policy, sold, at(over)).verdict is Verdict.DECLINE


def test_the_calendar_is_the_one_that_is_given() -> None:
    policy = published(window=[{"days": 14, "at_end": "next_working_day"}])
    assert one(policy, order(country="DE")).returnable_day == date(2026, 11, 20)
    buss = Calendar(holidays={"DE": (date(2026, 11, 20),)})
    assert one(policy, order(country="DE"), calendar=buss).returnable_day == date(2026, 11, 23)


def test_the_last_parcel_of_the_order_begins_the_days() -> None:
    policy = published(window=[{"days": 14, "anchor": "last_parcel"}])
    sold = order(line("1"), line("2", DELIVERED + timedelta(days=9)))
    assert [one.returnable_day for one in judged(policy, sold).decision.lines] == [date(2026, 11, 29)] * 2
    on_its_way = order(line("1"), line("2", None))
    found = judged(policy, on_its_way, DELIVERED + timedelta(days=200)).decision
    assert [one.reasons[0].code for one in found.lines] == ["delivery_unknown"] * 2


def test_the_last_box_of_a_line_begins_its_days() -> None:
    boxes = (Delivery(quantity=2, at=DELIVERED), Delivery(quantity=1, at=DELIVERED + timedelta(days=3)))
    policy = published(window_days=14)
    assert one(policy, order(line(deliveries=boxes))).returnable_day == date(2026, 11, 23)
    missing = (Delivery(quantity=2, at=DELIVERED), Delivery(quantity=1))
    assert one(policy, order(line(deliveries=missing))).returnable_until is None


def test_an_unknown_delivery_is_open_or_taken_to_be_some_days_after_the_order() -> None:
    sold = order(line(delivered_at=None), country="DE")
    much_later = PLACED + timedelta(days=3000)
    assert one(published(), sold, much_later).verdict is Verdict.APPROVE
    policy = published(window=[{"days": 14, "transit_days": 5}])
    end = at("2026-11-22T00:00:00+01:00")  # the 2nd, and 5, and 14 days
    assert one(policy, sold, end - MICROSECOND).verdict is Verdict.APPROVE
    assert "taken to be 5 days after the order" in one(policy, sold, end - MICROSECOND).reasons[0].text
    assert one(policy, sold, end).verdict is Verdict.DECLINE


def test_days_from_the_order_need_no_delivery() -> None:
    policy = published(window=[{"days": 14, "anchor": "order"}])
    assert one(policy, order(line(delivered_at=None), country="DE")).returnable_day == date(2026, 11, 16)


def test_the_day_to_send_is_told_as_it_is_where_the_order_went() -> None:
    policy = published(time_zones={"US": "America/Los_Angeles"})
    evening = at("2026-11-10T21:00:00-08:00")  # the 11th in UTC
    decision = judged(policy, order(country="US"), evening).decision
    assert decision.last_day_to_send == date(2026, 11, 24)
    assert decision.send_back_until == at("2026-11-25T00:00:00-08:00") - MICROSECOND


def test_withdrawal_before_delivery_and_on_the_last_day() -> None:
    statutes = (STATUTES["de-withdrawal"],)
    policy = published(window_days=0)
    waiting = order(line(delivered_at=None), country="DE")
    assert one(policy, waiting, PLACED + timedelta(minutes=1), statutes=statutes).statutes == (statutes[0].ref,)
    # delivered on Saturday 7 November: the 14th day is Saturday 21, so Monday 23
    sold = order(line(delivered_at=at("2026-11-07T12:00:00+01:00")), country="DE")
    end = at("2026-11-24T00:00:00+01:00")
    assert one(policy, sold, end - MICROSECOND, statutes=statutes).verdict is Verdict.APPROVE
    assert one(policy, sold, end, statutes=statutes).verdict is Verdict.DECLINE


def test_midnight_that_does_not_exist() -> None:
    # In Beirut clocks go from 00:00 to 01:00 in spring: the day ends one hour earlier than the clock seems to say
    assert end_of(date(2026, 3, 28), "Asia/Beirut") == at("2026-03-28T22:00:00+00:00") - MICROSECOND


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 24, date(2028, 11, 30)),
        (date(2026, 11, 30), 0, date(2026, 11, 30)),
    ],
)
def test_months_end_with_the_shorter_month(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_a_day_of_a_policy_that_is_tried_out_lasts_seconds() -> None:
    tried = published(send_back_days=14, trial_day=2, deadlines=[{"review_days": 3}])
    decided = judged(tried, order(line())).decision
    assert decided.send_back_until - decided.decided_at == timedelta(seconds=28)
    assert decided.days(decided.review_days) == timedelta(seconds=6)
    assert judged(published(), order(line())).decision.days(3) == timedelta(days=3)
