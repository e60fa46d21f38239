"""Amounts and days as people write them; the expected values are written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from domain.money import Money
from domain.printing import amount, day, moment


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "printed"),
    [
        (123456, "EUR", "en", "1,234.56 EUR"),
        (123456, "EUR", "de", "1.234,56 EUR"),
        (123456, "EUR", "de-AT", "1.234,56 EUR"),
        (123456, "CHF", "de-CH", "1\u2019234.56 CHF"),
        (123456, "CHF", "de_ch", "1\u2019234.56 CHF"),
        (123456, "EUR", "fr-FR", "1,234.56 EUR"),
        (123456, "EUR", "", "1,234.56 EUR"),
        (5, "EUR", "de", "0,05 EUR"),
        (-499, "EUR", "de", "-4,99 EUR"),
        (-5, "EUR", "en", "-0.05 EUR"),
        (1234567, "JPY", "de", "1.234.567 JPY"),
        (999, "JPY", "en", "999 JPY"),
        (1234, "KWD", "de", "1,234 KWD"),
        (1000001, "KWD", "en", "1,000.001 KWD"),
    ],
)
def test_amounts(minor: int, currency: str, locale: str, printed: str) -> None:
    assert amount(Money(minor=minor, currency=currency), locale) == printed


@pytest.mark.parametrize(
    ("locale", "printed"),
    [("en", "4 March 2026"), ("de", "4. März 2026"), ("DE-at", "4. März 2026"), ("tlh", "4 March 2026")],
)
def test_days(locale: str, printed: str) -> None:
    assert day(date(2026, 3, 4), locale) == printed


def test_moments_are_those_of_the_zone_and_say_so() -> None:
    when = datetime(2026, 12, 31, 23, 5, 9, tzinfo=UTC)
    assert moment(when, "en") == "31 December 2026, 23:05:09 (UTC)"
    assert moment(when, "de", "Europe/Berlin") == "1. Januar 2027, 00:05:09 Uhr (UTC+01:00)"
    assert moment(when, "en", "America/St_Johns") == "31 December 2026, 19:35:09 (UTC-03:30)"
    with pytest.raises(ZoneInfoNotFoundError):
        moment(when, "en", "Europe/Atlantis")
