"""A provider that has what a test gives it, and lists the newest first as providers do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.errors import Refused, Unavailable
from domain.provider import BalanceTransaction, ProviderRefund


class Shelf:
    """Refunds and movements; `silent` gives no answer."""

    def __init__(self, refunds: Sequence[ProviderRefund] = (), movements: Sequence[BalanceTransaction] = ()) -> None:
        self.made = list(refunds)
        self.moved = list(movements)
        self.silent = False

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """By id."""
        for one in self.made:
            if one.id == refund:
                return one
        raise Refused("resource_missing", f"No such refund: {refund}")

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """Of these days."""
        if self.silent:
            raise Unavailable("Stripe could not be reached, or its answer was lost.")
        return iter(sorted((one for one in self.made if since <= one.created_at < until), key=_newest))

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """Of these days."""
        return iter(sorted((one for one in self.moved if since <= one.created_at < until), key=_newest))


def _newest(one: ProviderRefund | BalanceTransaction) -> float:
    return -one.created_at.timestamp()
