"""Public holidays as laws name them: days of every year, and days that move with Easter or with the week."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

_WRITTEN = re.compile(
    r"(?:(?P<weekday>monday|friday) )?(?P<day>\d\d-\d\d)(?P<moved> moved)?"
    r"|(?P<feast>easter|orthodox)(?P<by>[+-]\d{1,2})"
)
_WEEKDAYS = {"monday": 0, "friday": 4}


def _holiday(text: str) -> str:
    found = _WRITTEN.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        date.fromisoformat(f"2023-{found['day'] or '01-01'}")
    except ValueError:
        raise ValueError(
            f"{text!r} is no holiday; write 12-25, 12-25 moved, monday 05-01 (the first from that day on), "
            "easter+1 or orthodox+1"
        ) from None
    return text


Holiday = Annotated[str, AfterValidator(_holiday)]
"""A day of every year (`12-25`), the first Monday or Friday from a day on (`monday 05-01`), or days from Easter Sunday
of the western or of the orthodox churches (`easter+1`). A `moved` one leaves a weekend for the next free day."""


@lru_cache(maxsize=1024)
def days_of(holidays: tuple[str, ...], year: int) -> frozenset[date]:
    """The days of a year on which they are."""
    found = [(_WRITTEN.fullmatch(one), one) for one in holidays]
    days = {_day(match, year) for match, _ in found if match}
    for day in sorted(_day(match, year) for match, _ in found if match and match["moved"]):
        if day.weekday() > 4:
            days.add(_next_free(day, days))
    return frozenset(days)


def _day(match: re.Match[str], year: int) -> date:
    if match["feast"]:
        return (easter if match["feast"] == "easter" else orthodox_easter)(year) + timedelta(days=int(match["by"]))
    day = date.fromisoformat(f"{year:04}-{match['day']}")
    if match["weekday"]:
        day += timedelta(days=(_WEEKDAYS[match["weekday"]] - day.weekday()) % 7)
    return day


def _next_free(day: date, taken: Iterable[date]) -> date:
    while day.weekday() > 4 or day in taken:
        day += timedelta(days=1)
    return day


def easter(year: int) -> date:
    """Easter Sunday of the western churches (the Gregorian computus, as Meeus gives it)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def orthodox_easter(year: int) -> date:
    """Easter Sunday of the orthodox churches: the Julian computus, by the Gregorian calendar of 1900 to 2099."""
    moon = (19 * (year % 19) + 15) % 30
    weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + weekday + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)
