"""Every figure of ours that Prometheus may ask for, and where it comes from. docs/observability.md lists the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from domain.backlog import Backlog
from domain.event import Condition, EndpointState
from domain.inbox import InboxState
from domain.notice import NoticeState
from portal.tally import LATENCY, Tally
from portal.visibility import Standing


class Told(NamedTuple):
    """One metric. Prometheus adds `_total` to counters, and `_bucket`, `_sum` and `_count` to histograms."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


Samples = dict[str, list[tuple[tuple[str, ...], float]]]
"""Values by metric, each with the values of its labels; of a histogram the buckets, then what is over, then the sum."""

TOLD = (
    Told("backhaul_source_up", "gauge", "1 if the last look at a source had an answer", ("source",)),
    Told("backhaul_source_read_timestamp_seconds", "gauge", "When it last had one", ("source",)),
    # Temporal
    Told("backhaul_returns_open", "gauge", "Open returns by stage", ("stage",)),
    Told("backhaul_returns_oldest_age_seconds", "gauge", "Age of the oldest, at least, in steps", ("stage",)),
    Told("backhaul_returns_waiting", "gauge", "Open returns and aftercare by whose turn it is", ("owner",)),
    Told("backhaul_returns_due_soon", "gauge", "Of them, due within a day", ("owner",)),
    Told("backhaul_returns_overdue", "gauge", "Of them, past their due time", ("owner",)),
    Told("backhaul_refunds_open", "gauge", "Open returns by what was last said of their refund", ("status",)),
    Told("backhaul_workflows_stuck", "gauge", "Open workflows whose last task failed or timed out"),
    Told("backhaul_queue_pollers", "gauge", "Workers that asked for tasks of late", ("queue", "kind")),
    Told("backhaul_queue_backlog", "gauge", "Tasks that wait for a worker", ("queue", "kind")),
    Told("backhaul_queue_backlog_age_seconds", "gauge", "How long the oldest of them waits", ("queue", "kind")),
    # The journal
    Told("backhaul_returns_decided", "counter", "Decisions on requests"),
    Told("backhaul_returns_closed", "counter", "Returns that ended, by outcome", ("outcome",)),
    Told("backhaul_refunds", "counter", "What was said of refunds, by currency", ("currency", "said")),
    Told("backhaul_refunded_minor", "counter", "What arrived, in minor units", ("currency",)),
    Told("backhaul_refund_latency_seconds", "histogram", "From submitting a refund to the provider's yes"),
    Told("backhaul_refund_deadlines_missed", "counter", "Days passed on which a refund was due by law or promise"),
    Told("backhaul_mails", "counter", "What became of mails, by kind of notice", ("kind", "outcome")),
    Told("backhaul_suspense_minor", "gauge", "What facts took beyond what orders had, in minor units", ("currency",)),
    Told("backhaul_owed_minor", "gauge", "What returns owe, in minor units", ("currency", "returns")),
    Told("backhaul_reconcile_breaks", "gauge", "Breaks that the last reconciliation found"),
    Told("backhaul_reconciled_timestamp_seconds", "gauge", "When that was"),
    Told("backhaul_journal_entries", "gauge", "Entries of the journal"),
    Told("backhaul_journal_unread", "gauge", "Of them, not counted here yet"),
    Told("backhaul_journal_faults", "gauge", "Entries whose hash does not follow from the one before"),
    # The tables
    Told("backhaul_inbox_events", "gauge", "Events of vendors that were not delivered, by state", ("state",)),
    Told("backhaul_inbox_oldest_age_seconds", "gauge", "How long the oldest of them is there", ("state",)),
    Told("backhaul_outbox_mails", "gauge", "Mails that nobody knows the end of, by state", ("state",)),
    Told("backhaul_outbox_oldest_age_seconds", "gauge", "How long ago the oldest was tried first", ("state",)),
    Told("backhaul_events_waiting", "gauge", "Events that wait for an endpoint", ("endpoint",)),
    Told("backhaul_events_oldest_age_seconds", "gauge", "How long the oldest of them waits", ("endpoint",)),
    Told("backhaul_events_unread", "gauge", "Entries not looked at for an endpoint yet", ("endpoint",)),
    Told("backhaul_events_failing", "gauge", "1 if an endpoint has taken nothing for long", ("endpoint",)),
    # What runs out
    Told("backhaul_certificate_expiry_timestamp_seconds", "gauge", "When a certificate ends", ("certificate",)),
)

MAILS = {None: "reserved", NoticeState.OWED: "owed", NoticeState.UNKNOWN: "unknown"}


def of_temporal(found: Standing) -> Samples:
    """What was counted in Temporal."""
    return {
        "backhaul_returns_open": _by(found.open),
        "backhaul_returns_waiting": _by(found.waiting),
        "backhaul_returns_due_soon": _by(found.due_soon),
        "backhaul_returns_overdue": _by(found.overdue),
        "backhaul_refunds_open": _by(found.refunds),
        "backhaul_workflows_stuck": [((), found.stuck)],
        "backhaul_queue_pollers": list(found.pollers.items()),
        "backhaul_queue_backlog": list(found.backlog.items()),
        "backhaul_queue_backlog_age_seconds": list(found.backlog_age.items()),
    }


def of_ages(found: Mapping[str, float]) -> Samples:
    """The oldest return of each stage."""
    return {"backhaul_returns_oldest_age_seconds": _by(found)}


def of_journal(tally: Tally) -> Samples:
    """What was counted in the journal."""
    suspense: dict[str, int] = defaultdict(int)
    for (account, currency), amount in tally.standing.items():
        if account.startswith("suspense:"):
            suspense[currency] += abs(amount)
    owed: dict[tuple[str, str], int] = defaultdict(int)
    for currency, ended, amount in tally.owed_by():
        owed[currency, "closed" if ended else "open"] += abs(amount)
    found: Samples = {
        "backhaul_returns_decided": [((), tally.decided)],
        "backhaul_returns_closed": _by(tally.closed),
        "backhaul_refunds": list(tally.refunds.items()),
        "backhaul_refunded_minor": _by(tally.refunded),
        "backhaul_refund_latency_seconds": [*(((), one) for one in tally.latency), ((), tally.waited.total_seconds())],
        "backhaul_refund_deadlines_missed": [((), tally.deadlines_missed)],
        "backhaul_mails": list(tally.mails.items()),
        "backhaul_suspense_minor": _by(suspense),
        "backhaul_owed_minor": list(owed.items()),
        "backhaul_journal_entries": [((), tally.seq + tally.unread)],
        "backhaul_journal_unread": [((), tally.unread)],
        "backhaul_journal_faults": [((), tally.faults)],
    }
    if tally.breaks is not None and tally.reconciled_at is not None:
        found["backhaul_reconcile_breaks"] = [((), tally.breaks)]
        found["backhaul_reconciled_timestamp_seconds"] = [((), tally.reconciled_at.timestamp())]
    return found


def of_tables(
    inbox: Mapping[InboxState, Backlog],
    outbox: Mapping[NoticeState | None, Backlog],
    endpoints: Iterable[EndpointState],
    newest: int,
    now: datetime,
) -> Samples:
    """What waits to be sent on, in and out."""

    def age(since: datetime | None) -> float:
        return max(0.0, (now - since).total_seconds()) if since else 0.0

    events = [(state.value, inbox.get(state)) for state in InboxState if state is not InboxState.DELIVERED]
    mails = [(name, outbox.get(state)) for state, name in MAILS.items()]
    told = list(endpoints)
    return {
        "backhaul_inbox_events": [((name,), one.count if one else 0) for name, one in events],
        "backhaul_inbox_oldest_age_seconds": [((name,), age(one.oldest if one else None)) for name, one in events],
        "backhaul_outbox_mails": [((name,), one.count if one else 0) for name, one in mails],
        "backhaul_outbox_oldest_age_seconds": [((name,), age(one.oldest if one else None)) for name, one in mails],
        "backhaul_events_waiting": [((one.name,), one.waiting) for one in told],
        "backhaul_events_oldest_age_seconds": [((one.name,), age(one.oldest)) for one in told],
        "backhaul_events_unread": [((one.name,), max(0, newest - one.seq)) for one in told],
        "backhaul_events_failing": [((one.name,), one.condition(newest, now) is Condition.FAILING) for one in told],
    }


def families(found: Samples) -> Iterator[Metric]:
    """As Prometheus' library takes them, in the order of the list; what is not known is left out."""
    for one in TOLD:
        samples = found.get(one.name)
        if samples is None:
            continue
        if one.kind == "histogram":
            yield _histogram(one, [value for _, value in samples])
            continue
        family = (CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily)(
            one.name, one.help, labels=one.labels
        )
        for labels, value in samples:
            family.add_metric(labels, value)
        yield family


def _histogram(one: Told, values: list[float]) -> Metric:
    *counts, total = values
    sums = [sum(counts[: at + 1]) for at in range(len(counts))]
    ends = [*map(str, map(float, LATENCY)), "+Inf"]
    family = HistogramMetricFamily(one.name, one.help)
    family.add_metric((), list(zip(ends, sums, strict=True)), total)
    return family


def _by(found: Mapping[str, float]) -> list[tuple[tuple[str, ...], float]]:
    return [((name,), value) for name, value in found.items()]
