"""The last day that a law gives, order by order: counted by hand on a calendar, and asked at its last second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

from domain.order import Exclusion, Order
from domain.policy import Decision, LineDecision, Statute, Verdict
from domain.policy.goods import Condition, Proof
from domain.policy.holidays import days_of, easter, orthodox_easter
from domain.request import Basis, ReturnReason
from tests.policy.cases import STATUTES, judged, line, one, order, published

ALL = tuple(STATUTES.values())
UNTOLD = {"told": ["return_costs", "returns_policy"]}
NO_POSTED_POLICY: dict[str, Any] = {"told": [], "window": [{"days": 0, "anchor": "order"}]}
BROKEN = ReturnReason.DEFECTIVE
# what a shop may write of its own days
AWAY: Sequence[Mapping[str, Any]] = (
    {},
    {"time_zone": "Pacific/Kiritimati"},
    {"time_zones": {"DE": "Pacific/Kiritimati", "ES": "Pacific/Kiritimati", "GB": "Pacific/Kiritimati"}},
    {"time_zones": dict.fromkeys(("DE", "FR", "GB", "CN", "US"), "Pacific/Pago_Pago")},
    {"holidays": {"DE": ["2026-11-02"]}},
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class Case(NamedTuple):
    """`arrived` is the delivery (of the United States: the sale), `last` the first moment at which it is over."""

    statute: str
    country: str
    arrived: str
    last: str
    policy: Mapping[str, Any] = {}
    region: str | None = None


EU, DE, UK, CN = "eu-withdrawal", "de-withdrawal", "uk-cancellation", "cn-seven-days"
CASES = [
    # fourteen days after the day of the delivery, in summer, in winter, and over the change of the clocks on 29 March
    Case(DE, "DE", "2026-11-06T06:00:00+00:00", "2026-11-21T00:00:00+01:00"),
    Case(DE, "DE", "2027-07-06T23:59:00+02:00", "2027-07-21T00:00:00+02:00"),
    Case(DE, "DE", "2027-07-07T00:01:00+02:00", "2027-07-22T00:00:00+02:00"),
    Case(EU, "FR", "2027-03-17T12:00:00+01:00", "2027-04-01T00:00:00+02:00"),
    Case(UK, "GB", "2026-10-20T12:00:00+01:00", "2026-11-04T00:00:00+00:00"),
    # a Saturday becomes Monday; in the United Kingdom it stays
    Case(DE, "DE", "2026-11-07T12:00:00+01:00", "2026-11-24T00:00:00+01:00"),
    Case(UK, "GB", "2026-11-07T12:00:00+00:00", "2026-11-22T00:00:00+00:00"),
    # 25 December 2026 is a Friday: everybody works on Monday the 28th again
    Case(DE, "DE", "2026-12-11T12:00:00+01:00", "2026-12-29T00:00:00+01:00"),
    Case(EU, "FR", "2026-12-11T12:00:00+01:00", "2026-12-29T00:00:00+01:00"),
    # 24 December 2026, a Thursday: free in Poland and Sweden, not in Germany
    Case(EU, "PL", "2026-12-10T12:00:00+01:00", "2026-12-29T00:00:00+01:00"),
    Case(EU, "SE", "2026-12-10T12:00:00+01:00", "2026-12-29T00:00:00+01:00"),
    Case(DE, "DE", "2026-12-10T12:00:00+01:00", "2026-12-25T00:00:00+01:00"),
    # Good Friday is 26 March 2027: free in Germany until Tuesday, on which France, that works on Friday, does not wait
    Case(DE, "DE", "2027-03-12T12:00:00+01:00", "2027-03-31T00:00:00+02:00"),
    Case(EU, "FR", "2027-03-12T12:00:00+01:00", "2027-03-27T00:00:00+01:00"),
    # the orthodox Easter Monday is 3 May 2027, after the weekend of 1 May
    Case(EU, "GR", "2027-04-17T12:00:00+03:00", "2027-05-05T00:00:00+03:00"),
    # Bulgaria keeps 1 May 2027, a Saturday, on the Tuesday after Easter Monday
    Case(EU, "BG", "2027-04-17T12:00:00+03:00", "2027-05-06T00:00:00+03:00"),
    # the first Monday in May in Ireland
    Case(EU, "IE", "2027-04-19T12:00:00+01:00", "2027-05-05T00:00:00+01:00"),
    # Midsummer Eve, Friday 25 June 2027
    Case(EU, "FI", "2027-06-11T12:00:00+03:00", "2027-06-29T00:00:00+03:00"),
    # a delivery that is already the next day in Madrid counts from there, one at noon ends on the Canaries
    Case(EU, "ES", "2026-11-05T23:30:00+00:00", "2026-11-21T00:00:00+01:00"),
    Case(EU, "ES", "2026-11-05T12:00:00+00:00", "2026-11-20T00:00:00+00:00"),
    Case(EU, "PT", "2027-07-06T12:00:00+00:00", "2027-07-21T00:00:00+00:00"),
    Case(EU, "FI", "2026-11-05T22:30:00+00:00", "2026-11-21T00:00:00+02:00"),
    # not told: fourteen days, then twelve months; in Germany twelve months, then fourteen days
    Case(EU, "FR", "2027-02-15T12:00:00+01:00", "2028-03-02T00:00:00+01:00", UNTOLD),
    Case(UK, "GB", "2027-02-15T12:00:00+00:00", "2028-03-02T00:00:00+00:00", UNTOLD),
    Case(DE, "DE", "2027-02-15T12:00:00+01:00", "2028-03-01T00:00:00+01:00", UNTOLD),
    # 14 days after 15 February 2028 are 29 February; a year later that day is the 28th
    Case(UK, "GB", "2028-02-15T12:00:00+00:00", "2029-03-01T00:00:00+00:00", UNTOLD),
    # the fourteen days end on Saturday 21 November 2026, so on Monday the 23rd; 23 November 2027 is a Tuesday
    Case(EU, "FR", "2026-11-07T12:00:00+01:00", "2027-11-24T00:00:00+01:00", UNTOLD),
    # two years, from a leap day to the 28th
    Case("de-non-conformity", "DE", "2028-02-29T12:00:00+01:00", "2030-03-01T00:00:00+01:00"),
    Case("eu-non-conformity", "ES", "2026-11-06T12:00:00+01:00", "2028-11-07T00:00:00+00:00"),
    Case("uk-short-term-reject", "GB", "2027-03-01T12:00:00+00:00", "2027-04-01T00:00:00+01:00"),
    # seven days in China; the seventh is Sunday 8 November 2026
    Case(CN, "CN", "2026-11-01T09:00:00+08:00", "2026-11-10T00:00:00+08:00"),
    Case(CN, "CN", "2026-11-05T17:00:00+00:00", "2026-11-14T00:00:00+08:00"),
    # Thursday 1 October 2026 is the first of three days off, which run into a weekend
    Case("cn-defective", "CN", "2026-09-24T09:00:00+08:00", "2026-10-06T00:00:00+08:00"),
    # thirty, seven, sixty and twenty days after a sale; in Connecticut seven after the delivery
    Case(
        "us-ca-no-posted-policy", "US", "2026-11-02T18:00:00+00:00", "2026-12-03T00:00:00-08:00", NO_POSTED_POLICY, "CA"
    ),
    Case(
        "us-fl-no-posted-policy", "US", "2026-11-03T05:30:00+00:00", "2026-11-11T00:00:00-05:00", NO_POSTED_POLICY, "FL"
    ),
    Case(
        "us-fl-no-posted-policy", "US", "2026-11-03T18:00:00+00:00", "2026-11-11T00:00:00-06:00", NO_POSTED_POLICY, "FL"
    ),
    Case(
        "us-hi-no-posted-policy", "US", "2026-11-02T09:00:00+00:00", "2027-01-01T00:00:00-10:00", NO_POSTED_POLICY, "HI"
    ),
    Case(
        "us-ny-no-posted-policy", "US", "2026-11-02T18:00:00+00:00", "2026-12-03T00:00:00-05:00", NO_POSTED_POLICY, "NY"
    ),
    Case(
        "us-nj-no-posted-policy", "US", "2026-11-02T18:00:00+00:00", "2026-11-23T00:00:00-05:00", NO_POSTED_POLICY, "NJ"
    ),
    Case(
        "us-ct-no-posted-policy", "US", "2026-11-02T18:00:00+00:00", "2026-11-10T00:00:00-05:00", NO_POSTED_POLICY, "CT"
    ),
]


def asked(case: Case, now: datetime, **fields: Any) -> LineDecision:
    """What is said under a merchant who promises nothing."""
    arrived = utc(case.arrived)
    posted = case.statute.startswith("us-")
    sold = order(
        line(delivered_at=arrived if not posted else arrived + timedelta(hours=1)),
        placed_at=arrived if posted else arrived - timedelta(days=3),
        country=case.country,
        region=case.region,
    )
    law = STATUTES[case.statute]
    reason = BROKEN if law.statute.basis is Basis.NON_CONFORMITY else ReturnReason.UNWANTED
    policy = published(**{"window_days": 0, "eligibility": [{"answer": "excluded"}], **case.policy, **fields})
    return one(policy, sold, now, statutes=(law,), reason=reason)


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.statute}-{one.country}-{one.arrived[:10]}")
def test_the_last_moment_whatever_a_shop_writes(case: Case) -> None:
    for fields in AWAY:
        at_the_end(case, fields)


def at_the_end(case: Case, fields: Mapping[str, Any]) -> None:
    over = utc(case.last)
    last = asked(case, over - timedelta(seconds=1), **fields)
    assert last.verdict is not Verdict.DECLINE
    assert last.returnable_until == over - timedelta(microseconds=1)
    assert last.returnable_day == datetime.fromisoformat(case.last).date() - timedelta(days=1)
    assert asked(case, over, **fields).verdict is Verdict.DECLINE


def test_every_law_that_ends_has_a_last_day_here() -> None:
    endless = {"au-consumer-guarantees", "uk-repair-or-replacement", "us-mn-no-posted-policy"}
    assert {case.statute for case in CASES} == set(STATUTES) - endless


def test_a_shops_own_windows_keep_to_its_own_clock_and_holidays() -> None:
    # 21:00 on Kiritimati; the shop lists no holidays, so Friday 25 December is a day like any other
    sold = order(line(delivered_at=utc("2026-12-11T08:00:00+01:00")), country="DE")
    own = published(window=[{"days": 14, "at_end": "next_working_day"}], time_zones={"DE": "Pacific/Kiritimati"})
    assert one(own, sold, sold.placed_at).returnable_until == utc("2026-12-26T00:00:00+14:00") - timedelta(
        microseconds=1
    )


def test_a_day_that_a_shop_lists_lengthens_the_law_too() -> None:
    # All Saints' Day, a Monday in 2027: free in Bavaria, not in all of Germany
    case = Case(DE, "DE", "2027-10-18T12:00:00+02:00", "")
    now = utc("2027-11-01T12:00:00+01:00")
    assert asked(case, now).returnable_day == date(2027, 11, 1)
    assert asked(case, now, holidays={"DE": ["2027-11-01"]}).returnable_day == date(2027, 11, 2)


def decided_in(country: str, **fields: Any) -> Decision:
    sold = order(line(delivered_at=utc("2026-12-01T12:00:00+01:00")), country=country)
    policy = published(window_days=0, **{"send_back_days": 1, **fields})
    return judged(policy, sold, utc("2026-12-11T12:00:00+01:00"), statutes=ALL).decision


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Berlin", "Pacific/Pago_Pago"])
def test_no_shop_moves_the_last_day_to_send_of_the_law(zone: str) -> None:
    # fourteen days after the notice are 25 December, so Monday the 28th
    decision = decided_in("DE", time_zones={"DE": zone})
    assert decision.last_day_to_send == date(2026, 12, 28)
    assert decision.send_back_until >= utc("2026-12-28T23:59:59+01:00")


def test_what_the_law_asks_counts_from_its_own_day() -> None:
    # 00:30 on 19 June 2026 in Berlin is still the 18th on Samoa, and the 18th at noon already the 19th on Kiritimati
    for placed, zone, owed in (
        ("2026-06-19T00:30:00+02:00", "Pacific/Pago_Pago", 2),
        ("2026-06-18T12:30:00+02:00", "Pacific/Kiritimati", 0),
    ):
        sold = order(line(delivered_at=utc("2026-06-22T12:00:00+02:00")), country="DE", placed_at=utc(placed))
        policy = published(time_zones={"DE": zone})
        decision = judged(policy, sold, utc("2026-06-23T12:00:00+02:00"), statutes=ALL).decision
        assert len(decision.obligations) == owed


STERN: Any = [{"condition": ["original_packaging", "sealed"], "proof": "receipt"}]


def handled(sold: Order, **how: Any) -> tuple[tuple[Condition, ...], Proof]:
    handling = one(published(eligibility=STERN), sold, **how).handling
    assert handling is not None
    return handling.condition, handling.proof


@pytest.mark.parametrize("country", ["DE", "FR", "GB", "CN", "AU"])
def test_nothing_is_asked_of_goods_that_the_law_does_not_ask(country: str) -> None:
    sold = order(country=country)
    assert handled(sold, statutes=ALL, reason=BROKEN) == ((), Proof.NONE)
    assert handled(sold) == ((Condition.ORIGINAL_PACKAGING, Condition.SEALED), Proof.RECEIPT)


@pytest.mark.parametrize("country", ["DE", "FR", "GB"])
def test_what_the_law_lets_a_shop_ask_it_may_ask(country: str) -> None:
    sold = order(line(exclusions=(Exclusion.HYGIENE_SEALED,)), country=country)
    assert handled(sold, statutes=ALL) == ((Condition.SEALED,), Proof.NONE)
    # goods that are not as sold may come back as they are
    assert handled(sold, statutes=ALL, reason=BROKEN) == ((), Proof.NONE)
    # and once the law is over, the shop's word stands alone
    later = sold.lines[0].delivered_at
    assert later is not None
    assert handled(sold, statutes=ALL, now=later + timedelta(days=25)) == (
        (Condition.ORIGINAL_PACKAGING, Condition.SEALED),
        Proof.RECEIPT,
    )


@pytest.mark.parametrize(
    ("year", "west", "east"),
    [
        # from the tables of the churches; the same day in 2025 and 2028, five weeks apart in 2027
        (2014, "04-20", "04-20"),
        (2024, "03-31", "05-05"),
        (2025, "04-20", "04-20"),
        (2026, "04-05", "04-12"),
        (2027, "03-28", "05-02"),
        (2028, "04-16", "04-16"),
        (2038, "04-25", "04-25"),
    ],
)
def test_easter(year: int, west: str, east: str) -> None:
    assert f"{easter(year):%m-%d}" == west
    assert f"{orthodox_easter(year):%m-%d}" == east


def test_holidays_that_are_moved_do_not_fall_on_one_another() -> None:
    # 24 to 26 December 2022 were Saturday to Monday; Bulgaria was free until Wednesday
    moved = days_of(("12-24 moved", "12-25 moved", "12-26 moved"), 2022)
    assert sorted(day.day for day in moved) == [24, 25, 26, 27, 28]
    assert days_of(("monday 05-01",), 2028) == {date(2028, 5, 1)}
    assert days_of(("friday 06-19",), 2026) == {date(2026, 6, 19)}


@pytest.mark.parametrize("text", ["13-01", "02-29", "easter", "tuesday 05-01", "easter+1 moved", "2026-12-25"])
def test_a_holiday_that_cannot_be_read_is_refused(text: str) -> None:
    whole = STATUTES[DE].statute.model_dump(mode="json", exclude_none=True)
    with pytest.raises(ValidationError, match="is no holiday"):
        Statute.model_validate({**whole, "holidays": {"DE": [text]}})


def test_a_law_of_a_country_whose_clock_is_not_known_names_it() -> None:
    whole = STATUTES[DE].statute.model_dump(mode="json", exclude_none=True)
    abroad = {**whole, "applies": {"country": ["DE", "NO"]}}
    with pytest.raises(ValidationError, match="that of NO is not known"):
        Statute.model_validate(abroad)
    Statute.model_validate({**abroad, "time_zone": "Europe/Oslo"})
