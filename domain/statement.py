"""By when money that went back shows where the shopper looks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from domain.order import TenderKind

SHOWS_AFTER: Mapping[TenderKind, int] = {
    TenderKind.CARD: 10,
    TenderKind.BANK: 3,
    TenderKind.CASH_ON_DELIVERY: 3,
    TenderKind.GIFT_CARD: 0,
    TenderKind.STORE_CREDIT: 0,
    TenderKind.UNKNOWN: 10,
}
"""Business days from the provider's confirmation until it shows, at the latest. Banks put a refund to a card on its
statement after 5 to 10 of them; a transfer takes up to 3; a balance in the shop is there at once."""


def shows_by(kind: TenderKind, confirmed: datetime) -> date:
    """The last day on which it should show. Weekends do not count; holidays differ by bank, so they do."""
    day, left = confirmed.date(), SHOWS_AFTER[kind]
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day
