"""A refund made elsewhere that was the payment of what a return was owed: it becomes an attempt of that return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain import ids
from domain.errors import InvalidRequest, Refused
from domain.money import Money
from domain.order import EarlierRefund
from domain.refund import FINAL_NO, Refund, RefundIntention, RefundStatus
from domain.stores import Snapshots
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, accounts
from ledger.credit_notes import CreditNotes
from ledger.deciding import decided
from ledger.moves import facts, transfers
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far
from ledger.refunds import intention_of

PAID_OUTSIDE = "paid_outside"
"""Reason of an attempt that somebody made outside: the money had not been asked for under a key of ours."""


class PaidOutside:
    """Books a refund made elsewhere against what a return is owed, instead of against what its order still had."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots, credit_notes: CreditNotes) -> None:
        self._ledger = ledger
        self._snapshots = snapshots
        self._credit_notes = credit_notes

    def record(self, case: str, refund_id: str, actor: str, now: datetime) -> JournalEntry:
        """One entry: the order has again what the fact took of it, and the return is paid. Said again, the same entry.

        Raises InvalidRequest where no such refund is entered, and Refused where it cannot have paid this return.
        """
        fact = self._ledger.find(ids.elsewhere_key(refund_id))
        if fact is None or fact.kind is not EntryKind.REFUND_ELSEWHERE:
            raise InvalidRequest("id", f"no refund {refund_id} made elsewhere is entered; see `starter.py refunds`")
        if paid := paid_with(self._ledger.entries(order=fact.order), refund_id):
            if paid.case == case:
                return paid
            raise Refused("paid_return", f"{refund_id} has paid return {paid.case} already")
        return decided(self._ledger, fact.order, lambda: self._paid(case, fact, actor, now))

    def _paid(self, case: str, fact: JournalEntry, actor: str, now: datetime) -> NewEntry:
        told = EarlierRefund.model_validate(fact.facts["refund"])
        failed = self._failed(case, fact, told)
        books = OrderBooks.read(self._ledger, self._snapshots, fact.order)
        owed = _check_owed(self._ledger, failed, told)
        before = intention_of(self._ledger, failed.key)
        assert before is not None  # it has failed, so it was asked for
        amount, number = told.money[failed.payment], before.attempt + 1
        new = {"attempt": number, "amount": amount, "instead": "", "paid_by": "provider"}
        attempt = ids.refund_key(case, before.plan, before.payment, number)
        intention = before.model_copy(update={"key": attempt, **new})
        key = ids.settled_key(attempt)
        plans, voids = books.withdrawing(key, books.unsubmitted())
        after = books.history(without=[fact.key, *plans])
        paid = transfers(f"{key}/owed", intention.currency, [(accounts.owed(case), _into(failed), owed)])
        money = {failed.payment: -owed}
        back = facts.elsewhere(key, books.order_without(plans), money, books.free(voids), after)
        refund = intention.refund(RefundStatus.SUCCEEDED, now, told.id, reason=PAID_OUTSIDE)
        entry = _entry(key, fact, intention, refund, actor)
        whole = {"transfers": (*voids, *back, *paid), "facts": {**entry.facts, "withdrawn": plans}}
        return self._credit_notes.noted(entry.model_copy(update=whole), intention, refund)

    def _failed(self, case: str, fact: JournalEntry, told: EarlierRefund) -> Refund:
        """The attempt that it stands for: the newest at its payment, which failed."""
        if self._ledger.find(ids.reversed_key(fact.key)) is not None:
            raise Refused("came_back", f"{told.id} came back, so it paid nothing")
        if told.lines:
            raise Refused("other_units", f"{told.id} was entered for units of its own, so it did not pay return {case}")
        entries = list(self._ledger.entries(case=case))
        if not entries or entries[0].order != fact.order:
            raise Refused("other_order", f"{told.id} is of order {fact.order}, which has no return {case}")
        newest = {one.payment: one for one in case_so_far(entries).refunds}
        found = [one for one in newest.values() if one.status in FINAL_NO and set(told.money) == {one.payment}]
        if not found:
            text = f"no refund of return {case} to {', '.join(told.money)} has failed, so {told.id} is another one"
            raise Refused("nothing_failed", text)
        return found[0]


def _into(failed: Refund) -> str:
    return accounts.tender(failed.payment)


def _check_owed(ledger: Ledger, failed: Refund, told: EarlierRefund) -> int:
    """What is owed of an attempt that failed; Refused unless the refund is as much, or as much as the attempt was."""
    case, amount = ids.case_in(failed.key), told.money[failed.payment]
    owed = min(failed.amount, ledger.balance(accounts.owed(case), failed.currency).available)
    if owed <= 0:
        raise Refused("nothing_owed", f"return {case} is owed nothing to {failed.payment} any more")
    if amount not in (owed, failed.amount):
        said, wanted = (Money(minor=one, currency=failed.currency) for one in (amount, owed))
        text = f"{told.id} is {said}, but {wanted} is owed: only a refund of as much can have paid it"
        raise Refused("other_amount", text)
    return owed


def _entry(key: str, fact: JournalEntry, intention: RefundIntention, refund: Refund, actor: str) -> NewEntry:
    return NewEntry(
        key=key,
        kind=EntryKind.REFUND_SETTLED,
        order=intention.order_id,
        case=intention.case,
        actor=actor,
        reasons=(PAID_OUTSIDE,),
        at=refund.updated_at,
        facts={
            "refund": refund.model_dump(mode="json"),
            "intention": intention.model_dump(mode="json"),
            "fact": fact.key,
        },
        asked={"fact": fact.key},
    )


def paid_with(entries: Iterable[JournalEntry], refund_id: str) -> JournalEntry | None:
    """The entry by which a refund made elsewhere paid a return, among the entries of its order; None if none did."""
    key = ids.elsewhere_key(refund_id)
    return next((one for one in entries if _takes(one, key)), None)


def _takes(entry: JournalEntry, fact: str) -> bool:
    return entry.kind is EntryKind.REFUND_SETTLED and entry.facts.get("fact") == fact


def may_have_paid(ledger: Ledger, order_id: str, failed: Refund, owed: int) -> tuple[str, ...]:
    """The ids of refunds made elsewhere since an attempt that could be its payment: as much, and of the same payment.
    News come in any order, so one may be heard of before the failure."""
    entries = list(ledger.entries(order=order_id))
    names = (failed.key, ids.settled_key(failed.key))
    since = next((one.seq for one in entries if one.key in names), 0)
    return tuple(one.id for one in _standing(entries, since) if one.money.get(failed.payment) in (owed, failed.amount))


def _standing(entries: list[JournalEntry], since: int) -> Iterator[EarlierRefund]:
    gone = {one.facts["fact"] for one in entries if "fact" in one.facts}
    for one in entries:
        if one.seq > since and one.kind is EntryKind.REFUND_ELSEWHERE and one.key not in gone:
            yield EarlierRefund.model_validate(one.facts["refund"])
