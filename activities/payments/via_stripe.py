"""Refunds through Stripe's own SDK."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from domain.errors import BackhaulError, Refused, Unavailable
from domain.refund import Refund, RefundIntention, RefundStatus

if TYPE_CHECKING:
    from stripe import Refund as StripeRefund

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10
KEY_IN_METADATA = "backhaul_key"

# How many of Stripe's units one of ISO 4217's minor units is, where they differ (docs.stripe.com/currencies):
# ISK and UGX have no decimals in ISO but two at Stripe; MGA the other way round.
_UNITS = {"ISK": (100, 1), "UGX": (100, 1), "MGA": (1, 100)}

# Answers that say nothing about this refund: somebody mends the account or waits, then the same call is sent again.
_NOT_ABOUT_THE_REFUND = (stripe.AuthenticationError, stripe.PermissionError, stripe.RateLimitError)


class StripePayments:
    """The Stripe account of one merchant. Stripe retries nothing: Temporal does, under our own key."""

    def __init__(self, api_key: str, api_base: str | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """POST /v1/refunds under the intention's key as idempotency key and in the metadata."""
        try:
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": intention.payment,
                    "amount": to_stripe(intention.amount, intention.currency),
                    "reason": "requested_by_customer",
                    "metadata": {
                        KEY_IN_METADATA: intention.key,
                        "case": intention.case,
                        "order": intention.order_id,
                        "plan": str(intention.plan),
                    },
                },
                {"idempotency_key": intention.key},
            )
        except stripe.StripeError as error:
            raise translate(error) from error
        return _refund(intention, made, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """GET /v1/refunds of the payment, all pages; the one with the intention's key in its metadata."""
        try:
            page = self._client.v1.refunds.list({"payment_intent": intention.payment, "limit": 100})
            for one in page.auto_paging_iter():
                if one.metadata and one.metadata.to_dict().get(KEY_IN_METADATA) == intention.key:
                    return _refund(intention, one, now)
        except stripe.StripeError as error:
            raise translate(error) from error
        return None


def to_stripe(minor: int, currency: str) -> int:
    """ISO minor units in Stripe's. Raises Refused `below_step` for an amount that Stripe cannot pay."""
    times, over = _UNITS.get(currency, (1, 1))
    amount, rest = divmod(minor * times, over)
    if rest:
        raise Refused("below_step", f"{minor} minor units of {currency} are no whole amount at Stripe")
    return amount


def translate(error: stripe.StripeError) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no about this refund."""
    said = error.user_message or "no reason given"
    status = error.http_status
    if isinstance(error, _NOT_ABOUT_THE_REFUND) or status in (401, 403, 409, 429):
        return Unavailable(f"Stripe does not take the call now (HTTP {status}): {said}", _retry_after(error))
    if isinstance(error, stripe.APIConnectionError) or status is None:
        return Unavailable("Stripe could not be reached, or its answer was lost.")
    if status >= 500:
        return Unavailable(f"Stripe has a fault of its own (HTTP {status}).", _retry_after(error))
    return Refused(error.code or f"stripe_{status}", f"Stripe refuses the refund: {said}")


def _retry_after(error: stripe.StripeError) -> int | None:
    value = str((error.headers or {}).get("retry-after", ""))
    return int(value) if value.isdigit() else None


def _refund(intention: RefundIntention, made: StripeRefund, now: datetime) -> Refund:
    try:
        status = RefundStatus(made.status or "unknown")
    except ValueError:
        status = RefundStatus.UNKNOWN
    reason = made.failure_reason if status is RefundStatus.FAILED else getattr(made, "pending_reason", None)
    return Refund(
        key=intention.key,
        provider_id=made.id,
        payment=intention.payment,
        amount=intention.amount,
        currency=intention.currency,
        status=status,
        reason=reason or "",
        updated_at=now,
    )
