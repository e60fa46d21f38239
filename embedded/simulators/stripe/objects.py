"""Payments and refunds as they are kept, and as Stripe shows them. Amounts are in Stripe's units of `currency`."""

from __future__ import annotations

from typing import Literal

from domain.model import Model
from embedded.simulators.bodies import Json

API_VERSION = "2026-10-28.endive"

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
    """A payment intent that succeeded, with its one charge. `refunded` counts refunds that did not fail.

    `disputed` stays once there was a dispute; `blocked` is what refuses refunds: an open or lost one.
    """

    id: str
    amount: int
    currency: str
    created: int
    payment_method: str
    metadata: dict[str, str]
    refunded: int = 0
    blocked: bool = False
    disputed: bool = False
    description: str | None = None
    charge_description: str | None = None
    charge_metadata: dict[str, str] | None = None
    refundable_until: int | None = None

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


class Trace(Model):
    """What the card network lets a refund be found by: nothing yet, a reference, or that there will be none."""

    status: Literal["pending", "available", "unavailable"] = "pending"
    type: Literal["pending", "refund", "reversal"] = "refund"
    reference: str | None = None


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
    trace: Trace = Trace()
    email: str | None = None


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
        "description": payment.description,
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
        "description": payment.charge_description or payment.description,
        "disputed": payment.disputed,
        "livemode": False,
        "metadata": {**(payment.metadata if payment.charge_metadata is None else payment.charge_metadata)},
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
    card: Json = {"reference_status": kept.trace.status, "type": kept.trace.type}
    if kept.trace.type == "refund":
        card["reference_type"] = "acquirer_reference_number"
    if kept.trace.reference is not None:
        card["reference"] = kept.trace.reference
    shown: Json = {
        "id": kept.id,
        "object": "refund",
        "amount": kept.amount,
        "balance_transaction": f"txn_{suffix}" if kept.moved else None,
        "charge": kept.charge,
        "created": kept.created,
        "currency": kept.currency,
        "destination_details": {"card": card, "type": "card"},
        "metadata": {**kept.metadata},
        "payment_intent": kept.payment,
        "payment_method": kept.payment_method,
        "reason": kept.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": kept.outcome.status,
        "transfer_reversal": None,
    }
    return {**shown, **_not_done(kept, suffix)}


def _not_done(kept: StripeRefund, suffix: str) -> Json:
    told: Json = {}
    if kept.outcome.failure_reason:
        told["failure_reason"] = kept.outcome.failure_reason
    if kept.outcome.pending_reason:
        told["pending_reason"] = kept.outcome.pending_reason
    if kept.moved and kept.outcome.status == "failed":
        told["failure_balance_transaction"] = f"txn_failure_{suffix}"
    if kept.email is not None:
        told["instructions_email"] = kept.email
    if kept.outcome.status == "requires_action":
        sent: Json = {"email_sent_at": kept.created, "email_sent_to": kept.email or "shopper@shop.example"}
        details: Json = {"email_sent": sent, "expires_at": kept.created + 30 * 86400}
        told["next_action"] = {"display_details": details, "type": "display_details"}
    return told
