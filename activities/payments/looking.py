"""How a refund stands now, wherever it went: at the payment provider, or on a balance that the storefront keeps."""

from __future__ import annotations

from datetime import datetime

from activities.payments import Payments, Refunds
from domain.errors import Refused
from domain.news import RefundNews
from domain.order import TenderKind
from domain.provider import ProviderRefund
from ledger import Ledger
from ledger.refunds import intention_of

_KEPT_IN_THE_SHOP = (TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT)


class Looking:
    """Reads a refund again, because news of it are only a hint. Without `balances` there is the provider alone."""

    def __init__(self, payments: Payments, balances: Refunds | None, ledger: Ledger) -> None:
        self._payments = payments
        self._balances = balances
        self._ledger = ledger

    def refresh(self, news: RefundNews, now: datetime) -> ProviderRefund:
        """As it stands. Raises Refused if there is none, else as the port does."""
        asked = intention_of(self._ledger, news.key) if news.key else None
        if asked is None or asked.to not in _KEPT_IN_THE_SHOP or self._balances is None:
            return self._payments.refresh(news.refund, now)
        found = self._balances.find(asked, now)
        if found is None:
            raise Refused("not_found", f"the storefront has no credit that carries the key {news.key}")
        return ProviderRefund(
            id=found.provider_id,
            key=asked.key,
            case=asked.case,
            payment=asked.payment,
            amount=asked.amount,
            currency=asked.currency,
            status=found.status,
            reason=found.reason,
            created_at=found.updated_at,
        )
