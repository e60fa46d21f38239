"""What the provider says of its own accord, as it is handed to those who record it."""

from __future__ import annotations

from domain.model import Id, Model, UtcDatetime
from domain.news import DisputeNews, PaymentNews, RefundNews


class HearRefund(Model):
    """News of a refund of one of an order's payments, ours or not."""

    order_id: Id
    news: RefundNews
    now: UtcDatetime


class HearDispute(Model):
    """News of a dispute of one of an order's payments."""

    order_id: Id
    news: DisputeNews
    now: UtcDatetime


class HearPayment(Model):
    """Money that came in for something that is not asked for any more."""

    order_id: Id
    news: PaymentNews
    now: UtcDatetime
