"""Stripe's errors as ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import stripe
from pydantic import ValidationError
from stripe import ErrorObject

from activities.payments import KEY_OF_ANOTHER
from domain.errors import BackhaulError, Refused, StoredFault, Unavailable

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


@contextmanager
def translating() -> Iterator[None]:
    """Whatever the SDK raises, as Unavailable or Refused."""
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error) from error
    except (AttributeError, KeyError, TypeError, ValidationError) as error:
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
    if status >= 500 and str((error.headers or {}).get("idempotent-replayed", "")) == "true":
        text = f"Stripe repeats a fault of its own (HTTP {status}) that it keeps under this refund's key."
        return StoredFault(text, _retry_after(error))
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
