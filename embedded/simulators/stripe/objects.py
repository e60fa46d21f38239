"""Payments and refunds as they are kept, and as Stripe shows them. Amounts are in Stripe's units of `currency`."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from domain.model import Model

Json = dict[str, JsonValue]

Status = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
FailureReason = Literal[
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
]
PendingReason = Literal["charge_pending", "insufficient_funds", "processing"]


class Payment(Model):
    """A payment intent that succeeded, with its one charge. `refunded` counts refunds that did not fail."""

    id: str
    amount: int
    currency: str
    created: int
    payment_method: str
    metadata: dict[str, str]
    refunded: int = 0

    @property
    def charge(self) -> str:
        """The id of its charge."""
        return "ch_" + self.id.removeprefix("pi_")

    @property
    def left(self) -> int:
        """What can still be refunded."""
        return self.amount - self.refunded


class Outcome(Model):
    """Where a refund stands, and why if it is not done."""

    status: Status = "succeeded"
    failure_reason: FailureReason | None = None
    pending_reason: PendingReason | None = None


class StripeRefund(Model):
    """One refund. `moved` remembers that its money had left, so that a failure brings it back."""

    id: str
    payment: str
    charge: str
    payment_method: str
    amount: int
    currency: str
    created: int
    reason: str | None
    metadata: dict[str, str]
    outcome: Outcome
    moved: bool


def payment_of_charge(charge: str) -> str:
    """The id of the payment to which a charge belongs."""
    return "pi_" + charge.removeprefix("ch_")


def payment_intent(payment: Payment) -> Json:
    """A payment as `payment_intent`."""
    return {
        "id": payment.id,
        "object": "payment_intent",
        "amount": payment.amount,
        "amount_capturable": 0,
        "amount_received": payment.amount,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "created": payment.created,
        "currency": payment.currency,
        "customer": None,
        "latest_charge": payment.charge,
        "livemode": False,
        "metadata": {**payment.metadata},
        "next_action": None,
        "payment_method": payment.payment_method,
        "payment_method_types": ["card"],
        "status": "succeeded",
    }


def charge(payment: Payment) -> Json:
    """The charge of a payment as `charge`."""
    card: Json = {"brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit"}
    return {
        "id": payment.charge,
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": payment.amount,
        "amount_refunded": payment.refunded,
        "balance_transaction": "txn_" + payment.id.removeprefix("pi_"),
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": True,
        "created": payment.created,
        "currency": payment.currency,
        "customer": None,
        "disputed": False,
        "livemode": False,
        "metadata": {**payment.metadata},
        "outcome": {
            "network_status": "approved_by_network",
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": payment.id,
        "payment_method": payment.payment_method,
        "payment_method_details": {"card": {**card, "last4": "4242"}, "type": "card"},
        "refunded": payment.left == 0,
        "status": "succeeded",
    }


def refund(kept: StripeRefund) -> Json:
    """A refund as `refund`; fields that say why it is not done are there only when it is not."""
    suffix = kept.id.removeprefix("re_")
    shown: Json = {
        "id": kept.id,
        "object": "refund",
        "amount": kept.amount,
        "balance_transaction": f"txn_{suffix}" if kept.moved else None,
        "charge": kept.charge,
        "created": kept.created,
        "currency": kept.currency,
        # The acquirer's reference comes days later in the real world: nobody may count on it at once.
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": {**kept.metadata},
        "payment_intent": kept.payment,
        "payment_method": kept.payment_method,
        "reason": kept.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": kept.outcome.status,
        "transfer_reversal": None,
    }
    if kept.outcome.failure_reason:
        shown["failure_reason"] = kept.outcome.failure_reason
    if kept.outcome.pending_reason:
        shown["pending_reason"] = kept.outcome.pending_reason
    if kept.moved and kept.outcome.status == "failed":
        shown["failure_balance_transaction"] = f"txn_failure_{suffix}"
    return shown
