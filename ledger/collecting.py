"""Money that a shopper pays on a page of ours: what it was asked for, and what came too late."""

from __future__ import annotations

from datetime import datetime

from domain import ids, trade_ids
from domain.collection import PaymentRequest
from domain.errors import Stale
from domain.order import Tender, TenderKind
from domain.plan import Leg, RefundPlan
from domain.resolution import Resolution
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.deciding import decided
from ledger.moves import money
from ledger.recall import case_so_far


def wanted(ledger: Ledger, collection: str, payment: str) -> PaymentRequest | None:
    """What a payment is for: the request under this key, unless it ended or another payment was taken for it; None if
    nobody asks for it any more."""
    asked = ledger.find(collection)
    if asked is None or asked.kind is not EntryKind.PAYMENT_ASKED:
        return None
    entries = list(ledger.entries(case=asked.case))
    if case_so_far(entries).resolution is not Resolution.EXCHANGE:
        return None
    if any(one.kind in (EntryKind.PAYMENT_ENDED, EntryKind.CLOSED) for one in entries):
        return None
    others = [one for one in entries if one.kind is EntryKind.PAYMENT_CAME and one.facts["tender"]["id"] != payment]
    return None if others else PaymentRequest.model_validate(asked.facts["request"])


def came(ledger: Ledger, request: PaymentRequest, payment: str, now: datetime) -> Tender | None:
    """Record that a request was paid: the money is the order's, for what goes out. None if nobody wants it any more."""
    key = trade_ids.collected_key(payment)
    tender = Tender(id=payment, kind=TenderKind.CARD, captured=request.amount, paid_at=now)

    def told() -> NewEntry:
        if wanted(ledger, request.key, payment) is None:
            raise Stale("the shopper has chosen otherwise meanwhile; look at the payment again")
        return NewEntry(
            key=key,
            kind=EntryKind.PAYMENT_CAME,
            order=request.order_id,
            case=request.case,
            actor="provider",
            at=now,
            facts={"tender": tender.model_dump(mode="json"), "collection": request.key, "currency": request.currency},
            asked={"payment": payment, "amount": request.amount},
            transfers=money.collected(key, request.currency, request.order_id, payment, request.amount),
        )

    entry = ledger.find(key)
    if entry is None and wanted(ledger, request.key, payment) is None:
        return None
    entry = entry or decided(ledger, request.order_id, told)
    return Tender.model_validate(entry.facts["tender"])


def giving_back(ledger: Ledger, order_id: str, payment: str, amount: int, currency: str, now: datetime) -> RefundPlan:
    """Record that a payment which nobody needs goes back whole: a debt of its own, apart from what its return owes."""
    subject = trade_ids.given_back(payment)
    key = ids.plan_key(subject, 1)
    plan = RefundPlan(
        order_id=order_id,
        currency=currency,
        lines=(),
        shipping=0,
        components=(),
        legs=(Leg(tender_id=payment, kind=TenderKind.CARD, amount=amount),),
        total=amount,
        owed=amount,
    )

    def told() -> NewEntry:
        return NewEntry(
            key=key,
            kind=EntryKind.PLAN,
            order=order_id,
            case=subject,
            actor="rule:story",
            reasons=("paid_too_late",),
            at=now,
            facts={"plan": plan.model_dump(mode="json", exclude_none=True)},
            asked={"payment": payment, "amount": amount},
            transfers=money.given_back(key, subject, plan),
        )

    entry: JournalEntry = ledger.find(key) or decided(ledger, order_id, told)
    return RefundPlan.model_validate(entry.facts["plan"])
