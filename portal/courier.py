"""Where each event goes: to the return that it is about, to aftercare if there is none (any more), or nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from domain import ids
from domain.errors import Refused, Unavailable
from domain.inbox import InboxRow, InboxState, MailNews
from domain.model import Model
from domain.news import (
    DISPUTE_APPEALED,
    DISPUTE_LOST,
    DISPUTE_WON,
    DisputeNews,
    LateFact,
    News,
    PaymentNews,
    RefundNews,
)
from domain.notice import NOT_WELL
from domain.parcel import Scan, of_one_parcel
from domain.refund import FINAL_NO
from domain.stores import Outbox, OutboxRow, Parcels
from ledger import EntryKind, Ledger, NewEntry

CLOSED, NOT_FOUND = "closed", "not_found"
"""Codes of Refused: the return has ended; Temporal knows no such return (any more)."""
_TOO_EARLY = ("not_decided",)
"""Codes by which a return says that it will take the same message soon."""


class Delivery(Protocol):
    """The running returns. Every method raises Unavailable if the same call may do better later."""

    async def tell(self, case: str, verb: str, said: Model, update_id: str) -> None:
        """Tell a return; the same id counts once. Raises Refused, with the codes above or the return's own."""

    async def start_aftercare(self, workflow_id: str, fact: LateFact) -> None:
        """Have somebody look after a late fact; if that was started before under this id, nothing happens."""


class Sent(NamedTuple):
    """What became of an event: its state, where it went, and why it went nowhere."""

    state: InboxState
    target: str = ""
    error: str = ""


class Courier:
    """Takes events where they belong. The database is asked in threads: it may have to wait."""

    def __init__(self, delivery: Delivery, ledger: Ledger, parcels: Parcels, outbox: Outbox) -> None:
        self._delivery = delivery
        self._ledger = ledger
        self._parcels = parcels
        self._outbox = outbox

    async def send(self, row: InboxRow) -> Sent:
        """Take one event where it belongs. Raises Unavailable if it has to be tried again."""
        # An update that was taken and then refused would be answered so for ever; asked for again, it has another id.
        update_id = f"{row.event}:{row.asked}" if row.asked else row.event
        match row.told:
            case None:
                return Sent(InboxState.UNREADABLE, error=row.fault)
            case MailNews() as told:
                return await asyncio.to_thread(self._mail, told)
            case RefundNews() | DisputeNews() | PaymentNews() as told:
                return await self._news(told, update_id)
            case told:
                return await self._scan(told.scan, update_id)

    async def _news(self, news: News, update_id: str) -> Sent:
        case, order = await asyncio.to_thread(self._whose, news)
        if order is None:
            return Sent(InboxState.OUTSIDE, error=f"No known order was paid with {news.payment}.")
        if case:
            try:
                await self._tell(case, "record_news", news, update_id)
                return Sent(InboxState.DELIVERED, ids.workflow_id(case))
            except Refused as no:
                if no.code not in (CLOSED, NOT_FOUND):
                    return Sent(InboxState.REFUSED, ids.workflow_id(case), no.message)
        if known := await asyncio.to_thread(self._recorded, news):
            return Sent(InboxState.DELIVERED, known)
        appealed = await asyncio.to_thread(self._was_appealed, news)
        workflow_id = ids.aftercare_id(case or order, fact_of(news, appealed=appealed))
        await self._delivery.start_aftercare(workflow_id, LateFact(case=case, order_id=order, news=news))
        if isinstance(news, DisputeNews):
            await self._warn(order, news, update_id)
        return Sent(InboxState.DELIVERED, workflow_id)

    async def _warn(self, order: str, news: DisputeNews, update_id: str) -> None:
        """Aftercare looks after a dispute; the order's open returns hear of it, so that they pay nothing meanwhile."""
        for case in await asyncio.to_thread(self._open_returns, order):
            try:
                await self._tell(case, "record_news", news, update_id)
            except Refused:
                continue

    async def _scan(self, scan: Scan, update_id: str) -> Sent:
        """To each return with goods in the parcel; those that have ended are left in peace."""
        ties = of_one_parcel(await asyncio.to_thread(self._parcels.ties, scan.tracking_number))
        if not ties:
            return Sent(InboxState.OUTSIDE, error=f"No return has a parcel {scan.tracking_number}.")
        sent = await asyncio.gather(*(self._scan_to(one.case, scan, update_id) for one in ties), return_exceptions=True)
        # All were asked before one of them has this tried again; who took it takes it as the same then.
        for one in sent:
            if isinstance(one, BaseException):
                raise one
        return _together([one for one in sent if isinstance(one, Sent)])

    async def _scan_to(self, case: str, scan: Scan, update_id: str) -> Sent:
        target = ids.workflow_id(case)
        try:
            await self._tell(case, "record_scan", scan, update_id)
        except Refused as no:
            # A parcel is often seen once more after its return has ended; nothing hangs on that.
            state = InboxState.OUTSIDE if no.code in (CLOSED, NOT_FOUND) else InboxState.REFUSED
            return Sent(state, target, no.message)
        return Sent(InboxState.DELIVERED, target)

    async def _tell(self, case: str, verb: str, said: Model, update_id: str) -> None:
        try:
            await self._delivery.tell(case, verb, said, update_id)
        except Refused as no:
            if no.code in _TOO_EARLY:
                raise Unavailable(no.message) from None
            raise

    def _mail(self, news: MailNews) -> Sent:
        row = self._outbox.get(news.key)
        if row is None:
            return Sent(InboxState.OUTSIDE, error="We sent no mail with this key.")
        self._outbox.finish(news.key, news.state, news.message_id)
        if news.state in NOT_WELL:
            self._record(row, news)
        return Sent(InboxState.DELIVERED, news.key)

    def _record(self, row: OutboxRow, news: MailNews) -> None:
        """What was recorded of the mail when it was sent stays as it was: this is a fact of its own."""
        first = next(iter(self._ledger.entries(case=row.case)), None)
        self._ledger.append(
            NewEntry(
                key=ids.notice_failed_key(news.key, news.state),
                kind=EntryKind.NOTICE_FAILED,
                order=first.order if first else "",
                case=row.case,
                actor="mail",
                at=news.at,
                facts={"notice": row.kind, "state": news.state.value, "message_id": news.message_id},
                asked={"key": news.key, "state": news.state.value},
            )
        )

    def _whose(self, news: News) -> tuple[str, str | None]:
        """The return and the order that news are about; an order alone has no return, and without an order nobody here
        knows of it."""
        case = _named_by(news)
        recorded = next(iter(self._ledger.entries(case=case)), None) if case else None
        if recorded is not None:
            return case, recorded.order
        order = self._ledger.order_of(news.payment)
        if order is None and not isinstance(news, PaymentNews) and news.charge:
            order = self._ledger.order_of(news.charge)
        return "", order

    def _recorded(self, news: News) -> str:
        """The journal's entry that says as much as late news of a refund of ours; empty if a person may be needed.

        The word on a refund often comes once more after its return has ended by it. A late failure is recorded before
        anybody acts on it, so its entry does not tell that somebody did: aftercare looks, and ends if nothing is owed.
        """
        if not isinstance(news, RefundNews) or ids.refund_of(news.key) is None or news.arn:
            return ""
        said = ids.failed_key(news.key) if news.status in FINAL_NO else ids.settled_key(news.key)
        return said if self._ledger.find(said) else ""

    def _was_appealed(self, news: News) -> bool:
        return isinstance(news, DisputeNews) and self._ledger.find(ids.appealed_key(news.dispute)) is not None

    def _open_returns(self, order: str) -> Sequence[str]:
        """The order's returns that were decided and have not been closed, oldest first."""
        told = [(one.case, one.kind) for one in self._ledger.entries(order=order)]
        closed = {case for case, kind in told if kind is EntryKind.CLOSED}
        return [case for case, kind in told if kind is EntryKind.DECISION and case not in closed]


def _together(sent: Sequence[Sent]) -> Sent:
    """What became of an event that was for several returns: a refusal wants somebody to look, an end wants nobody."""
    states = (InboxState.REFUSED, InboxState.DELIVERED, InboxState.OUTSIDE)
    state = next(one for one in states if any(each.state is one for each in sent))
    same = [one for one in sent if one.state is state]
    return Sent(state, ", ".join(one.target for one in same), " ".join(one.error for one in same).strip())


def fact_of(news: News, *, appealed: bool = False) -> str:
    """What is new in news: the same refund in the same status again is not, its bank reference is.

    What comes after a dispute was appealed is not what came before, though the words are the same.
    """
    match news:
        case RefundNews():
            return f"{news.refund}:{news.status}" + (":arn" if news.arn else "")
        case DisputeNews():
            # On its way to one of its ends it changes hands several times; that is one matter, and its end another.
            if news.status in DISPUTE_APPEALED:
                return f"{news.dispute}:appeal"
            ended = news.status in (*DISPUTE_WON, *DISPUTE_LOST)
            # A bank may think again: the same end at another time is another fact.
            at = f"{news.at:%Y%m%dT%H%M%S}"
            return f"{news.dispute}{':appeal' if appealed else ''}:{news.status}:{at}" if ended else news.dispute
        case PaymentNews():
            return news.payment


def _named_by(news: News) -> str:
    match news:
        case RefundNews():
            key = ids.refund_of(news.key)
            return key.case if key else ""
        case PaymentNews():
            return ids.case_in(news.collection)
        case DisputeNews():
            return ""
