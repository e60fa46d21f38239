"""Goods that nobody inspects in time are paid as quoted, where the policy says so, and graded for the stock alone."""

from __future__ import annotations

from temporalio import activity

from activities.decisions.choices import Choosing
from domain import goods_ids
from domain.errors import Refused
from domain.inspection import InspectedLine, Inspection
from domain.model import Id, Model, UtcDatetime
from ledger import EntryKind, NewEntry
from ledger.deciding import decided
from ledger.recall import case_so_far


class PayUninspected(Model):
    """A return whose goods came and were not inspected, after all patience."""

    case: Id
    order_id: Id
    now: UtcDatetime


class Uninspected(Choosing):
    """Records that the shopper does not wait any longer."""

    @activity.defn(no_thread_cancel_exception=True)
    def pay_uninspected(self, ask: PayUninspected) -> Inspection:
        """Record that what came counts as new for the refund, because nobody said otherwise in time.

        Raises Refused if somebody has inspected it meanwhile, or nothing came.
        """
        key = goods_ids.uninspected_key(ask.case)
        entry = decided(self._ledger, ask.order_id, lambda: self._counts_as_new(key, ask), key)
        return Inspection.model_validate(entry.facts["inspection"])

    def _counts_as_new(self, key: str, ask: PayUninspected) -> NewEntry:
        known = case_so_far(self._ledger.entries(case=ask.case))
        if known.inspection is not None or not known.received:
            raise Refused("inspected", f"return {ask.case} was inspected meanwhile, or nothing of it came; look again")
        lines = tuple(InspectedLine(line_id=line_id, quantity=count) for line_id, count in known.received.items())
        inspection = Inspection(id="uninspected", inspected_by="backhaul", lines=lines)
        return NewEntry(
            key=key,
            kind=EntryKind.UNINSPECTED,
            order=ask.order_id,
            case=ask.case,
            actor="rule:policy",
            reasons=("not_inspected_in_time",),
            at=ask.now,
            facts={"inspection": inspection.model_dump(mode="json", exclude_none=True)},
            asked={},
        )
