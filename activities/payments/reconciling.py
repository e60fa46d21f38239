"""The nightly reconciliation: run for the last days, and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from temporalio import activity

from activities.moment import attempt_time, beat
from domain import ids
from domain.model import Model, UtcDatetime
from domain.stores import Snapshots
from ledger import Ledger
from ledger.reconcile import Period
from ledger.reconcile.record import record, recorded
from ledger.reconcile.run import DAYS, Provider, run


class ReconcileDays(Model):
    """The last `days` whole days before `day`, in UTC."""

    day: date
    days: int = DAYS
    now: UtcDatetime


class Reconciled(Model):
    """What came of it, by kind of break; `entry` is the journal's number of it."""

    day: date
    entry: int
    breaks: int
    by_kind: Mapping[str, int] = {}


class ReconcileActivities:
    """Holds the journal against the provider."""

    def __init__(self, provider: Provider, ledger: Ledger, snapshots: Snapshots) -> None:
        self._provider = provider
        self._ledger = ledger
        self._snapshots = snapshots

    @activity.defn(no_thread_cancel_exception=True)
    def reconcile(self, ask: ReconcileDays) -> Reconciled:
        """Reconcile and record it, once a day; the same day again is answered from the journal."""
        entry = self._ledger.find(ids.reconciled_key(ask.day.isoformat()))
        if entry is None:
            first, last = ask.day - timedelta(days=ask.days), ask.day - timedelta(days=1)
            period = Period(since=_midnight(first), until=_midnight(ask.day), now=attempt_time(ask.now))
            found = run(self._ledger, self._snapshots, self._provider, period, beat)
            entry = record(self._ledger, found, ask.day, first, last)
        told = recorded(entry)
        return Reconciled(day=ask.day, entry=entry.seq, breaks=told.count, by_kind=told.by_kind)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
