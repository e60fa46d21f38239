"""Refunds through Stripe's own SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import stripe
from stripe import ErrorObject

from activities.payments import KEY_OF_ANOTHER, OTHER_REFUND
from activities.payments.stripe_units import KEY_IN_METADATA as KEY_IN_METADATA
from activities.payments.stripe_units import to_stripe as to_stripe
from domain.errors import BackhaulError, Refused, Unavailable
from domain.refund import Refund, RefundIntention, RefundStatus

if TYPE_CHECKING:
    from stripe import Refund as StripeRefund

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10

# Codes that say nothing about this refund: somebody mends the account or waits, then the same call is sent again.
_ABOUT_THE_CALL = (
    "account_invalid",
    "api_key_expired",
    "idempotency_key_in_use",
    "livemode_mismatch",
    "lock_timeout",
    "platform_api_key_expired",
    "rate_limit",
    "secret_key_required",
    "testmode_charges_only",
    "tls_version_unsupported",
)
_SECRET = re.compile(r"\b(sk|rk|pk|whsec)_\S+")
_LONGEST_WAIT = 3600


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
        with _translating():
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
        return _refund(intention, made, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """GET /v1/refunds of the payment, all pages; the one with the intention's key in its metadata."""
        with _translating():
            page = self._client.v1.refunds.list({"payment_intent": intention.payment, "limit": 100})
            for one in page.auto_paging_iter():
                if one.metadata and one.metadata.to_dict().get(KEY_IN_METADATA) == intention.key:
                    return _refund(intention, one, now)
        return None


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error) from error
    except (AttributeError, KeyError, TypeError) as error:
        # So the SDK stumbles over JSON that is not Stripe's.
        raise Unavailable("Stripe's answer cannot be read; is its address right?") from error


def translate(error: stripe.StripeError) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no about this refund."""
    status, fault = error.http_status, error.error
    if isinstance(error, stripe.IdempotencyError):
        # The first request under the key may have been paid, so this is no leave to try with another key.
        text = "Stripe knows this refund's key from another request, so it may have been paid already; compare both"
        return Refused(KEY_OF_ANOTHER, text)
    if isinstance(error, stripe.AuthenticationError):
        return Unavailable("Stripe does not accept our API key; is BACKHAUL_STRIPE_API_KEY right?")
    if isinstance(error, stripe.APIConnectionError) or status is None:
        return Unavailable("Stripe could not be reached, or its answer was lost.")
    if status >= 500:
        return Unavailable(f"Stripe has a fault of its own (HTTP {status}).", _retry_after(error))
    # Anybody may have answered (a proxy, a wrong address); Stripe itself says why in an error object.
    said, code = (str(fault.message or ""), str(fault.code or "")) if isinstance(fault, ErrorObject) else ("", "")
    said = _SECRET.sub("(a key)", said)[:500] or "no reason given"
    # Only these two are a word about the refund, and a 404 only where it says what is missing.
    about_refund = isinstance(error, stripe.InvalidRequestError | stripe.CardError) and (code or status != 404)
    if not about_refund or code in _ABOUT_THE_CALL:
        return Unavailable(f"Stripe does not take the call now (HTTP {status}): {said}", _retry_after(error))
    return Refused(code or f"stripe_{status}", f"Stripe refuses the refund: {said}")


def _retry_after(error: stripe.StripeError) -> int | None:
    value = str((error.headers or {}).get("retry-after", ""))
    return min(int(value), _LONGEST_WAIT) if value.isdecimal() and len(value) < 10 else None


def _refund(intention: RefundIntention, made: StripeRefund, now: datetime) -> Refund:
    said = made.to_dict()
    if said.get("object") != "refund":
        raise Unavailable("Stripe's answer was no refund; is its address right?")
    asked = (to_stripe(intention.amount, intention.currency), intention.currency.lower())
    if (said.get("amount"), said.get("currency")) != asked:
        text = f"Stripe has {made.id} under this refund's key, over {said.get('amount')} {said.get('currency')} instead"
        raise Refused(OTHER_REFUND, text)
    try:
        status = RefundStatus(said.get("status") or "unknown")
    except ValueError:
        status = RefundStatus.UNKNOWN
    return Refund(
        key=intention.key,
        provider_id=made.id,
        payment=intention.payment,
        amount=intention.amount,
        currency=intention.currency,
        status=status,
        reason=said.get("failure_reason" if status is RefundStatus.FAILED else "pending_reason") or "",
        updated_at=now,
    )
