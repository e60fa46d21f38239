"""Goods that the shopper keeps, and the day on which a refund was due by law."""

from __future__ import annotations

from temporalio import activity

from activities.decisions.losing import Losing
from domain import way_ids
from domain.errors import Refused
from domain.inspection import Disposition, InspectedLine, Inspection, units
from domain.keeping import KEPT
from domain.model import Id, Model, UtcDatetime
from domain.policy.judgement import Keeps
from ledger import EntryKind, JournalEntry, NewEntry
from ledger.deciding import decided
from ledger.moves import goods
from ledger.recall import case_so_far

_NEVER_AFTER = frozenset(
    {
        EntryKind.RECEIPT,
        EntryKind.LOST,
        EntryKind.CANCELLED,
        EntryKind.EXPIRED,
        EntryKind.FORCE_CLOSED,
        EntryKind.CLOSED,
    }
)


class KeepGoods(Model):
    """A return of which the shopper keeps the goods, as its decision says."""

    case: Id
    order_id: Id
    now: UtcDatetime


class GoodsKept(Model):
    """Who or what said so, and the inspection that stands for goods which never come."""

    kept: Id
    inspection: Inspection


class RecordOverdue(Model):
    """A refund that was `due` by law and was not made by then, with the laws that say so."""

    case: Id
    order_id: Id
    due: UtcDatetime
    cites: tuple[str, ...] = ()
    now: UtcDatetime


class Keeping(Losing):
    """Records what stays with the shopper, and what came too late."""

    @activity.defn(no_thread_cancel_exception=True)
    def keep_goods(self, ask: KeepGoods) -> GoodsKept:
        """Record that the shopper keeps the goods, all of them as new; nobody can return them again.

        Raises Refused if the decision in force does not say so, or the journal knows that goods arrived or that the
        return ends.
        """
        key = way_ids.kept_key(ask.case)
        entry = decided(self._ledger, ask.order_id, lambda: self._kept(key, ask), key)
        return GoodsKept(kept=entry.actor, inspection=Inspection.model_validate(entry.facts["inspection"]))

    def _kept(self, key: str, ask: KeepGoods) -> NewEntry:
        entries = tuple(self._ledger.entries(case=ask.case))
        known = case_so_far(entries)
        if known.decision is None or known.decision.keeps is None:
            raise Refused("not_kept", f"nobody decided that the shopper keeps the goods of return {ask.case}")
        if {one.kind for one in entries} & _NEVER_AFTER:
            text = f"return {ask.case} has goods that arrived, or ends already, so its goods are not kept"
            raise Refused("already_received", text)
        by, reasons = _who(entries, known.decision.keeps)
        lines = tuple(
            InspectedLine(line_id=line_id, quantity=count, disposition=Disposition.NOT_RESTOCKED)
            for line_id, count in known.expected.items()
        )
        inspection = Inspection(id=KEPT, inspected_by=by, lines=lines)
        return NewEntry(
            key=key,
            kind=EntryKind.KEPT,
            order=ask.order_id,
            case=ask.case,
            actor=by,
            reasons=reasons,
            policy=known.decision.policy,
            at=ask.now,
            facts={"inspection": inspection.model_dump(mode="json", exclude_none=True)},
            asked={"case": ask.case},
            transfers=goods.kept(
                key, ask.case, ask.order_id, units(lines), self._ledger.pending_left, goods.announced(entries)
            ),
        )

    @activity.defn(no_thread_cancel_exception=True)
    def record_overdue(self, ask: RecordOverdue) -> None:
        """Record, once, that a refund was not made by the day on which it was due by law."""
        told = {"due": ask.due.isoformat(), "cites": list(ask.cites)}
        self._ledger.append(
            NewEntry(
                key=way_ids.refund_overdue_key(ask.case),
                kind=EntryKind.REFUND_OVERDUE,
                order=ask.order_id,
                case=ask.case,
                actor="rule:clock",
                reasons=("refund_overdue",),
                at=ask.now,
                facts=told,
                asked={"case": ask.case},
            )
        )


def _who(entries: tuple[JournalEntry, ...], keeps: Keeps) -> tuple[str, tuple[str, ...]]:
    """Who left the goods to the shopper, and why."""
    overrides = [one for one in entries if one.kind is EntryKind.OVERRIDE and "keep" in one.facts["override"]["change"]]
    if keeps is Keeps.BY_PERSON and overrides:
        return overrides[-1].actor, (f"kept_{keeps.value}", *overrides[-1].reasons)
    return "backhaul", (f"kept_{keeps.value}",)
