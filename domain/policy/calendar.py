"""Days: which ones are worked on, and where a period ends. A day lasts until midnight in its own time zone."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from domain.model import Model
from domain.policy.holidays import Holiday, days_of


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin") from None
    return name


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        words = f'{value!r} is no day; write one as a text in quotes, year first: "2026-12-24"'
        raise ValueError(words) from None


Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
"""The name of a time zone."""

Day = Annotated[date, BeforeValidator(_day)]
"""A day, written as `"2026-12-24"`."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1: `DE`."""


_CAPITALS = (
    "AT Vienna, BE Brussels, BG Sofia, CZ Prague, DE Berlin, DK Copenhagen, EE Tallinn, ES Madrid, FI Helsinki, "
    "FR Paris, GB London, GR Athens, HR Zagreb, HU Budapest, IE Dublin, IT Rome, LT Vilnius, LU Luxembourg, LV Riga, "
    "MT Malta, NL Amsterdam, PL Warsaw, PT Lisbon, RO Bucharest, SE Stockholm, SI Ljubljana, SK Bratislava"
)
ZONES: Mapping[str, str] = {
    **{one[:2]: f"Europe/{one[3:]}" for one in _CAPITALS.split(", ")},
    "CY": "Asia/Nicosia",
    "CN": "Asia/Shanghai",
}
"""The time zone of a country that has one, or of its mainland."""

_ISLANDS = {"ES": "Atlantic/Canary", "PT": "Atlantic/Azores"}


def zones_in(country: str) -> tuple[str, ...]:
    """Every time zone of a country, as far as its parts have no code of their own; none where that is not known."""
    return tuple(zones[country] for zones in (ZONES, _ISLANDS) if country in zones)


class Calendar(Model):
    """Days on which nobody works: Saturdays, Sundays, and the holidays of each country, some of them `by_law`."""

    holidays: Mapping[Country, tuple[Day, ...]] = {}
    by_law: Mapping[Country, tuple[Holiday, ...]] = {}

    def works(self, day: date, country: str | None) -> bool:
        """Whether it is a working day there."""
        here = country or ""
        free = day in self.holidays.get(here, ()) or day in days_of(self.by_law.get(here, ()), day.year)
        return day.weekday() < 5 and not free

    def moved(self, day: date, country: str | None) -> date:
        """The day itself, else the next that is worked on."""
        while not self.works(day, country):
            day += timedelta(days=1)
        return day

    def business_days_after(self, day: date, count: int, country: str | None) -> date:
        """The last of so many working days after a day."""
        while count:
            day = self.moved(day + timedelta(days=1), country)
            count -= 1
        return day


def months_after(day: date, months: int) -> date:
    """The day of the same number so many months later, or the last of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def local_day(moment: datetime, zone: str) -> date:
    """The day that it is then in a time zone."""
    return moment.astimezone(_info(zone)).date()


def end_of(day: date, zone: str) -> datetime:
    """The last microsecond of a day in a time zone, in UTC; days of 23 and 25 hours included."""
    midnight = datetime.combine(day + timedelta(days=1), time(), _info(zone))
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def end_everywhere(day: date, zone: str, country: str | None) -> datetime:
    """When a day ends by this clock or by one of the country's, whichever is first: it is that day in all of them."""
    return min(end_of(day, one) for one in (zone, *zones_in(country or "")))


@lru_cache(maxsize=256)
def _info(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)
