"""How long something may come back: from which event, in which days, and when that ends."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Model
from domain.order import Order, OrderLine
from domain.policy.calendar import Calendar, Day, end_of, local_day, months_after
from domain.policy.rule import MonthDay, Rule

Days = Annotated[int, Field(strict=True, ge=0, le=3650)]
Months = Annotated[int, Field(strict=True, ge=0, le=600)]


class Anchor(StrEnum):
    """The event from which days are counted."""

    DELIVERY = "delivery"
    """The last unit of the line arrived."""
    LAST_PARCEL = "last_parcel"
    """The last parcel of the whole order arrived."""
    ORDER = "order"
    """The order was placed."""


class Count(StrEnum):
    """Which days are counted."""

    CALENDAR = "calendar"
    BUSINESS = "business"


class AtEnd(StrEnum):
    """What happens where the last day is not worked on."""

    STAYS = "stays"
    NEXT_WORKING_DAY = "next_working_day"


class Ends(StrEnum):
    """Whether there is a last day."""

    FIXED_DAY = "fixed_day"
    REASONABLE_TIME = "reasonable_time"
    """As long as is reasonable for such goods, which a person judges."""


class First(StrEnum):
    """What is counted first where both months and days are given; February makes a difference."""

    MONTHS = "months"
    DAYS = "days"
    """The months begin where the days have ended, by `at_end`."""


class WindowRule(Rule):
    """So many months and days after the event, the event's own day not counted; never before the day `until`, or, of a
    season that comes back every year, before the first day `until_yearly` (`01-31`) from the order on.

    While the delivery is not known, it is taken to be `transit_days` after the order; without them the window is open.
    """

    days: Days | None = None
    months: Months | None = None
    first: First = First.MONTHS
    until: Day | None = None
    until_yearly: MonthDay | None = None
    anchor: Anchor = Anchor.DELIVERY
    count: Count = Count.CALENDAR
    at_end: AtEnd = AtEnd.STAYS
    transit_days: Days | None = None
    ends: Ends = Ends.FIXED_DAY

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        given = any(one is not None for one in (self.days, self.months, self.until, self.until_yearly))
        if given is (self.ends is Ends.REASONABLE_TIME):
            raise ValueError("give days, months or until; or ends: reasonable_time, and none of them")
        if self.months and self.count is Count.BUSINESS:
            raise ValueError("months are counted by the calendar; leave count out, or give business days only")
        if self.until_yearly is not None:
            self._check_yearly(self.until_yearly)
        return self

    def _check_yearly(self, last: str) -> None:
        season = self.when.season
        if season is None or self.until is not None:
            raise ValueError("until_yearly: it is for a rule with a season, and takes the place of until")
        if last != season.last and season.has(date.fromisoformat(f"2024-{last}")):
            raise ValueError(f"until_yearly: {last} lies in the season; name a day that is not before its end")

    def last_day(self, placed: date) -> date | None:
        """The day that the window never ends before, for an order of a day; None if there is none."""
        if self.until_yearly is None:
            return self.until
        years = (_in_year(self.until_yearly, year) for year in (placed.year, placed.year + 1))
        return next(day for day in years if day >= placed)


def _in_year(month_day: str, year: int) -> date:
    """That day of a year; where the year has no 29 February, the day before."""
    month, day = map(int, month_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


class Window(Model):
    """Until when: `until` in UTC, and that as a `day` of its own place; both None while nobody can know."""

    until: datetime | None = None
    day: date | None = None
    assumed: bool = False

    def open_at(self, now: datetime) -> bool:
        """Whether it is not over."""
        return self.until is None or now <= self.until


def longest(rule: WindowRule, order: Order, line: OrderLine, calendar: Calendar, zones: Iterable[str]) -> Window:
    """Where the window of a line ends under a rule, in that of the time zones in which it ends last."""
    found = [window_of(rule, order, line, calendar, zone) for zone in zones]
    return max(found, key=lambda one: (one.until is None, one.until or order.placed_at))


def window_of(rule: WindowRule, order: Order, line: OrderLine, calendar: Calendar, zone: str) -> Window:
    """Where the window of a line ends under a rule, in a time zone."""
    if rule.ends is Ends.REASONABLE_TIME:
        return Window()
    begun = event(rule.anchor, order, line)
    placed, start = local_day(order.placed_at, zone), local_day(begun, zone) if begun else None
    assumed = start is None
    if start is None:
        if rule.transit_days is None:
            return Window()
        start = placed + timedelta(days=rule.transit_days)
    counted = _counted(rule, start, calendar, order.country)
    day = _ended(rule, max(counted, rule.last_day(placed) or counted), calendar, order.country)
    return Window(until=end_of(day, zone), day=day, assumed=assumed)


def _counted(rule: WindowRule, start: date, calendar: Calendar, country: str | None) -> date:
    days, months = rule.days or 0, rule.months or 0
    if rule.count is Count.BUSINESS:
        return calendar.business_days_after(start, days, country)
    if rule.first is First.DAYS:
        return months_after(_ended(rule, start + timedelta(days=days), calendar, country), months)
    return months_after(start, months) + timedelta(days=days)


def _ended(rule: WindowRule, day: date, calendar: Calendar, country: str | None) -> date:
    return calendar.moved(day, country) if rule.at_end is AtEnd.NEXT_WORKING_DAY else day


def event(anchor: Anchor, order: Order, line: OrderLine) -> datetime | None:
    """When it happened; None if it has not, or nobody knows."""
    if anchor is Anchor.ORDER:
        return order.placed_at
    if anchor is Anchor.DELIVERY:
        return line.delivered_at
    arrived = [one.delivered_at for one in order.lines]
    known = [one for one in arrived if one is not None]
    return max(known) if len(known) == len(arrived) else None
