"""Goods of a return that has ended: recorded once, then refunded, sent back, or put away where they are paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from temporalio import activity

from activities.decisions.early import Early
from activities.people import check_person
from domain import early_ids, ids
from domain.carrier_claim import Answer
from domain.case import CaseSoFar
from domain.early import Settled
from domain.errors import Refused
from domain.inspection import units
from domain.late import Arrived, DecideLate, Late, LateGoods, over
from domain.model import Id, Model, UtcDatetime
from domain.money import Money
from domain.verbs import Verb
from ledger import UNITS, EntryKind, JournalEntry, NewEntry, Transfer, accounts
from ledger.deciding import decided
from ledger.moves import credit, goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class RecordLate(Model):
    """A box of a return that has ended."""

    goods: LateGoods
    now: UtcDatetime


class RecordDecided(Model):
    """What becomes of it."""

    goods: LateGoods
    decided: DecideLate
    now: UtcDatetime


class CreditLate(Model):
    """A return of which goods that came late, in one box, are judged."""

    case: Id
    order_id: Id
    receipt: Id
    now: UtcDatetime


class LateActivities(Early):
    """Moves units that nobody waited for any more; money only where none has gone back."""

    @activity.defn(no_thread_cancel_exception=True)
    def record_late(self, ask: RecordLate) -> Arrived:
        """Record the arrival once: its units wait to be put away or sent back.

        Raises Refused if who counted may not, the return is open, or it never was about so many units.
        """
        late = ask.goods
        key = ids.receipt_key(late.case, late.receipt.id)
        entry = self._ledger.find(key)
        if entry is None:
            check_person(self._people, late.receipt.received_by, Verb.RECEIVE)
            entry = decided(self._ledger, late.order_id, lambda: self._arrived(key, ask), key)
        if entry.kind is not EntryKind.LATE_RECEIPT:
            raise Refused("received_already", f"the box {late.receipt.id} was received while {late.case} was open")
        paid = bool(entry.facts["paid"])
        return Arrived(paid=paid, for_finance=self._for_finance(late.case) if paid else "")

    def _arrived(self, key: str, ask: RecordLate) -> NewEntry:
        late, came = ask.goods, units(ask.goods.receipt.lines)
        entries = tuple(self._ledger.entries(case=late.case))
        known, kept = case_so_far(entries), _kept(entries, late.order_id)
        if not over(known):
            raise Refused("open", f"return {late.case} still takes goods: `receive` them there")
        _check_expected(late.case, known, came)
        paid = all(kept[line] >= count for line, count in came.items())
        if not paid and known.plan is not None:
            text = f"the refund of return {late.case} is settled without these goods; start a new return for them"
            raise Refused("settled_without", f"{text}, or take the box in with `receive --unknown`")
        return NewEntry(
            key=key,
            kind=EntryKind.LATE_RECEIPT,
            order=late.order_id,
            case=late.case,
            actor=late.receipt.received_by,
            reasons=("paid_already",) if paid else ("not_paid",),
            at=ask.now,
            facts={"receipt": late.receipt.model_dump(mode="json", exclude_none=True), "paid": int(paid)},
            asked={"units": came},
            transfers=goods.came_late(key, late.case, late.order_id, came, kept=paid),
        )

    def _for_finance(self, case: str) -> str:
        """What was claimed for goods that are here after all; empty if nothing."""
        known = case_so_far(self._ledger.entries(case=case))
        claims = [one for one in known.claims if one.answer in (Answer.LOST, None)]
        told = [f"claim {one.reference} ({Money(minor=one.paid, currency=one.currency)} paid)" for one in claims]
        if told:
            return f"The lost parcel has come: tell the carrier of {', '.join(told)}, then say `noted`"
        if known.early_settled is Settled.PAID and known.early_end is not None and known.early is not None:
            owed = Money(minor=known.early_end.short, currency=known.early.currency)
            return f"The shopper has paid {owed} for goods that came after all: pay back what is theirs, then `noted`"
        return ""

    @activity.defn(no_thread_cancel_exception=True)
    def record_decided(self, ask: RecordDecided) -> Late:
        """Record what becomes of goods that nobody paid for; those that are sent back are the shopper's again.

        Raises Refused if whoever says so may not.
        """
        late = ask.goods
        key = early_ids.late_decided_key(late.case, late.receipt.id)
        entry = self._ledger.find(key)
        if entry is None:
            check_person(self._people, ask.decided.by, Verb.DECIDE_LATE)
            how, came = ask.decided.how, units(late.receipt.lines)
            back = goods.sent_back(key, late.case, late.order_id, came) if how is Late.SEND_BACK else ()
            entry = self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.LATE_DECIDED,
                    order=late.order_id,
                    case=late.case,
                    actor=ask.decided.by,
                    reasons=(how.value,),
                    at=ask.now,
                    facts={"how": how.value, "receipt": late.receipt.id},
                    asked={"how": how.value, "receipt": late.receipt.id},
                    transfers=back,
                )
            )
        return Late(entry.facts["how"])

    @activity.defn(no_thread_cancel_exception=True)
    def credit_late(self, ask: CreditLate) -> int:
        """What the shopper owed for goods that never came, and came: they owe as much less as the goods are worth, in
        minor units, box by box. What was paid or let go meanwhile is for people."""
        key = early_ids.late_credit_key(ask.case, ask.receipt)
        entry = self._ledger.find(key)
        if entry is None:
            known = self._known(ask.case)
            if known.early is None or known.early_end is None or known.early_settled in (Settled.PAID, Settled.WAIVED):
                return 0
            entry = decided(self._ledger, ask.order_id, lambda: self._credited(key, ask), key)
        return int(entry.facts["amount"])

    def _credited(self, key: str, ask: CreditLate) -> NewEntry:
        books, known = OrderBooks.read(self._ledger, self._snapshots, ask.order_id), self._known(ask.case)
        early, end = known.early, known.early_end
        assert early is not None  # else it was not asked for
        assert end is not None
        # Box by box would round each by itself; all that has come so far is worth what it is worth together.
        got = known.refunded + (known.plan.exchanged if known.plan else 0)
        amount = max(0, end.short - known.late_credit - max(0, got - self._worth(books, known, ask.case)))
        return NewEntry(
            key=key,
            kind=EntryKind.LATE_CREDIT,
            order=ask.order_id,
            case=ask.case,
            actor="rule:story",
            at=ask.now,
            facts={"amount": amount, "currency": early.currency, "customer": early.customer},
            transfers=credit.came_after_all(key, early.currency, early.customer, amount),
        )


def _kept(entries: Iterable[JournalEntry], order_id: str) -> Counter[str]:
    """Units by line whose money went back with this return without them, and which have not come since."""
    kept, found = accounts.kept(order_id), Counter[str]()
    for one in (one for entry in entries for one in entry.transfers if one.commodity == UNITS):
        if one.credit == kept:
            found[_line(one, one.debit)] += one.amount
        if one.debit == kept:
            found[_line(one, one.credit)] -= one.amount
    return found


def _line(one: Transfer, account: str) -> str:
    return account.split(":", 2)[2]


def _check_expected(case: str, known: CaseSoFar, came: Mapping[str, int]) -> None:
    """Raises Refused for units that the return was never about, or that came already."""
    expected = known.expected
    for line, count in came.items():
        if count > expected.get(line, 0):
            text = f"{count} of line {line} counted, but of return {case} {expected.get(line, 0)} could still come"
            raise Refused("more_than_expected", f"{text}; take the box in with `receive --unknown`")
