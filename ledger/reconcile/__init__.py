"""The three-way match: the journal's refunds, the provider's refunds, and what moved the provider's balance.

Pure: it reads three iterators, in any order but best by time, and holds only what is not whole yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge

from domain.model import Model
from domain.provider import BalanceTransaction, ProviderRefund
from ledger.reconcile.breaks import Break, BreakKind
from ledger.reconcile.facts import RefundFact
from ledger.reconcile.matching import LookUp, Matching, Opened, OrdersOf, Outside, Waiting
from ledger.reconcile.period import Period
from ledger.reconcile.tally import CategorySum, CurrencySummary

__all__ = ["Break", "BreakKind", "Opened", "Period", "Reconciliation", "reconcile"]


class Reconciliation(Model):
    """What came of it. `waiting` is in flight, or stands in other days on another side; `outside` is not ours. Neither
    is a break."""

    period: Period
    summaries: tuple[CurrencySummary, ...]
    categories: tuple[CategorySum, ...]
    breaks: tuple[Break, ...]
    waiting: tuple[Waiting, ...]
    outside: tuple[Outside, ...]


def _nothing(refund: str) -> ProviderRefund | None:
    return None


def _nobody(payments: Collection[str]) -> Mapping[str, Opened]:
    return {}


def reconcile(
    facts: Iterable[RefundFact],
    refunds: Iterable[ProviderRefund],
    movements: Iterable[BalanceTransaction],
    period: Period,
    look_up: LookUp = _nothing,
    orders_of: OrdersOf = _nobody,
) -> Reconciliation:
    """Match them. `look_up` finds refunds that are older than what was read, `orders_of` the orders of payments."""
    matching = Matching(period)
    for one in _by_time(facts, refunds, movements):
        match one:
            case RefundFact():
                matching.fact(one)
            case ProviderRefund():
                matching.refund(one)
            case BalanceTransaction():
                matching.movement(one)
    matching.finish(look_up, orders_of)
    kinds = list(BreakKind)
    return Reconciliation(
        period=period,
        summaries=tuple(matching.tally.summaries()),
        categories=tuple(matching.tally.categories()),
        breaks=tuple(sorted(matching.breaks, key=lambda one: (kinds.index(one.kind), one.at, one.key))),
        waiting=tuple(sorted(matching.waiting, key=lambda one: (one.at, one.key))),
        outside=tuple(sorted(matching.outside, key=lambda one: (one.at, one.refund))),
    )


def _by_time(
    facts: Iterable[RefundFact], refunds: Iterable[ProviderRefund], movements: Iterable[BalanceTransaction]
) -> Iterator[RefundFact | ProviderRefund | BalanceTransaction]:
    return merge(facts, refunds, movements, key=_when)


def _when(one: RefundFact | ProviderRefund | BalanceTransaction) -> datetime:
    return one.at if isinstance(one, RefundFact) else one.created_at
