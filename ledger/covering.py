"""What closed returns are still owed, while their order's payments gave more elsewhere than the order had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain import ids
from domain.refund import FINAL_NO, Refund
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, accounts
from ledger.deciding import decided
from ledger.moves import facts
from ledger.recall import case_so_far
from ledger.refunds import covered, uncovered

COVERING = "rule:cover"
"""Who records it: nobody decides it."""

PAID_ELSEWHERE = "paid_elsewhere"
"""Reason of what is not owed any more, because the same money went back another way."""


CAME_BACK = "came_back"
"""Reason of what is owed again, because the money that had gone another way came back."""


def cover(ledger: Ledger, order_id: str, currency: str, now: datetime) -> None:
    """A refund that failed after its return had closed stays owed; if more went back elsewhere than the order had, that
    was its money: what is owed covers the suspense, and is not owed any more, until what went elsewhere comes back. An
    open return sees to it by planning anew."""
    stands = ledger.balance(accounts.suspense(order_id), currency).posted
    if not stands:
        return
    decide = _cover if stands < 0 else _uncover
    for failed in list(_failed(ledger, order_id)):
        decided(ledger, order_id, lambda failed=failed: decide(ledger, order_id, failed, now))  # type: ignore[misc]  # a lambda's default has no type


def _cover(ledger: Ledger, order_id: str, failed: Refund, now: datetime) -> NewEntry | JournalEntry:
    case, entries = ids.case_in(failed.key), list(ledger.entries(order=order_id))
    owed = ledger.balance(accounts.owed(case), failed.currency).available
    left = failed.amount - sum(covered(one) for one in entries if _is_about(one, failed))
    amount = min(uncovered(ledger, order_id, failed.currency), owed, left)
    return _moved(entries, failed, amount, PAID_ELSEWHERE, now) if amount > 0 else entries[-1]


def _uncover(ledger: Ledger, order_id: str, failed: Refund, now: datetime) -> NewEntry | JournalEntry:
    entries, leg = list(ledger.entries(order=order_id)), failed.key.rpartition(":")[0]
    took = sum(covered(one) for one in entries if covered(one) and one.facts["refund"]["key"].startswith(f"{leg}:"))
    amount = min(ledger.balance(accounts.suspense(order_id), failed.currency).posted, took)
    return _moved(entries, failed, -amount, CAME_BACK, now) if amount > 0 else entries[-1]


def owed_again(entries: Iterable[JournalEntry], since: JournalEntry) -> str:
    """The key of the refund of which something is owed again because of an entry, among those of its order; or ""."""
    found = (one for one in entries if one.seq > since.seq and one.actor == COVERING and CAME_BACK in one.reasons)
    return next((str(one.facts["refund"]["key"]) for one in found), "")


def _moved(entries: list[JournalEntry], failed: Refund, amount: int, why: str, now: datetime) -> NewEntry:
    """From what is owed to the suspense; below zero the other way."""
    order_id, case = entries[-1].order, ids.case_in(failed.key)
    key, account = ids.cleared_key(order_id, entries[-1].seq), accounts.owed(case)
    return NewEntry(
        key=key,
        kind=EntryKind.CLEARED,
        order=order_id,
        case=case,
        actor=COVERING,
        reasons=(why,),
        at=now,
        facts={
            "account": account,
            "amount": amount,
            "currency": failed.currency,
            "refund": failed.model_dump(mode="json"),
        },
        asked={"order": order_id, "account": account, "amount": amount},
        transfers=facts.cleared(key, order_id, failed.currency, account, amount),
    )


def _failed(ledger: Ledger, order_id: str) -> Iterator[Refund]:
    """The last attempt at each leg of the order's closed returns that will not be paid any more."""
    closed = [one.case for one in ledger.entries(order=order_id) if one.kind is EntryKind.CLOSED]
    for case in closed:
        last = {one.key.rpartition(":")[0]: one for one in case_so_far(ledger.entries(case=case)).refunds}
        yield from (one for one in last.values() if one.status in FINAL_NO)


def _is_about(entry: JournalEntry, refund: Refund) -> bool:
    return bool(covered(entry)) and entry.facts["refund"]["key"] == refund.key
