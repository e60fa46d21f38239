"""Settlements and late failures, recorded together with the credit notes that belong to them.

A plan has one note, issued with the settlement that completes it. When one of its refunds fails late, a second note
cancels the first; the settlement that completes the plan again issues a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from domain import ids
from domain.credit_note import PREFIX, CreditNote, credit_note, series_of
from domain.errors import Refused
from domain.plan import RefundPlan
from domain.refund import Refund, RefundIntention
from domain.stores import Snapshots
from ledger import NUMBERED, EntryKind, JournalEntry, Ledger, NewEntry
from ledger.deciding import decided
from ledger.frozen import frozen_order
from ledger.moves import money
from ledger.refunds import covered, intention_of, told, uncovered

_Entry = JournalEntry | NewEntry


class _Planned(NamedTuple):
    """A plan, and the facts of its entry."""

    plan: RefundPlan
    facts: Mapping[str, Any]


class _Debt(NamedTuple):
    """One plan with those that went on from it: all of them pay the same debt.

    `number` and `plan` are the first's; `expected` is what they pay together; `refunds`, by key, were settled and have
    not failed late; `note` is the one that is not cancelled.
    """

    number: int
    plan: RefundPlan
    expected: int
    refunds: dict[str, Refund]
    note: CreditNote | None


class CreditNotes:
    """Records what became of refunds; the numbers begin with `prefix`."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots, prefix: str = PREFIX) -> None:
        self._ledger = ledger
        self._snapshots = snapshots
        self._prefix = prefix

    def settle(
        self,
        entry: NewEntry,
        intention: RefundIntention,
        refund: Refund,
        check: Callable[[], object] = lambda: None,
    ) -> JournalEntry:
        """Record a settlement, with the plan's credit note if all of the plan is paid now.

        `check` raises what forbids it, and is asked on the same read of the order. Raises as `Ledger.append` does, but
        Unavailable instead of Stale: only if the order moves on all the time.
        """

        def decide() -> NewEntry:
            check()
            return self.noted(entry, intention, refund)

        return decided(self._ledger, intention.order_id, decide)

    def noted(self, entry: NewEntry, intention: RefundIntention, refund: Refund) -> NewEntry:
        """A settlement's entry, with the plan's credit note if all of the plan is paid with it."""
        debt = self._debt(intention.case, intention.plan)
        return self._noted(entry, debt._replace(refunds={**debt.refunds, refund.key: refund}))

    def planned(self, entry: NewEntry, plan: RefundPlan) -> NewEntry:
        """A plan's entry, with the credit note where no settlement follows that would issue it: fees took all, or what
        a plan before it left owed had gone back another way."""
        if plan.legs:
            return entry
        debt = self._debt(entry.case, plan.number, entry)
        return self._noted(entry, debt) if debt.plan.gross else entry

    def reverse(self, refund: Refund) -> JournalEntry:
        """Record that a refund which had succeeded failed late: its money is owed again, and the plan's note, if it has
        one, is cancelled by another.

        Raises Refused (`not_settled`) if the journal knows of no such success, else as `Ledger.append` does.
        """
        intention = intention_of(self._ledger, refund.key)
        if intention is None or self._ledger.find(ids.settled_key(refund.key)) is None:
            text = f"{refund.key} was never confirmed, so it cannot fail late; record its final no instead"
            raise Refused("not_settled", text)
        key = ids.reversed_key(intention.key)

        def decide() -> NewEntry:
            suspense = uncovered(self._ledger, intention.order_id, intention.currency)
            moves = money.failed_late(key, intention, suspense)
            entry = told(key, EntryKind.REFUND_REVERSED, intention, refund, moves)
            note = self._debt(intention.case, intention.plan).note
            return entry if note is None else issuing(entry, note.cancelled(refund.updated_at.date()), self._prefix)

        return decided(self._ledger, intention.order_id, decide)

    def _noted(self, entry: NewEntry, debt: _Debt) -> NewEntry:
        """The entry, with the debt's note if all of it is paid and it has none."""
        if debt.note is not None or sum(one.amount for one in debt.refunds.values()) < debt.expected:
            return entry
        order = frozen_order(self._ledger, self._snapshots, entry.order)
        if order is None:
            raise Refused("order_not_opened", f"order {entry.order} was never opened in the journal")
        refunds, day = tuple(debt.refunds.values()), entry.at.date()
        note = credit_note(order, debt.plan, refunds, case=entry.case, number=debt.number, issued_on=day)
        return issuing(entry, note, self._prefix)

    def _debt(self, case: str, number: int, *new: NewEntry) -> _Debt:
        """That of the n-th plan of a return, which may be `new`. Raises Refused if there is no such plan."""
        entries: list[_Entry] = [*self._ledger.entries(case=case), *new]
        plans = _plans(entries)
        if number not in plans:
            raise Refused("no_plan", f"return {case} has no plan {number} in the journal")
        first = last = number
        while "continues" in plans[first].facts:
            first -= 1
        while last + 1 in plans and "continues" in plans[last + 1].facts:
            last += 1
        expected = plans[last].plan.total
        for one in range(first, last):
            kept = plans[one + 1].facts["paid"]
            expected += sum(leg.amount for leg in plans[one].plan.legs if leg.tender_id in kept)
        expected -= sum(covered(one) for one in entries if _counts(one, plans, range(first, last + 1)))
        refunds = _standing(entries, tuple(ids.refunds_of(case, one) for one in range(first, last + 1)))
        notes = [note for note in map(issued_by, entries) if note and note.plan == first]
        stands = notes[-1] if notes and not notes[-1].cancels else None
        return _Debt(first, plans[first].plan, expected, refunds, stands)


def _plans(entries: Iterable[_Entry]) -> dict[int, _Planned]:
    """The plans of a return, by number."""
    told = (one.facts for one in entries if one.kind is EntryKind.PLAN)
    plans = (_Planned(RefundPlan.model_validate(facts["plan"]), facts) for facts in told)
    return {one.plan.number: one for one in plans}


def _counts(entry: _Entry, plans: Mapping[int, _Planned], numbers: range) -> bool:
    """Whether an entry is about a leg that is paid as its plan has it, rather than by a plan that goes on from it."""
    key = ids.refund_of(entry.facts["refund"]["key"]) if covered(entry) else None
    if key is None or key.plan not in numbers:
        return False
    return key.plan == numbers[-1] or key.tender in plans[key.plan + 1].facts["paid"]


def _standing(entries: Iterable[_Entry], keys: tuple[str, ...]) -> dict[str, Refund]:
    """Refunds whose keys begin so, that were settled and have not failed late."""
    found: dict[str, Refund] = {}
    for entry in entries:
        if entry.kind in (EntryKind.REFUND_SETTLED, EntryKind.REFUND_REVERSED):
            refund = Refund.model_validate(entry.facts["refund"])
            found.pop(refund.key, None)
            if entry.kind is EntryKind.REFUND_SETTLED and refund.key.startswith(keys):
                found[refund.key] = refund
    return found


def issuing(entry: NewEntry, note: CreditNote, prefix: str) -> NewEntry:
    """The same entry, which issues this note as the next of its shop's series."""
    facts = {**entry.facts, NUMBERED: note.fact()}
    return entry.model_copy(update={"facts": facts, "series": series_of(prefix, note.shop)})


def issued_by(entry: _Entry) -> CreditNote | None:
    """The note that an entry issued, if any."""
    return CreditNote.model_validate(entry.facts[NUMBERED]) if NUMBERED in entry.facts else None
