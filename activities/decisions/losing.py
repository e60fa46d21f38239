"""A parcel that the carrier has lost: the shop bears it, so the shopper is paid as if the goods had come."""

from __future__ import annotations

from temporalio import activity

from activities.decisions.assigning import Assigning
from activities.people import check_person
from domain import ids
from domain.case import CaseSoFar
from domain.errors import Refused
from domain.inspection import Disposition, InspectedLine, Inspection, units
from domain.model import Id, Model, UtcDatetime
from domain.undecided import RULE, empty_box_ends, pays_empty_box
from domain.verbs import Verb
from ledger import EntryKind, NewEntry
from ledger.deciding import decided
from ledger.moves import goods
from ledger.recall import case_so_far

_ENDED = (EntryKind.CANCELLED, EntryKind.EXPIRED, EntryKind.FORCE_CLOSED, EntryKind.CLOSED)
_NEVER_AFTER = frozenset({EntryKind.KEPT, *_ENDED})


class RecordLoss(Model):
    """A return whose parcel is lost, after the carrier's answer to `by`."""

    case: Id
    order_id: Id
    by: Id
    now: UtcDatetime


class Losing(Assigning):
    """Records that nothing will come of what was sent."""

    @activity.defn(no_thread_cancel_exception=True)
    def record_loss(self, ask: RecordLoss) -> Inspection:
        """Record that the parcel is lost, with all units that did not come in another one as new and missing; nobody
        can return them again.

        Raises Refused if whoever says so may not, or the journal knows that goods arrived or that the return ends.
        """
        key = ids.lost_key(ask.case)
        entry = self._ledger.find(key)
        if entry is None:
            known = case_so_far(self._ledger.entries(case=ask.case))
            ends = empty_box_ends(known) if ask.by == RULE and pays_empty_box(known) else None
            claimed = any(one.counts_as_lost and one.by == ask.by for one in known.claims)  # they might, then
            if not claimed and (ends is None or ends > ask.now):
                check_person(self._people, ask.by, Verb.LOST)
            entry = decided(self._ledger, ask.order_id, lambda: self._lost(key, ask), key)
        return Inspection.model_validate(entry.facts["inspection"])

    def _lost(self, key: str, ask: RecordLoss) -> NewEntry:
        entries = tuple(self._ledger.entries(case=ask.case))
        known = case_so_far(entries)
        if {one.kind for one in entries} & _NEVER_AFTER or (known.receipts and not _of_rest(known)):
            text = f"return {ask.case} has goods that arrived, or ends already, so its parcel cannot be lost"
            raise Refused("already_received", text)
        lines = tuple(
            InspectedLine(line_id=line_id, quantity=count, disposition=Disposition.MISSING)
            for line_id, count in known.expected.items()
        )
        inspection = Inspection(id="lost", inspected_by=ask.by, lines=lines)
        return NewEntry(
            key=key,
            kind=EntryKind.LOST,
            order=ask.order_id,
            case=ask.case,
            actor=ask.by,
            reasons=("lost_by_carrier",),
            at=ask.now,
            facts={"inspection": inspection.model_dump(mode="json", exclude_none=True)},
            asked={"by": ask.by},
            transfers=goods.kept(
                key, ask.case, ask.order_id, units(lines), self._ledger.pending_left, goods.announced(entries)
            ),
        )


def _of_rest(known: CaseSoFar) -> bool:
    """Whether what came of other parcels is judged, and the rest is still waited for."""
    judged = (*known.parts, *([known.inspection] if known.inspection else []))
    seen = units(tuple(line for one in judged for line in one.lines))
    return known.in_several and known.waits_for_rest and seen == known.received
