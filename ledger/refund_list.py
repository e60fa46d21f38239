"""Every refund that was asked for, as it stands by the journal, and who is next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from domain import ids
from domain.model import Model, UtcDatetime
from domain.order import TenderKind
from domain.refund import (
    BY_HAND,
    FINAL_NO,
    NOT_PAID_BY_HAND,
    PAID_BY_PEOPLE,
    STORED_FAULT,
    RefundIntention,
    RefundStatus,
    no_way_back,
)
from domain.statement import shows_by
from ledger import UNITS, EntryKind, JournalEntry

ELSEWHERE = "made_elsewhere"
"""Reason of a refund that others made."""


class RefundRow(Model):
    """One leg of a plan, or a refund made elsewhere. `state` is that of its last attempt; `shows_by` the day on which
    the shopper should see it at the latest. Amounts in minor units."""

    case: str
    order: str
    payment: str
    plan: int = 0
    amount: int
    currency: str
    state: RefundStatus
    reason: str = ""
    attempts: int = 0
    key: str = ""
    refund: str = ""
    arn: str = ""
    submitted_at: UtcDatetime
    decided_at: UtcDatetime | None = None
    shows_by: date | None = None
    owner: str = "provider"
    action: str = ""


class _Leg(NamedTuple):
    case: str
    plan: int
    payment: str


class _Rows:
    def __init__(self) -> None:
        self.rows: dict[_Leg | str, dict[str, Any]] = {}  # a row's own fields, as they come
        self.kinds: dict[_Leg, TenderKind] = {}
        self.by_hand: set[_Leg | str] = set()
        self.closed: set[str] = set()

    def learn(self, entry: JournalEntry) -> None:
        told = entry.facts
        match entry.kind:
            case EntryKind.PLAN:
                for leg in told["plan"]["legs"]:
                    at = _Leg(entry.case, told["plan"]["number"], leg["tender_id"])
                    self.kinds[at] = TenderKind(leg["kind"])
            case EntryKind.CLOSED:
                self.closed.add(entry.case)
            case EntryKind.REFUND_SUBMITTED:
                self._submitted(entry, told["intention"])
            case EntryKind.REFUND_ELSEWHERE:
                self._elsewhere(entry, told["refund"])
            case EntryKind.REFUND_REVERSED if "fact" in told:
                self._update(told["fact"], state=RefundStatus.FAILED, decided_at=entry.at, reason="came_back")
            case EntryKind.REFUND_SETTLED | EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED:
                self.rows.pop(told.get("fact", ""), None)  # made elsewhere, it paid a return: it is one refund
                self._decided(entry, told["refund"])
            case EntryKind.REFUND_UNANSWERED:
                self._update(_leg(told["intention"]), state=RefundStatus.UNKNOWN, reason=STORED_FAULT)
            case EntryKind.REFUND_TRACED:
                self._update(_leg(told["intention"]), arn=told["arn"])

    def _submitted(self, entry: JournalEntry, told: Mapping[str, Any]) -> None:
        leg = _Leg(entry.case, told["plan"], told["payment"])
        if entry.kind is EntryKind.REFUND_SUBMITTED:
            intention = RefundIntention.model_validate(told)
            self.kinds[leg] = intention.to
            # As it was when the intention was made: what is configured since does not send what a person was asked for.
            by_person = intention.paid_by == "person" or intention.to in PAID_BY_PEOPLE
            (self.by_hand.add if by_person else self.by_hand.discard)(leg)
        self.rows.pop(leg, None)  # the last attempt counts, and its place
        self.rows[leg] = {
            **{name: told[name] for name in ("case", "plan", "payment", "amount", "currency", "key")},
            "order": entry.order,
            "attempts": told["attempt"],
            "state": RefundStatus.PENDING,
            "submitted_at": entry.at,
        }

    def _elsewhere(self, entry: JournalEntry, told: Mapping[str, Any]) -> None:
        self.rows[entry.key] = {
            "case": "",
            "order": entry.order,
            "payment": next(iter(told["money"]), ""),
            "amount": sum(told["money"].values()),
            "currency": next((one.commodity for one in entry.transfers if one.commodity != UNITS), ""),
            "state": RefundStatus.SUCCEEDED,
            "reason": ELSEWHERE,
            "refund": told["id"],
            "submitted_at": told["at"],
            "decided_at": entry.at,
        }

    def _decided(self, entry: JournalEntry, told: Mapping[str, Any]) -> None:
        leg = _leg(told["key"])
        parts = ids.refund_of(told["key"])
        if leg not in self.rows and parts:  # paid by hand, without asking a provider
            self._submitted(entry, {**told, "case": parts.case, "plan": parts.plan, "attempt": parts.attempt})
        named = {"state": RefundStatus(told["status"]), "reason": told["reason"], "refund": told["provider_id"]}
        more = {"attempts": parts.attempt, "key": told["key"], "amount": told["amount"]} if parts else {}
        self._update(leg, **named, **more, decided_at=entry.at)
        if told.get("arn"):
            self._update(leg, arn=told["arn"])

    def _update(self, leg: _Leg | str, **fields: object) -> None:
        if leg in self.rows:
            self.rows[leg].update(fields)


def refund_list(entries: Iterable[JournalEntry]) -> Iterator[RefundRow]:
    """The refunds among some entries, in the order in which they were last asked for."""
    found = _Rows()
    for entry in entries:
        found.learn(entry)
    latest = {(leg.case, leg.payment): leg.plan for leg in found.rows if isinstance(leg, _Leg)}
    for leg, fields in found.rows.items():
        row = RefundRow.model_validate(fields)
        replaced = isinstance(leg, _Leg) and latest[leg.case, leg.payment] > leg.plan
        kind = found.kinds.get(leg, TenderKind.UNKNOWN) if isinstance(leg, _Leg) else TenderKind.CARD
        if leg in found.by_hand and row.state is RefundStatus.PENDING:
            row = row.model_copy(update={"reason": BY_HAND})
        owner, action = _next(row, closed=row.case in found.closed, replaced=replaced)
        paid = row.state is RefundStatus.SUCCEEDED and row.decided_at is not None
        by = shows_by(kind, row.decided_at) if paid and row.decided_at else None
        yield row.model_copy(update={"owner": owner, "action": action, "shows_by": by})


def _next(row: RefundRow, *, closed: bool, replaced: bool) -> tuple[str, str]:
    """Who is next, and what they do."""
    if row.state is RefundStatus.SUCCEEDED:
        return "nobody", ""
    if row.state is RefundStatus.UNKNOWN:
        return "provider", "it is looked for again by itself"
    if row.reason == BY_HAND:
        said = f"paid-by-hand {row.case} --payment {row.payment} --reference THE-BANKS --by YOU"
        return "finance", f"pay it, then `python starter.py {said}`"
    if row.state not in FINAL_NO:
        return "provider", "confirm it; it is looked at again by itself"
    if replaced or not row.case:
        return "nobody", "what it owed was planned anew" if replaced else "it came back; open returns planned anew"
    if row.reason == STORED_FAULT:
        return "nobody", "the next attempt follows by itself"
    again = f"`python starter.py {'pay-again' if closed else 'retry'} {row.case} --by YOU`"
    other = f"`python starter.py consent {row.case} --payment {row.payment} --to bank --by YOU` (or store_credit)"
    if row.reason == NOT_PAID_BY_HAND:
        return "finance", f"{again} once you have the right account; if the shopper agrees to another way, {other}"
    if no_way_back(row.state, row.reason):
        return "finance", f"another try does not help; once the shopper agrees to another way, {other}"
    return "finance", again if closed else f"mend the cause, then {again}"


def _leg(key: str) -> _Leg | str:
    parts = ids.refund_of(key)
    return _Leg(parts.case, parts.plan, parts.tender) if parts else key
