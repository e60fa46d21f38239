"""Settlements and late failures, recorded together with the credit notes that belong to them.

A plan has one note, issued with the settlement that completes it. When one of its refunds fails late, a second note
cancels the first; the settlement that completes the plan again issues a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from domain import ids
from domain.credit_note import PREFIX, CreditNote, credit_note, series_of
from domain.errors import Refused
from domain.order import Order
from domain.plan import RefundPlan
from domain.refund import Refund, RefundIntention
from domain.stores import Snapshots
from ledger import NUMBERED, EntryKind, JournalEntry, Ledger, NewEntry
from ledger.deciding import decided
from ledger.frozen import frozen_order
from ledger.moves import money
from ledger.refunds import told, uncovered


class _Debt(NamedTuple):
    """One plan with those that went on from it: all of them pay the same debt.

    `number` and `plan` are the first's, `numbers` those of all, `expected` what they pay together.
    """

    number: int
    plan: RefundPlan
    numbers: tuple[int, ...]
    expected: int


class _Standing(NamedTuple):
    """Of one debt: refunds that were settled and have not failed late, and the note that is not cancelled."""

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

        def decide() -> NewEntry:
            debt = self._debt(intention.case, intention.plan)
            stands = self._standing(intention.case, debt)
            refunds = {**stands.refunds, refund.key: refund}
            if stands.note is not None or sum(one.amount for one in refunds.values()) < debt.expected:
                return entry
            note = credit_note(
                self._order(intention.order_id),
                debt.plan,
                tuple(refunds.values()),
                case=intention.case,
                number=debt.number,
                issued_on=refund.updated_at.date(),
            )
            return issuing(entry, note, self._prefix)

        return decided(self._ledger, intention.order_id, decide)

    def planned(self, entry: NewEntry, plan: RefundPlan) -> NewEntry:
        """A plan's entry, with the credit note where no settlement follows that would issue it: fees took all, or what
        a plan before it left owed had gone back another way."""
        if plan.legs:
            return entry
        debt, refunds = _Debt(plan.number, plan, (), 0), tuple[Refund, ...]()
        if "continues" in entry.facts:
            debt = self._debt(entry.case, plan.number - 1)
            stands = self._standing(entry.case, debt)
            refunds = tuple(stands.refunds.values())
            last = next(one for _, one in self._plans(entry.case) if one.number == plan.number - 1)
            dropped = sum(leg.amount for leg in last.legs if leg.tender_id not in entry.facts["paid"])
            if stands.note is not None or sum(one.amount for one in refunds) < debt.expected - dropped:
                return entry
        if not debt.plan.gross:
            return entry
        note = credit_note(
            self._order(entry.order),
            debt.plan,
            refunds,
            case=entry.case,
            number=debt.number,
            issued_on=entry.at.date(),
        )
        return issuing(entry, note, self._prefix)

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
        key = ids.reversed_key(intention.key)

        def decide() -> NewEntry:
            suspense = uncovered(self._ledger, intention.order_id, intention.currency)
            moves = money.failed_late(key, intention, suspense)
            entry = told(key, EntryKind.REFUND_REVERSED, intention, refund, moves)
            note = self._standing(intention.case, self._debt(intention.case, intention.plan)).note
            return entry if note is None else issuing(entry, note.cancelled(refund.updated_at.date()), self._prefix)

        return decided(self._ledger, intention.order_id, decide)

    def _standing(self, case: str, debt: _Debt) -> _Standing:
        refunds: dict[str, Refund] = {}
        note: CreditNote | None = None
        mine = tuple(ids.refunds_of(case, number) for number in debt.numbers)
        for entry in self._ledger.entries(case=case):
            if entry.kind in (EntryKind.REFUND_SETTLED, EntryKind.REFUND_REVERSED):
                refund = Refund.model_validate(entry.facts["refund"])
                if not refund.key.startswith(mine):
                    continue
                refunds.pop(refund.key, None)
                if entry.kind is EntryKind.REFUND_SETTLED:
                    refunds[refund.key] = refund
            if (issued := issued_by(entry)) and issued.plan == debt.number:
                note = None if issued.cancels else issued
        return _Standing(refunds, note)

    def _debt(self, case: str, number: int) -> _Debt:
        plans = {plan.number: (plan, entry.facts) for entry, plan in self._plans(case)}
        if number not in plans:
            raise Refused("no_plan", f"return {case} has no plan {number} in the journal")
        first = last = number
        while "continues" in plans[first][1]:
            first -= 1
        while last + 1 in plans and "continues" in plans[last + 1][1]:
            last += 1
        expected = plans[last][0].total
        for one in range(first, last):
            kept = plans[one + 1][1]["paid"]
            expected += sum(leg.amount for leg in plans[one][0].legs if leg.tender_id in kept)
        return _Debt(first, plans[first][0], tuple(range(first, last + 1)), expected)

    def _plans(self, case: str) -> Iterator[tuple[JournalEntry, RefundPlan]]:
        for entry in self._ledger.entries(case=case):
            if entry.kind is EntryKind.PLAN:
                yield entry, RefundPlan.model_validate(entry.facts["plan"])

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
