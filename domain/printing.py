"""Amounts, days and moments as people write them in their language."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.money import Money, exponent

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_DAYS = {"en": "{0} {1} {2}", "de": "{0}. {1} {2}"}
_MOMENTS = {"en": "{day}, {time:%H:%M:%S} ({zone})", "de": "{day}, {time:%H:%M:%S} Uhr ({zone})"}
# Thousands, then decimals. The Swiss write German in their own way.
_MARKS = {"en": (",", "."), "de": (".", ","), "de-CH": ("\u2019", "."), "de-LI": ("\u2019", ".")}


def printed_as(locale: str) -> str:
    """The language that amounts and days are printed in: German or English, which stands in for all others."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in _MONTHS else "en"


def amount(money: Money, locale: str) -> str:
    """`1,234.56 EUR`, and in German `1.234,56 EUR`; exact, with as many decimals as the currency has."""
    language, _, rest = locale.replace("_", "-").partition("-")
    tag = f"{language.lower()}-{rest.upper()}"
    thousands, point = _MARKS[tag if tag in _MARKS else printed_as(locale)]
    decimals = exponent(money.currency)
    whole, part = divmod(abs(money.minor), 10**decimals)
    number = f"{whole:,}".replace(",", thousands) + (f"{point}{part:0{decimals}}" if decimals else "")
    return f"{'-' if money.minor < 0 else ''}{number} {money.currency}"


def day(when: date, locale: str) -> str:
    """`4 December 2026`, and in German `4. Dezember 2026`."""
    language = printed_as(locale)
    return _DAYS[language].format(when.day, _MONTHS[language].split()[when.month - 1], when.year)


def moment(when: datetime, locale: str, zone: str = "UTC") -> str:
    """Day and time to the second, with the zone's offset: `4 December 2026, 15:04:05 (UTC+01:00)`.

    `when` is aware. Raises zoneinfo.ZoneInfoNotFoundError for a zone that there is not.
    """
    local = when.astimezone(ZoneInfo(zone))
    offset = f"{local:%z}"
    named = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return _MOMENTS[printed_as(locale)].format(day=day(local.date(), locale), time=local, zone=named)
