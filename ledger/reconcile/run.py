"""Reconciles what the journal has with what the provider has: reads both, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar

from domain.errors import InvalidRequest, Refused
from domain.provider import BalanceTransaction, ProviderRefund
from domain.stores import Snapshots
from ledger import EntryKind, JournalEntry, Ledger
from ledger.days import Days
from ledger.reconcile import Opened, Period, Reconciliation, reconcile
from ledger.reconcile.facts import refund_facts

DAYS = 35
"""So many days, unless said otherwise: a refund may fail up to 30 days late."""

_DAY = timedelta(days=1)
_EARLIEST = date(2010, 1, 1)

Read = TypeVar("Read", ProviderRefund, BalanceTransaction)


class Provider(Protocol):
    """What of a payment provider is read. Raises Unavailable or Refused, both with a sentence for people."""

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """One refund by the provider's id of it; Refused if there is none."""

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """All refunds that were made from `since` to before `until`, whoever made them."""

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """All movements on our balance at the provider from `since` to before `until`."""


def period_of(days: Days, now: datetime) -> Period:
    """The days as moments, at most up to today; 35 of them where the first is left open.

    Raises InvalidRequest for days that have not begun, and for those before any provider.
    """
    today = now.date()
    if days.first and days.first > today:
        raise InvalidRequest("--from", f"{days.first} has not begun yet; today is {today} in UTC")
    last = min(days.last or today, today)
    for option, day in (("--from", days.first), ("--to", last)):
        if day and day < _EARLIEST:
            raise InvalidRequest(option, f"{day} is too early; days from {_EARLIEST} on can be reconciled")
    first = days.first or last - timedelta(days=DAYS - 1)
    return Period(since=_midnight(first), until=_midnight(last + _DAY), now=now)


def run(
    ledger: Ledger,
    snapshots: Snapshots,
    provider: Provider,
    period: Period,
    beat: Callable[[], None] = lambda: None,
) -> Reconciliation:
    """Reconcile these days; `beat` is called once for every day that is read.

    Raises Unavailable if the provider gives no answer, and Refused for an answer that makes no sense in money.
    """

    def look_up(refund: str) -> ProviderRefund | None:
        beat()
        try:
            return provider.refresh(refund, period.now)
        except Refused:
            return None

    return reconcile(
        refund_facts(_seen(ledger.entries(), beat)),
        _by_day(provider.refunds, period, beat),
        _by_day(provider.balance_transactions, period, beat),
        period,
        look_up,
        lambda payments: orders_of(ledger, snapshots, payments),
    )


def orders_of(ledger: Ledger, snapshots: Snapshots, payments: Collection[str]) -> Mapping[str, Opened]:
    """The orders of payments: the journal is read once more, and only if there are any to look for."""
    found: dict[str, Opened] = {}
    if not payments:
        return found
    for entry in ledger.entries():
        if entry.kind not in (EntryKind.ORDER_OPENED, EntryKind.ORDER_EDITED):
            continue
        named = [one.debit.partition(":")[2] for one in entry.transfers if one.debit.startswith("tender:")]
        for payment in {*payments}.intersection(named).difference(found):
            found[payment] = Opened(entry.order, entry.at, _gone_before(snapshots, entry, payment))
    return found


def _gone_before(snapshots: Snapshots, opened: JournalEntry, payment: str) -> int:
    try:
        tender = snapshots.get(opened.order, str(opened.facts["snapshot"])).order.tender(payment)
    except KeyError:
        return 0
    return tender.refunded if tender else 0


def _seen(entries: Iterator[JournalEntry], beat: Callable[[], None]) -> Iterator[JournalEntry]:
    """A long journal takes a while too."""
    for number, entry in enumerate(entries):
        if number % 1000 == 0:
            beat()
        yield entry


def _by_day(
    read: Callable[[datetime, datetime], Iterator[Read]], period: Period, beat: Callable[[], None]
) -> Iterator[Read]:
    """In order of time: providers list the newest first, so a day at a time is read and turned round."""
    since = period.read_since
    while since < period.read_until:
        until = min(since + _DAY, period.read_until)
        beat()
        yield from sorted(read(since, until), key=lambda one: one.created_at)
        since = until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
