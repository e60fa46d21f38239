"""Every decision and every plan made again from what is stored: journal, snapshots, policies and law of a recording.

Nothing of the workflow's history is needed for it but what the step was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.decisions import DecisionActivities, OpenReturn, PlanRefund
from domain import ids
from domain.model import Model
from domain.plan import RefundPlan
from domain.policy import Decision, PublishedPolicy
from domain.request import ReturnRequest
from domain.stores import Snapshot
from ledger import NUMBERED, Balance, JournalEntry, NewEntry
from ledger.store.guards import NOTHING, Account, Books, balance
from settings import Settings
from tests.histories.recording import Recording
from tests.histories.replaying import unlike
from wiring import rooms

MODELS: dict[str, type[Model]] = {
    "decision": Decision,
    "quote": RefundPlan,
    "plan": RefundPlan,
    "request": ReturnRequest,
}
STEPS = {"open_return": OpenReturn, "plan_refund": PlanRefund}


class BooksThen:
    """The ledger as it stood before an entry; what is appended is only kept."""

    def __init__(self, entries: Iterable[JournalEntry]) -> None:
        self._entries = tuple(entries)
        self._books = Books()
        self.appended: list[NewEntry] = []
        for one in self._entries:
            self._books.apply(one.kind, one.transfers)

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        broken = self._books.apply(entry.kind, entry.transfers)
        if broken:
            raise broken[0]
        self.appended.append(entry)
        return JournalEntry(**entry.model_dump(exclude={"asked", "series"}), seq=len(self._entries) + 1, hash="")

    def find(self, key: str) -> JournalEntry | None:
        return next((one for one in self._entries if one.key == key), None)

    def last_seq(self, order: str) -> int:
        return max((one.seq for one in self._entries if one.order == order), default=0)

    def entries(self, *, order: str | None = None, case: str | None = None, after: int = 0) -> Iterator[JournalEntry]:
        for one in self._entries:
            if one.seq > after and order in (None, one.order) and case in (None, one.case):
                yield one

    def balance(self, account: str, commodity: str) -> Balance:
        name = Account(account, commodity)
        return balance(name, self._books.totals.get(name, NOTHING))

    def balances(self, prefix: str = "") -> list[Balance]:
        return [
            balance(name, told) for name, told in sorted(self._books.totals.items()) if name.name.startswith(prefix)
        ]

    def pending_left(self, transfer: str) -> int:
        known = self._books.pending.get(transfer)
        return known.left if known else 0


class _Kept:
    """The stores that decisions are made from."""

    def __init__(self, recording: Recording) -> None:
        self._snapshots = recording.snapshots
        self._policies = recording.policies

    def get(self, ref: str, content: str = "") -> Snapshot | PublishedPolicy | None:
        return self._snapshots[ref, content] if content else self._policies.get(ref)


def recomputed(recording: Recording) -> Iterator[str]:
    """Where a decision or a plan of the recording would be another today."""
    journal = recording.journal
    for ask in _asked(recording):
        key = ids.decision_key(ask.request.id) if isinstance(ask, OpenReturn) else ids.plan_key(ask.case, ask.number)
        entry = next((one for one in journal if one.key == key), None)
        if entry is None:
            continue  # it was refused, and never recorded
        then = BooksThen(one for one in journal if one.seq < entry.seq)
        desk = _desk(recording, then)
        asked = ask.model_copy(update={"now": entry.at})
        _ = desk.open_return(asked) if isinstance(asked, OpenReturn) else desk.plan_refund(asked)
        (made,) = then.appended
        before, now = _told(entry), _told(made)
        yield from (f"{key}{path} was {was!r} and is {would!r}" for path, was, would in unlike(before, now))


def _told(entry: JournalEntry | NewEntry) -> dict[str, Any]:
    """An entry as JSON, its models with all their defaults; a credit note's number is given as it is written down."""
    fields = {"kind", "order", "case", "actor", "reasons", "policy", "facts", "transfers"}
    told = entry.model_dump(mode="json", include=fields)
    facts = told["facts"]
    for name, model in MODELS.items():
        if name in facts:
            facts[name] = model.model_validate(facts[name]).model_dump(mode="json")
    for given in ("number", "series"):
        facts.get(NUMBERED, {}).pop(given, None)
    return told


def _desk(recording: Recording, then: BooksThen) -> DecisionActivities:
    here, kept = rooms(Settings()), _Kept(recording)
    stores = SimpleNamespace(snapshots=kept, policies=kept, people=None)
    here.__dict__.update(ledger=then, stores=stores, statutes=recording.statutes)
    return here.decisions


def _asked(recording: Recording) -> Iterator[OpenReturn | PlanRefund]:
    """What the steps were asked, once each."""
    seen: set[str] = set()
    for event in (event for history in recording.histories for event in history.events):
        told = event.activity_task_scheduled_event_attributes
        if told.activity_type.name not in STEPS:
            continue
        ask = _decoded(event)
        if (name := repr(ask.model_dump(exclude={"now"}))) not in seen:
            seen.add(name)
            yield ask


def _decoded(event: HistoryEvent) -> Any:
    told = event.activity_task_scheduled_event_attributes
    (ask,) = pydantic_data_converter.payload_converter.from_payloads(
        told.input.payloads, [STEPS[told.activity_type.name]]
    )
    return ask
