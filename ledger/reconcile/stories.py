"""One refund as journal, refunds and balance of the provider tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import FINAL_NO, RefundStatus
from ledger.reconcile.facts import RefundFact, What
from ledger.reconcile.period import Period


@dataclass(slots=True)
class Story:
    """What is known so far of the refund under `key`. `resumed`: it was whole and right before, and something more
    came. `alone`: only a movement is known, of the refund whose id is `key`."""

    key: str
    resumed: bool = False
    alone: bool = False
    booked: bool = False
    refund: str = ""
    case: str = ""
    order: str = ""
    payment: str = ""
    amount: int = 0
    currency: str = ""
    arn: str = ""
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    settled: bool = False
    elsewhere: bool = False
    reversed_at: datetime | None = None
    refunds: list[ProviderRefund] = field(default_factory=list)
    moved: list[BalanceTransaction] = field(default_factory=list)

    def learn(self, fact: RefundFact) -> None:
        """What an entry of the journal adds."""
        if fact.what is What.TRACED:
            self.arn = fact.arn
            return
        self.booked = True
        self.refund, self.arn = fact.refund or self.refund, fact.arn or self.arn
        self.case, self.order, self.payment = fact.case, fact.order, fact.payment
        self.amount, self.currency = fact.amount, fact.currency
        match fact.what:
            case What.SUBMITTED:
                self.submitted_at = fact.at
            case What.REVERSED:
                self.settled, self.reversed_at = True, fact.at
            case _:
                # Whatever clocks say, nothing is decided before it was asked for.
                self.decided_at = max(fact.at, self.submitted_at or fact.at)
                self.settled, self.elsewhere = fact.what is not What.FAILED, fact.what is What.ELSEWHERE

    @property
    def made(self) -> ProviderRefund | None:
        """The provider's refund: the one that the journal names, else one that stands, else any."""
        if not self.refunds:
            return None
        return min(self.refunds, key=lambda one: (one.id != self.refund, one.status in FINAL_NO))

    @property
    def standing(self) -> list[ProviderRefund]:
        """The provider's refunds that did not fail."""
        return [one for one in self.refunds if one.status not in FINAL_NO]

    @property
    def undecided(self) -> bool:
        """Whether it was submitted and the journal has no word of the provider."""
        return self.booked and self.decided_at is None and self.reversed_at is None

    @property
    def began(self) -> datetime:
        """The first that is known of it."""
        return min(self._moments())

    @property
    def whole(self) -> bool:
        """Whether all three sides have it and agree, so that there is nothing more to wait for."""
        if self.resumed or len(self.refunds) != 1 or not self.settled or self.reversed_at is not None:
            return False
        made = self.refunds[0]
        alike = (made.amount, made.currency) == (self.amount, self.currency) and made.is_of(self.payment)
        paid = [(-one.amount, one.currency) for one in self.moved] == [(made.amount, made.currency)]
        traced = bool(self.arn) or self.elsewhere or made.shows_as != "refund"
        return alike and paid and traced and made.status is RefundStatus.SUCCEEDED

    def touches(self, period: Period) -> bool:
        """Whether anything of it happened in these days, or it was in flight when they began."""
        return self.in_flight(period.since) or any(period.has(one) for one in self._moments())

    def in_flight(self, at: datetime) -> bool:
        """Whether, by the journal, it was submitted before a moment and not decided then."""
        if self.submitted_at is None or self.submitted_at >= at:
            return False
        return self.undecided or (self.decided_at is not None and self.decided_at >= at)

    def _moments(self) -> list[datetime]:
        own = [one for one in (self.submitted_at, self.decided_at, self.reversed_at) if one is not None]
        return [*own, *(one.created_at for one in self.refunds), *(one.created_at for one in self.moved)]
