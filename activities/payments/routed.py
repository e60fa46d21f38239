"""Which leg is paid through whom: by what its money goes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from activities.payments import Refunds
from domain.order import TenderKind
from domain.refund import Refund, RefundIntention


class Routed:
    """One way for each kind of tender; what none is named for goes the way `others`."""

    def __init__(self, ways: Mapping[TenderKind, Refunds], others: Refunds) -> None:
        self._ways = ways
        self._others = others

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """As the intention's own way does it."""
        return self._way(intention).refund(intention, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """As the intention's own way finds it."""
        return self._way(intention).find(intention, now)

    def _way(self, intention: RefundIntention) -> Refunds:
        return self._ways.get(intention.to, self._others)
