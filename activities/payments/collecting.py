"""What goes out costs more than what came back: the shopper pays it on a page, for as long as that is open."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.moment import attempt_time
from activities.payments import Payments
from domain import ids, trade_ids
from domain.collection import PaymentPage, PaymentRequest, Words
from domain.model import Currency, Id, Model, UtcDatetime
from domain.order import Tender
from domain.plan import RefundPlan
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.collecting import came, giving_back


class AskPayment(Model):
    """So much, until then; `number` counts how often a return asks."""

    case: Id
    order_id: Id
    number: Annotated[int, Field(strict=True, ge=1)] = 1
    amount: Annotated[int, Field(strict=True, ge=1)]
    currency: Currency
    words: Words
    until: UtcDatetime
    now: UtcDatetime


class EndPayment(Model):
    """Nobody waits for it any more."""

    case: Id
    order_id: Id
    number: Annotated[int, Field(strict=True, ge=1)] = 1
    now: UtcDatetime


class Collected(Model):
    """How it stands: where to pay, and what came."""

    request: PaymentRequest
    until: UtcDatetime
    url: str = ""
    tender: Tender | None = None


class GiveBack(Model):
    """A payment that came when nobody asked for it any more."""

    order_id: Id
    payment: Id
    amount: Annotated[int, Field(strict=True, ge=1)]
    currency: Currency
    now: UtcDatetime


class Collecting:
    """Asks for money, each time once: the exact request is in the journal before the provider hears of it."""

    def __init__(self, payments: Payments, ledger: Ledger) -> None:
        self._payments = payments
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def collect_payment(self, ask: AskPayment) -> Collected:
        """Open the page, or look how it stands: the same question, because the key is the same."""
        key = ids.collect_key(ask.case, ask.number)
        entry = self._ledger.find(key) or self._ledger.append(_asked(key, ask))
        known = _known(entry)
        now = attempt_time(ask.now)
        page = self._payments.find_collection(known.request, now) or self._payments.collect(known.request, now)
        return self._with(known, page, ask.now)

    @activity.defn(no_thread_cancel_exception=True)
    def end_payment(self, ask: EndPayment) -> Collected | None:
        """Close the page, and tell whether somebody paid before; None where nothing was asked."""
        entry = self._ledger.find(ids.collect_key(ask.case, ask.number))
        if entry is None:
            return None
        known, now = _known(entry), attempt_time(ask.now)
        page = self._payments.find_collection(known.request, now)
        stands = self._with(known, self._payments.close_collection(page, now), ask.now) if page else known
        if stands.tender is None:
            key = trade_ids.collect_ended_key(known.request.key)
            self._ledger.append(_told(key, EntryKind.PAYMENT_ENDED, entry, ask))
        return stands

    @activity.defn(no_thread_cancel_exception=True)
    def give_back(self, ask: GiveBack) -> RefundPlan:
        """Plan its way back; the plan is paid as every other."""
        return giving_back(self._ledger, ask.order_id, ask.payment, ask.amount, ask.currency, ask.now)

    def _with(self, known: Collected, page: PaymentPage, now: UtcDatetime) -> Collected:
        tender = came(self._ledger, known.request, page.payments[0], now) if page.payments else None
        return known.model_copy(update={"url": page.url, "tender": tender})


def _asked(key: str, ask: AskPayment) -> NewEntry:
    named = ask.model_dump(include={"case", "order_id", "amount", "currency", "words"})
    request = PaymentRequest.model_validate({"key": key, **named})
    return NewEntry(
        key=key,
        kind=EntryKind.PAYMENT_ASKED,
        order=ask.order_id,
        case=ask.case,
        actor="rule:policy",
        at=ask.now,
        facts={"request": request.model_dump(mode="json"), "until": ask.until.isoformat()},
        asked={"amount": ask.amount, "currency": ask.currency},
    )


def _told(key: str, kind: EntryKind, asked: JournalEntry, ask: EndPayment) -> NewEntry:
    return NewEntry(
        key=key,
        kind=kind,
        order=ask.order_id,
        case=ask.case,
        actor="rule:policy",
        at=ask.now,
        facts={"collection": asked.key},
        asked={"collection": asked.key},
    )


def _known(entry: JournalEntry) -> Collected:
    return Collected.model_validate(entry.facts)
