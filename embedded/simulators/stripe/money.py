"""Stripe's own view of currencies: how many decimals its amounts have, and their smallest step."""

from __future__ import annotations

from domain import money
from embedded.simulators.stripe.errors import StripeError

LARGEST = 99_999_999
"""Stripe takes amounts of up to eight digits."""
_NO_DECIMALS = ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
_THREE_DECIMALS = ["BHD", "JOD", "KWD", "OMR", "TND"]
# These have no decimals in the world, but Stripe still wants two, which must be zeros.
_TWO_ZEROS = ["ISK", "UGX"]
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "KRW": "₩", "INR": "₹"}


def known(currency: str) -> bool:
    """Whether a code, in lower case, is a currency that can be paid in."""
    try:
        money.exponent(currency.upper())
    except ValueError:
        return False
    return currency.islower()


def step(currency: str) -> int:
    """The number that every amount must be a multiple of, in Stripe's units."""
    code = currency.upper()
    return 100 if code in _TWO_ZEROS else 10 if code in _THREE_DECIMALS else 1


def words(amount: int, currency: str) -> str:
    """An amount in Stripe's units as its messages print it: `$1,234.00`, `¥90`, `CHF 12.00`."""
    code = currency.upper()
    decimals = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    whole, part = divmod(amount, 10**decimals)
    number = f"{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")
    return _SIGNS.get(code, f"{code} ") + number


def check_step(amount: int, currency: str) -> None:
    """Raises StripeError for an amount that Stripe cannot pay in a currency."""
    if amount % step(currency):
        raise StripeError(
            f"Invalid amount: in {currency} it must be a multiple of {step(currency)}.",
            code="parameter_invalid_integer",
            param="amount",
        )
