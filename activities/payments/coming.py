"""News of money that came in: what was asked for goes on with its return, what comes too late goes back."""

from __future__ import annotations

from temporalio import activity

from activities.moment import attempt_time
from activities.payments.hearing import HearPayment
from domain import ids, trade_ids
from domain.money import Money
from domain.news import Heard, Turn
from domain.order import Tender, TenderKind
from ledger import EntryKind, Ledger, NewEntry
from ledger.collecting import came, wanted
from ledger.deciding import decided
from ledger.moves.money import collected


class PaymentNewsActivities:
    """Told again, in any order, each payment stands once in the journal."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def hear_payment(self, ask: HearPayment) -> Heard:
        """Record money that was asked for, or that nobody asks for any more: then it goes back."""
        news, now = ask.news, attempt_time(ask.now)
        request = wanted(self._ledger, news.collection, news.payment)
        late = self._ledger.find(ids.late_payment_key(news.payment))
        fits = request is not None and (request.amount, request.currency) == (news.amount, news.currency)
        tender = came(self._ledger, request, news.payment, now) if request and fits and late is None else None
        if tender is not None:
            return Heard(turn=Turn.PAYMENT_CAME, tender=tender)
        if self._ledger.find(trade_ids.collected_key(news.payment)) is not None:
            return Heard(turn=Turn.NOTHING_NEW)
        entry = late or decided(self._ledger, ask.order_id, lambda: self._late(ask))
        money = Money(minor=news.amount, currency=news.currency)
        text = f"{money} came in as {news.payment} after it was not asked for any more, and could not be paid back"
        return Heard(
            turn=Turn.LATE_PAYMENT,
            tender=Tender(id=news.payment, kind=TenderKind.CARD, captured=news.amount, paid_at=entry.at),
            for_finance=f"{text}; pay it back in the provider's dashboard",
        )

    def _late(self, ask: HearPayment) -> NewEntry:
        news, key = ask.news, ids.late_payment_key(ask.news.payment)
        return NewEntry(
            key=key,
            kind=EntryKind.LATE_PAYMENT,
            order=ask.order_id,
            actor="provider",
            at=attempt_time(ask.now),
            facts={"payment": news.model_dump(mode="json", exclude={"kind", "event", "at"})},
            asked={"order": ask.order_id, "amount": news.amount, "currency": news.currency},
            transfers=collected(key, news.currency, ask.order_id, news.payment, news.amount),
        )
