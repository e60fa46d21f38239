"""Settlements and late failures, recorded together with the credit notes that belong to them.

A plan has one note, issued with the settlement that completes it. When one of its refunds fails late, a second note
cancels the first; the settlement that completes the plan again issues a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from domain import ids
from domain.credit_note import PREFIX, CreditNote, credit_note, series_of
from domain.errors import Refused, Stale, Unavailable
from domain.order import Order
from domain.plan import RefundPlan
from domain.refund import Refund, RefundIntention
from domain.stores import Snapshots
from ledger import NUMBERED, EntryKind, JournalEntry, Ledger, NewEntry, Transfer, accounts
from ledger.frozen import frozen_order

_TRIES = 5
"""How often is looked anew which refunds stand, because the order moved on meanwhile."""


class _Standing(NamedTuple):
    """Of one plan: refunds that were settled and have not failed late, and the note that is not cancelled."""

    refunds: dict[str, Refund]
    note: CreditNote | None


class CreditNotes:
    """Records what became of refunds; the numbers begin with `prefix`."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots, prefix: str = PREFIX) -> None:
        self._ledger = ledger
        self._snapshots = snapshots
        self._prefix = prefix

    def settle(self, entry: NewEntry, intention: RefundIntention, refund: Refund) -> JournalEntry:
        """Record a settlement, with the plan's credit note if all of the plan is paid now.

        Raises as `Ledger.append` does, but Unavailable instead of Stale: only if the order moves on all the time.
        """

        def told() -> NewEntry:
            stands = self._standing(intention.case, intention.plan)
            refunds = {**stands.refunds, refund.key: refund}
            plan = self._plan(intention.case, intention.plan)
            if stands.note is not None or sum(one.amount for one in refunds.values()) < plan.total:
                return entry
            order = self._order(intention.order_id)
            note = credit_note(
                order,
                plan,
                tuple(refunds.values()),
                case=intention.case,
                number=intention.plan,
                issued_on=refund.updated_at.date(),
            )
            return issuing(entry, note, self._prefix)

        return self._append(told, intention.order_id)

    def reverse(self, refund: Refund) -> JournalEntry:
        """Record that a refund which had succeeded failed late: its money is owed again, and the plan's note, if it has
        one, is cancelled by another.

        Raises Refused (`not_settled`) if the journal knows of no such success, else as `Ledger.append` does.
        """
        intended = self._ledger.find(refund.key)
        if intended is None or self._ledger.find(ids.settled_key(refund.key)) is None:
            text = f"{refund.key} was never confirmed, so it cannot fail late; record its final no instead"
            raise Refused("not_settled", text)
        intention = RefundIntention.model_validate(intended.facts["intention"])
        entry = _reversal(intention, refund)

        def told() -> NewEntry:
            note = self._standing(intention.case, intention.plan).note
            return entry if note is None else issuing(entry, note.cancelled(refund.updated_at.date()), self._prefix)

        return self._append(told, intention.order_id)

    def _append(self, told: Callable[[], NewEntry], order_id: str) -> JournalEntry:
        """Append what is told of a fresh read: of two refunds that are settled at once, one is the last."""
        for _ in range(_TRIES):
            seen = self._ledger.last_seq(order_id)
            try:
                return self._ledger.append(told(), seen=seen)
            except Stale:
                continue
        raise Unavailable("The order changes faster than its refund can be recorded; it is tried again.")

    def _standing(self, case: str, plan: int) -> _Standing:
        refunds: dict[str, Refund] = {}
        note: CreditNote | None = None
        for entry in self._ledger.entries(case=case):
            if entry.kind in (EntryKind.REFUND_SETTLED, EntryKind.REFUND_REVERSED):
                refund = Refund.model_validate(entry.facts["refund"])
                if not refund.key.startswith(ids.refunds_of(case, plan)):
                    continue
                refunds.pop(refund.key, None)
                if entry.kind is EntryKind.REFUND_SETTLED:
                    refunds[refund.key] = refund
            if (issued := issued_by(entry)) and issued.plan == plan:
                note = None if issued.cancels else issued
        return _Standing(refunds, note)

    def _plan(self, case: str, plan: int) -> RefundPlan:
        entry = self._ledger.find(ids.plan_key(case, plan))
        if entry is None:
            raise Refused("no_plan", f"return {case} has no plan {plan} in the journal")
        return RefundPlan.model_validate(entry.facts["plan"])

    def _order(self, order_id: str) -> Order:
        order = frozen_order(self._ledger, self._snapshots, order_id)
        if order is None:
            raise Refused("order_not_opened", f"order {order_id} was never opened in the journal")
        return order


def issuing(entry: NewEntry, note: CreditNote, prefix: str) -> NewEntry:
    """The same entry, which issues this note as the next of its shop's series."""
    facts = {**entry.facts, NUMBERED: note.fact()}
    return entry.model_copy(update={"facts": facts, "series": series_of(prefix, note.shop)})


def issued_by(entry: JournalEntry) -> CreditNote | None:
    """The note that an entry issued, if any."""
    return CreditNote.model_validate(entry.facts[NUMBERED]) if NUMBERED in entry.facts else None


def _reversal(intention: RefundIntention, refund: Refund) -> NewEntry:
    key = ids.reversed_key(intention.key)
    return NewEntry(
        key=key,
        kind=EntryKind.REFUND_REVERSED,
        order=intention.order_id,
        case=intention.case,
        actor="provider",
        reasons=(refund.reason,) if refund.reason else (),
        at=refund.updated_at,
        facts={"refund": refund.model_dump(mode="json")},
        asked={"payment": intention.payment, "amount": intention.amount},
        transfers=(
            Transfer(
                key=f"{key}/leg",
                debit=accounts.tender(intention.payment),
                credit=accounts.owed(intention.case),
                commodity=intention.currency,
                amount=intention.amount,
            ),
        ),
    )
