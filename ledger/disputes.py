"""Disputes: the shopper's bank asks a payment back. An open one stops what is not yet submitted of that payment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain import ids
from domain.news import DISPUTE_APPEALED, DisputeNews
from domain.order import EarlierRefund
from domain.refund import RefundIntention
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.facts import Facts

_DECISIONS = (EntryKind.REFUND_SETTLED, EntryKind.REFUND_FAILED)


class Disputes:
    """Records how disputes stand. Each by the provider's id of it; its end counts whatever came before."""

    def __init__(self, ledger: Ledger, facts: Facts) -> None:
        self._ledger = ledger
        self._facts = facts

    def opened(self, order_id: str, news: DisputeNews, now: datetime) -> JournalEntry:
        """Record that it was opened, or opened again by an appeal, and which refunds of the payment were submitted and
        not decided."""
        appealed = news.status in DISPUTE_APPEALED
        key = ids.appealed_key(news.dispute) if appealed else ids.disputed_key(news.dispute)
        told = news.model_dump(
            mode="json", include={"dispute", "payment", "amount", "currency", "reason", "due", "event"}
        )
        entries = self._ledger.entries(order=order_id)
        return self._ledger.find(key) or self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.DISPUTE_OPENED,
                order=order_id,
                actor="provider",
                reasons=(news.reason,) if news.reason else (),
                at=now,
                facts={"dispute": {**told, "due": told["due"] or ""}, "submitted": undecided(entries, news.payment)},
                asked={"order": order_id, "payment": news.payment},
            )
        )

    def won(self, order_id: str, news: DisputeNews, now: datetime) -> JournalEntry | None:
        """Record that it was won; money that had been taken as lost comes back. None for a word from before the loss
        that is recorded."""
        appealed = self._ledger.find(ids.appealed_key(news.dispute))
        key = ids.appeal_won_key(news.dispute) if appealed else ids.dispute_won_key(news.dispute)
        name = last_loss(self._ledger, news.dispute)
        if (lost := self._ledger.find(ids.elsewhere_key(name))) is not None:
            if news.at < EarlierRefund.model_validate(lost.facts["refund"]).at:
                return None
            self._facts.came_back(name, "provider", now)
            # Each loss that was won back has an end of its own.
            key += name.removeprefix(news.dispute)
        return self._ledger.find(key) or self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.DISPUTE_WON,
                order=order_id,
                actor="provider",
                at=now,
                facts={"dispute": news.dispute, "payment": news.payment, "told_at": news.at.isoformat()},
                asked={"order": order_id, "payment": news.payment},
            )
        )

    def lost(self, order_id: str, news: DisputeNews, now: datetime) -> JournalEntry | None:
        """Record that the bank has taken the money; None for a word from before the win that is recorded.

        Raises as `Facts.refunded_elsewhere` does.
        """
        name = last_loss(self._ledger, news.dispute)
        entries = self._ledger.entries(order=order_id)
        won = [one for one in entries if one.kind is EntryKind.DISPUTE_WON and one.facts["dispute"] == news.dispute]
        before = self._ledger.find(ids.elsewhere_key(name))
        back = self._ledger.find(ids.reversed_key(ids.elsewhere_key(name)))
        if before is None or back is not None:
            told = [datetime.fromisoformat(str(one.facts.get("told_at", one.at.isoformat()))) for one in won]
            told += [EarlierRefund.model_validate(before.facts["refund"]).at] if before else []
            if told and news.at <= max(told):
                return None
            name = _next(news.dispute, name) if before else name
        taken = EarlierRefund(id=name, at=news.at, money={news.payment: news.amount})
        return self._facts.refunded_elsewhere(order_id, taken, "provider", now, EntryKind.DISPUTE_LOST)


def last_loss(ledger: Ledger, dispute: str) -> str:
    """Under which name its newest loss is recorded, or its first will be: what is lost again is `dp_1.2`."""
    name = dispute
    while ledger.find(ids.elsewhere_key(after := _next(dispute, name))):
        name = after
    return name


def _next(dispute: str, name: str) -> str:
    return f"{dispute}.{int(name.removeprefix(dispute).removeprefix('.') or 1) + 1}"


def open_disputes(ledger: Ledger, order_id: str, payment: str) -> list[str]:
    """The ids of the disputes of a payment that have not ended."""
    found = (one for one in ledger.entries(order=order_id) if one.kind is EntryKind.DISPUTE_OPENED)
    named = [str(one.facts["dispute"]["dispute"]) for one in found if one.facts["dispute"]["payment"] == payment]
    return [one for one in dict.fromkeys(named) if not has_ended(ledger, one)]


def has_ended(ledger: Ledger, dispute: str) -> bool:
    """Whether a dispute was won or lost, and no appeal is open that may still take the money.

    What was lost has left the payment already: an appeal can only bring it back, so nothing waits for that.
    """
    lost = ids.elsewhere_key(dispute)
    if ledger.find(lost) and not ledger.find(ids.reversed_key(lost)):
        return True
    appealed = ledger.find(ids.appealed_key(dispute))
    return ledger.find(ids.appeal_won_key(dispute) if appealed else ids.dispute_won_key(dispute)) is not None


def undecided(entries: Iterable[JournalEntry], payment: str) -> list[str]:
    """The keys of refunds of a payment that were submitted and have no final word, among entries of its order."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry.kind is EntryKind.REFUND_SUBMITTED:
            intention = RefundIntention.model_validate(entry.facts["intention"])
            if intention.payment == payment:
                found[intention.key] = None
        elif entry.kind in _DECISIONS:
            found.pop(entry.facts["refund"]["key"], None)
    return list(found)
