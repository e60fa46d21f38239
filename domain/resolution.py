"""What a shopper may get for goods that come back."""

from __future__ import annotations

from enum import StrEnum


class Resolution(StrEnum):
    """What the shopper may get."""

    REFUND = "refund"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    PRICE_REDUCTION = "price_reduction"


CARRIED_OUT = (
    Resolution.REFUND,
    Resolution.STORE_CREDIT,
    Resolution.EXCHANGE,
    Resolution.REPLACEMENT,
    Resolution.REPAIR,
)
"""What a return can end with by itself; any other is seen to by a person of the shop."""

IN_GOODS = (Resolution.EXCHANGE, Resolution.REPLACEMENT, Resolution.REPAIR)
"""What gives the shopper goods."""
