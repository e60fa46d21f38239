"""Money in whole minor units of an ISO 4217 currency. No float anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from domain.model import Currency, Model

# ISO 4217 list one, by number of decimals (maintained by SIX; read 2026-11). Metals, funds' units of account and
# test codes have none and cannot be paid. BGN left the list in 2026, but orders of 2025 still come back.
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
        "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG "
        "HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
        "MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD "
        "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD "
        "XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {code: decimals for decimals, codes in _DECIMALS.items() for code in codes.split()}
_AMOUNT = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]+))?")


def exponent(currency: str) -> int:
    """How many decimals a currency has (JPY 0, EUR 2, KWD 3). Raises ValueError for a code ISO 4217 does not list."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is no currency of ISO 4217") from None


def _listed(currency: str) -> str:
    exponent(currency)
    return currency


ListedCurrency = Annotated[Currency, AfterValidator(_listed)]
"""A currency that ISO 4217 lists."""


class Money(Model):
    """An amount of one currency; `minor` may be negative. Adding or comparing two currencies raises ValueError."""

    minor: Annotated[int, Field(strict=True)]
    currency: ListedCurrency

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """`"19.99"` of EUR is 1999. Raises ValueError for anything that is not exactly a number of minor units."""
        decimals = exponent(currency)
        match = _AMOUNT.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no amount; write digits and at most one point, such as 19.99")
        sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
        if fraction[decimals:].strip("0"):
            raise ValueError(f"{text!r} has more decimals than {currency} ({decimals})")
        minor = int(whole + fraction[:decimals].ljust(decimals, "0"))
        return cls(minor=-minor if sign else minor, currency=currency)

    def __str__(self) -> str:
        """`19.99 EUR`, exact."""
        decimals = exponent(self.currency)
        digits = str(abs(self.minor)).rjust(decimals + 1, "0")
        number = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
        return f"{'-' if self.minor < 0 else ''}{number} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be combined")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator for non-negative integers, halves rounded up."""
    return (2 * numerator + denominator) // (2 * denominator)


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts of `amount` in proportion to `weights` that add up to it exactly: largest remainder, ties to the lowest
    index. Weights that are all zero count as equal. Raises ValueError for no weights or a negative one."""
    if not weights or min(weights) < 0:
        raise ValueError("weights must be given, and none of them may be negative")
    if amount < 0:
        return [-part for part in split(-amount, weights)]
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    # sorted() is stable, so equal remainders keep the order of their indices
    by_remainder = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts
