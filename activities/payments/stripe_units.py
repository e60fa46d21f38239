"""What Stripe writes in its own way: amounts, and where our key stands. Light, because webhooks are read by it too."""

from __future__ import annotations

from domain.errors import Refused

KEY_IN_METADATA = "backhaul_key"

# How many of Stripe's units one of ISO 4217's minor units is, where they differ (docs.stripe.com/currencies):
# ISK and UGX have no decimals in ISO but two at Stripe; MGA the other way round.
_UNITS = {"ISK": (100, 1), "UGX": (100, 1), "MGA": (1, 100)}
# Stripe takes three decimals, of which the last must be zero.
_STEPS = dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10)


def to_stripe(minor: int, currency: str) -> int:
    """ISO minor units in Stripe's. Raises Refused `below_step` for an amount that Stripe cannot pay."""
    times, over = _UNITS.get(currency, (1, 1))
    amount, rest = divmod(minor * times, over)
    if rest or amount % _STEPS.get(currency, 1):
        raise Refused("below_step", f"{minor} minor units of {currency} are no whole amount at Stripe")
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's units in ISO minor units. Raises Refused `below_step` for what ISO has no number for."""
    times, over = _UNITS.get(currency, (1, 1))
    minor, rest = divmod(amount * over, times)
    if rest:
        raise Refused("below_step", f"Stripe has {amount} {currency}, which is no whole number of minor units")
    return minor


def whole_part(amount: int, currency: str) -> int:
    """Stripe's units in ISO minor units, without what ISO has no number for: fees in ISK and UGX go below one unit."""
    times, over = _UNITS.get(currency, (1, 1))
    whole = abs(amount) * over // times
    return whole if amount >= 0 else -whole
