"""Refunds by hand: what the three sides say of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import RefundStatus
from ledger.reconcile import Opened, Period, Reconciliation, reconcile
from ledger.reconcile.facts import RefundFact, What

SINCE, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OCTOBER = Period(since=SINCE, until=UNTIL, now=NOW)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SECOND = timedelta(seconds=1)
MIDDLE = datetime(2026, 10, 10, 9, tzinfo=UTC)


def key(number: int = 1) -> str:
    return f"refund:R-{number}:1:pi_{number}:1"


def fact(what: What, at: datetime, number: int = 1, amount: int = 1000, **more: object) -> RefundFact:
    named = {"case": f"R-{number}", "order": f"B-{number}", "payment": f"pi_{number}", "refund": f"re_{number}"}
    if what is What.SUBMITTED:
        named["refund"] = ""
    told = {"what": what, "key": key(number), "at": at, "amount": amount, "currency": "EUR", **named, **more}
    return RefundFact.model_validate(told)


def made(at: datetime, number: int = 1, amount: int = 1000, **more: object) -> ProviderRefund:
    told = {"id": f"re_{number}", "key": key(number), "case": f"R-{number}", "payment": f"pi_{number}"}
    rest = {"amount": amount, "currency": "EUR", "status": RefundStatus.SUCCEEDED, "created_at": at}
    return ProviderRefund.model_validate({**told, **rest, "shows_as": "refund", "arn": f"arn{number}", **more})


def moved(at: datetime, number: int = 1, amount: int = -1000, **more: object) -> BalanceTransaction:
    told = {"id": f"txn_{number}", "category": "refund", "source": f"re_{number}", "amount": amount, "net": amount}
    return BalanceTransaction.model_validate({**told, "currency": "EUR", "created_at": at, **more})


class Books:
    """The three sides, to be changed before they are matched."""

    def __init__(self) -> None:
        self.facts: list[RefundFact] = []
        self.refunds: list[ProviderRefund] = []
        self.movements: list[BalanceTransaction] = []
        self.orders: dict[str, Opened] = {}

    def good(self, at: datetime = MIDDLE, number: int = 1, amount: int = 1000) -> Books:
        """One refund as it should be: asked for, made and moved, confirmed, and traced after two days."""
        self.facts += [
            fact(What.SUBMITTED, at, number, amount),
            fact(What.SETTLED, at + 2 * MINUTE, number, amount),
            fact(What.TRACED, at + 2 * DAY, number, arn=f"arn{number}"),
        ]
        self.refunds.append(made(at + MINUTE, number, amount))
        self.movements.append(moved(at + MINUTE, number, -amount))
        return self

    def match(self, period: Period = OCTOBER) -> Reconciliation:
        """Reconcile; whoever looks a refund up finds what is there."""
        there = {one.id: one for one in self.refunds}
        read = [one for one in self.refunds if period.read_since <= one.created_at < period.read_until]
        money = [one for one in self.movements if period.read_since <= one.created_at < period.read_until]
        return reconcile(
            sorted(self.facts, key=lambda one: one.at),
            sorted(read, key=lambda one: one.created_at),
            sorted(money, key=lambda one: one.created_at),
            period,
            there.get,
            lambda payments: {one: self.orders[one] for one in payments if one in self.orders},
        )


def closes(found: Reconciliation) -> bool:
    """Whether every currency's sums do: in flight, and from the journal over the provider to the balance."""
    for one in found.summaries:
        for field in ("count", "amount"):
            opening, submitted, settled, failed, closing = (
                getattr(part, field) for part in (one.opening, one.submitted, one.settled, one.failed, one.closing)
            )
            if opening + submitted - settled - failed != closing:
                return False
        if one.journal + sum(each.amount for each in one.journal_to_provider) != one.provider:
            return False
        if one.provider + sum(each.amount for each in one.provider_to_balance) != one.balance:
            return False
    return True
