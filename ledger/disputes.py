"""Disputes: the shopper's bank asks a payment back. An open one stops what is not yet submitted of that payment.

News of them come late, twice and in any order, so each word counts by when the bank said it: in the end the newest end
holds, and the newest appeal where it came after that end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from domain import ids
from domain.news import DISPUTE_APPEALED, DISPUTE_LOST, DISPUTE_WON, DisputeNews
from domain.order import EarlierRefund
from domain.refund import RefundIntention
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.deciding import decided
from ledger.facts import PROVIDER, Facts

_DECISIONS = (EntryKind.REFUND_SETTLED, EntryKind.REFUND_FAILED)

Says = Literal["opened", "appealed", "won", "lost"]


_RANK: Mapping[Says, int] = {"opened": 0, "won": 1, "lost": 2, "appealed": 3}
"""The order of words of one second: an appeal is against an end, and an end is of what was opened. Where both ends are
told at once, the money counts as gone: what is paid back twice does not come back by itself."""


class Word(NamedTuple):
    """What was told of a dispute. Times are whole seconds; within one the order is that of `_RANK`, whichever came
    first here."""

    at: datetime
    rank: int
    seq: int
    says: Says
    event: str
    entry: JournalEntry


class Dispute(NamedTuple):
    """A dispute as the journal knows it."""

    words: tuple[Word, ...]

    @property
    def end(self) -> Word | None:
        """The newest word by which it was won or lost."""
        return max((one for one in self.words if one.says in ("won", "lost")), default=None)

    @property
    def appeal(self) -> Word | None:
        """The newest appeal, if no end came after it."""
        newest, end = max((one for one in self.words if one.says == "appealed"), default=None), self.end
        return None if newest and end and end > newest else newest

    @property
    def is_lost(self) -> bool:
        """Whether the bank has the money; an appeal can only bring it back."""
        return self.end is not None and self.end.says == "lost"

    @property
    def takes(self) -> bool:
        """Whether it may still take the money."""
        return bool(self.words) and not self.is_lost and (self.end is None or self.appeal is not None)

    def recorded(self, news: DisputeNews) -> Word | None:
        """This very word, if it was told before."""
        said = (says(news.status), news.at)
        return next((one for one in self.words if (one.says, one.at) == said and one.event in ("", news.event)), None)


def _is_older(news: DisputeNews, than: Word | None) -> bool:
    """Whether a word came before one that is known, by the bank's time."""
    return than is not None and (news.at, _RANK[says(news.status)]) < (than.at, than.rank)


class _NothingNew(Exception):
    """The word changes nothing, and need not be kept."""


class Disputes:
    """Records how disputes stand. Every method gives None for a word that changes nothing."""

    def __init__(self, ledger: Ledger, facts: Facts) -> None:
        self._ledger = ledger
        self._facts = facts

    def opened(self, order_id: str, news: DisputeNews, now: datetime) -> JournalEntry | None:
        """Record that it was opened, or opened again by an appeal, and which refunds of the payment were submitted and
        not decided."""
        decide = self._appealed if says(news.status) == "appealed" else self._opened
        return self._decided(order_id, news, lambda known: decide(order_id, known, news, now))

    def _opened(self, order_id: str, known: Dispute, news: DisputeNews, now: datetime) -> NewEntry | JournalEntry:
        """Whatever else is known came later: a dispute is opened once."""
        if not known.words:
            return self._opening(ids.disputed_key(news.dispute), order_id, news, now)
        first = known.recorded(news)
        if first is None or {one.says for one in known.words} != {"opened"}:
            raise _NothingNew
        return first.entry

    def _appealed(self, order_id: str, known: Dispute, news: DisputeNews, now: datetime) -> NewEntry | JournalEntry:
        if known.recorded(news) and known.appeal:
            return _of_kind(known, news, EntryKind.DISPUTE_OPENED)
        if known.recorded(news) or _is_older(news, known.end):
            raise _NothingNew
        if known.appeal:
            return _newer(order_id, known, known.appeal, news, now)
        number = sum(one.says == "appealed" for one in known.words)
        return self._opening(_numbered(ids.appealed_key(news.dispute), number + 1), order_id, news, now)

    def _opening(self, key: str, order_id: str, news: DisputeNews, now: datetime) -> NewEntry:
        told = news.model_dump(
            mode="json", include={"dispute", "payment", "amount", "currency", "reason", "due", "event", "at"}
        )
        entries = self._ledger.entries(order=order_id)
        return NewEntry(
            key=key,
            kind=EntryKind.DISPUTE_OPENED,
            order=order_id,
            actor=PROVIDER,
            reasons=(news.reason,) if news.reason else (),
            at=now,
            facts={"dispute": {**told, "due": told["due"] or ""}, "submitted": undecided(entries, news.payment)},
            asked={"order": order_id, "payment": news.payment},
        )

    def won(self, order_id: str, news: DisputeNews, now: datetime) -> JournalEntry | None:
        """Record that it was won; money that had been taken as lost comes back."""
        known = dispute(self._ledger, order_id, news.dispute)
        if known.is_lost and not _is_older(news, known.end) and not known.recorded(news):
            self._facts.came_back(last_loss(self._ledger, news.dispute), PROVIDER, now)
        return self._decided(order_id, news, lambda known: self._won(order_id, known, news, now))

    def _won(self, order_id: str, known: Dispute, news: DisputeNews, now: datetime) -> NewEntry | JournalEntry:
        if known.recorded(news) and not known.is_lost:
            return _of_kind(known, news, EntryKind.DISPUTE_WON)
        if known.recorded(news) or _is_older(news, known.end):
            raise _NothingNew
        if known.end and known.end.says == "won" and known.appeal is None:
            return _newer(order_id, known, known.end, news, now)
        number = sum(one.entry.kind is EntryKind.DISPUTE_WON for one in known.words)
        return NewEntry(
            key=_numbered(ids.dispute_won_key(news.dispute), number + 1),
            kind=EntryKind.DISPUTE_WON,
            order=order_id,
            actor=PROVIDER,
            at=now,
            facts=_told(news),
            asked={"order": order_id, "payment": news.payment},
        )

    def lost(self, order_id: str, news: DisputeNews, now: datetime) -> JournalEntry | None:
        """Record that the bank has taken the money. Raises as `Facts.refunded_elsewhere` does; KeyConflict where a
        person has entered it otherwise."""
        known, name = dispute(self._ledger, order_id, news.dispute), loss_name(self._ledger, news.dispute)
        stands = self._ledger.find(ids.elsewhere_key(name))
        if stands is None and known.end and (known.recorded(news) or _is_older(news, known.end)):
            return None
        try:
            if stands is not None and stands.actor == PROVIDER:
                return stands if _at_of(stands) == news.at else None
            taken = EarlierRefund(id=name, at=news.at, money={news.payment: news.amount})
            return self._facts.refunded_elsewhere(order_id, taken, PROVIDER, now, EntryKind.DISPUTE_LOST)
        finally:
            self._decided(order_id, news, lambda known: _remembered(order_id, known, news, now))

    def _decided(
        self, order_id: str, news: DisputeNews, decide: Callable[[Dispute], NewEntry | JournalEntry]
    ) -> JournalEntry | None:
        try:
            entry = decided(self._ledger, order_id, lambda: decide(dispute(self._ledger, order_id, news.dispute)))
        except _NothingNew:
            return None
        return None if entry.kind is EntryKind.DISPUTE_TOLD else entry


def _of_kind(known: Dispute, news: DisputeNews, kind: EntryKind) -> JournalEntry:
    word = known.recorded(news)
    if word is None or word.entry.kind is not kind:
        raise _NothingNew
    return word.entry


def _remembered(order_id: str, known: Dispute, news: DisputeNews, now: datetime) -> NewEntry:
    if not known.is_lost or known.end is None:
        raise _NothingNew
    return _newer(order_id, known, known.end, news, now)


def _newer(order_id: str, known: Dispute, before: Word, news: DisputeNews, now: datetime) -> NewEntry:
    """The same once more, later: nothing moves, but what is told of the time between counts no more."""
    if news.at <= before.at:
        raise _NothingNew
    number = sum(one.entry.kind is EntryKind.DISPUTE_TOLD for one in known.words)
    return NewEntry(
        key=ids.dispute_told_key(news.dispute, number + 1),
        kind=EntryKind.DISPUTE_TOLD,
        order=order_id,
        actor=PROVIDER,
        at=now,
        facts={**_told(news), "says": says(news.status)},
        asked={"order": order_id, "payment": news.payment, "says": says(news.status), "at": news.at.isoformat()},
    )


def _told(news: DisputeNews) -> dict[str, str]:
    return {
        "dispute": news.dispute, "payment": news.payment, "told_at": news.at.isoformat(), "event": news.event
    }  # fmt: skip


def _numbered(key: str, number: int) -> str:
    return key if number == 1 else f"{key}.{number}"


def says(status: str) -> Says:
    """The provider's word for a dispute's status as one of four; a word that is not known means that it is open."""
    if status in DISPUTE_APPEALED:
        return "appealed"
    return "won" if status in DISPUTE_WON else "lost" if status in DISPUTE_LOST else "opened"


def dispute(ledger: Ledger, order_id: str, name: str) -> Dispute:
    """All that was told of one."""
    return told_of(ledger.entries(order=order_id), name)


def told_of(entries: Iterable[JournalEntry], name: str) -> Dispute:
    """The same, among all entries of its order."""
    return Dispute(tuple(one for entry in entries for one in _words(entry, name)))


def _words(entry: JournalEntry, name: str) -> Iterator[Word]:
    told = entry.facts
    match entry.kind:
        case EntryKind.DISPUTE_OPENED if told["dispute"]["dispute"] == name:
            kind: Says = "appealed" if entry.key.startswith(ids.appealed_key("")) else "opened"
            at = told["dispute"].get("at") or entry.at.isoformat()
            yield Word(datetime.fromisoformat(at), _RANK[kind], entry.seq, kind, told["dispute"]["event"], entry)
        case EntryKind.DISPUTE_WON | EntryKind.DISPUTE_TOLD if told["dispute"] == name:
            at = told.get("told_at") or entry.at.isoformat()
            said: Says = told.get("says", "won")
            yield Word(datetime.fromisoformat(at), _RANK[said], entry.seq, said, told.get("event", ""), entry)
        case EntryKind.DISPUTE_LOST if _is_loss(ids.elsewhere_key(name), entry.key):
            yield Word(_at_of(entry), _RANK["lost"], entry.seq, "lost", "", entry)
        case EntryKind.REFUND_REVERSED if "fact" in told and entry.actor != PROVIDER:  # by a person: it was won
            if _is_loss(ids.elsewhere_key(name), told["fact"]):
                yield Word(entry.at, _RANK["won"], entry.seq, "won", "", entry)


def _at_of(loss: JournalEntry) -> datetime:
    return EarlierRefund.model_validate(loss.facts["refund"]).at


def _is_loss(first: str, key: str) -> bool:
    """Whether a key is that of a dispute's first loss, or of a later one (`elsewhere:dp_1.2`)."""
    return key == first or re.fullmatch(rf"{re.escape(first)}\.[0-9]+", key) is not None


def last_loss(ledger: Ledger, name: str) -> str:
    """Under which name a dispute's newest loss is recorded, or its first will be: what is lost again is `dp_1.2`."""
    number = 1
    while ledger.find(ids.elsewhere_key(_numbered(name, number + 1))):
        number += 1
    return _numbered(name, number)


def loss_name(ledger: Ledger, name: str) -> str:
    """The same of the loss that stands, or of the next one."""
    last = last_loss(ledger, name)
    if ledger.find(ids.reversed_key(ids.elsewhere_key(last))) is None:
        return last
    return _numbered(name, int(last.removeprefix(name).removeprefix(".") or 1) + 1)


def open_disputes(ledger: Ledger, order_id: str, payment: str | None) -> list[str]:
    """The ids of the disputes of a payment, or of any of the order's, that may still take its money."""
    found = (one for one in ledger.entries(order=order_id) if one.kind is EntryKind.DISPUTE_OPENED)
    told = (one.facts["dispute"] for one in found)
    named = [str(one["dispute"]) for one in told if payment in (None, one["payment"])]
    return [one for one in dict.fromkeys(named) if dispute(ledger, order_id, one).takes]


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
