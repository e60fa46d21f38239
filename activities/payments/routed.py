"""Which leg is paid through whom: by what its money goes to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from activities.payments import Refunds
from domain.errors import Unavailable
from domain.order import TenderKind
from domain.refund import PAID_BY_PEOPLE, Refund, RefundIntention


class Routed:
    """One way for each kind of tender; what none is named for a person pays, by the way `others`.

    Which of the two is part of the intention, as it was when that was made: a way that is configured since would send
    what a person has paid meanwhile, and one that is configured no more may have sent it.
    """

    def __init__(self, ways: Mapping[TenderKind, Refunds], others: Refunds) -> None:
        self._ways = ways
        self._others = others

    @property
    def sends(self) -> Collection[TenderKind]:
        """What money can be sent to without a person."""
        return self._ways.keys()

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """As the intention's own way does it."""
        return self._way(intention).refund(intention, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """As the intention's own way finds it."""
        return self._way(intention).find(intention, now)

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        """As the intention's own way knows them."""
        return self._way(intention).keys(intention)

    def _way(self, intention: RefundIntention) -> Refunds:
        if intention.paid_by == "person" or intention.to in PAID_BY_PEOPLE:
            return self._others
        way = self._ways.get(intention.to)
        if way is None:
            kind = intention.to.replace("_", " ")
            raise Unavailable(
                f"What sends money to a {kind} is not configured any more, and may have sent this already"
            )
        return way
