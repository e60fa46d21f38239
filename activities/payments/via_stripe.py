"""Refunds through Stripe's own SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe
from pydantic import ValidationError
from stripe import ErrorObject

from activities.payments import KEY_OF_ANOTHER, OTHER_REFUND
from activities.payments.stripe_units import KEY_IN_METADATA as KEY_IN_METADATA
from activities.payments.stripe_units import from_stripe, whole_part
from activities.payments.stripe_units import to_stripe as to_stripe
from domain import ids
from domain.errors import BackhaulError, Refused, StoredFault, Unavailable
from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import Refund, RefundIntention, RefundStatus, ShowsAs

if TYPE_CHECKING:
    from stripe import BalanceTransaction as StripeTransaction
    from stripe import Refund as StripeRefund
    from stripe.params import RefundCreateParams, RefundListParams

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
        ask: RefundCreateParams = {
            "amount": to_stripe(intention.amount, intention.currency),
            "reason": "requested_by_customer",
            "metadata": {
                KEY_IN_METADATA: intention.key,
                "case": intention.case,
                "order": intention.order_id,
                "plan": str(intention.plan),
            },
        }
        _name(intention.payment, ask)
        with _translating():
            made = self._client.v1.refunds.create(ask, {"idempotency_key": intention.key})
        return _refund(intention, made, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """GET /v1/refunds of the payment, all pages; the one with the intention's key in its metadata."""
        ask: RefundListParams = {"limit": 100}
        _name(intention.payment, ask)
        with _translating():
            page = self._client.v1.refunds.list(ask)
            for one in page.auto_paging_iter():
                if one.metadata and one.metadata.to_dict().get(KEY_IN_METADATA) == intention.key:
                    return _refund(intention, one, now)
        return None

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """GET /v1/refunds/{id}."""
        with _translating():
            return _shown(self._client.v1.refunds.retrieve(refund))

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """GET /v1/refunds made in this time, all pages."""
        first, end = _seconds(since), _seconds(until)
        with _translating():
            page = self._client.v1.refunds.list({"created": {"gte": first, "lt": end}, "limit": 100})
            for one in page.auto_paging_iter():
                yield _shown(one)

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """GET /v1/balance_transactions made in this time, all pages."""
        first, end = _seconds(since), _seconds(until)
        with _translating():
            page = self._client.v1.balance_transactions.list({"created": {"gte": first, "lt": end}, "limit": 100})
            for one in page.auto_paging_iter():
                yield _moved(one)


def _name(payment: str, ask: RefundCreateParams | RefundListParams) -> None:
    """Tell Stripe which payment: those from before payment intents are known by their charge."""
    if payment.startswith(("ch_", "py_")):
        ask["charge"] = payment
    else:
        ask["payment_intent"] = payment


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@contextmanager
def _translating() -> Iterator[None]:
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


def _refund(intention: RefundIntention, made: StripeRefund, now: datetime) -> Refund:
    said = made.to_dict()
    if said.get("object") != "refund":
        raise Unavailable("Stripe's answer was no refund; is its address right?")
    asked = (to_stripe(intention.amount, intention.currency), intention.currency.lower())
    if (said.get("amount"), said.get("currency")) != asked:
        text = f"Stripe has {made.id} under this refund's key, over {said.get('amount')} {said.get('currency')} instead"
        raise Refused(OTHER_REFUND, text)
    status, (arn, shows_as) = _status(said), _destination(said)
    return intention.refund(status, now, made.id, reason=_reason(said, status), arn=arn, shows_as=shows_as)


def _shown(made: StripeRefund) -> ProviderRefund:
    said = made.to_dict()
    if said.get("object") != "refund":
        raise Unavailable("Stripe's answer was no refund; is its address right?")
    currency, status, metadata = str(said["currency"]).upper(), _status(said), said.get("metadata") or {}
    arn, shows_as = _destination(said)
    return ProviderRefund(
        id=said["id"],
        # Metadata is anybody's: what is no key of ours is somebody else's refund.
        key=key if ids.refund_of(key := str(metadata.get(KEY_IN_METADATA) or "")) else "",
        case=metadata.get("case") or "",
        # Payments from before payment intents have a charge alone.
        payment=said.get("payment_intent") or said["charge"],
        charge=said.get("charge") or "",
        amount=from_stripe(said["amount"], currency),
        currency=currency,
        status=status,
        reason=_reason(said, status),
        arn=arn,
        shows_as=shows_as,
        created_at=datetime.fromtimestamp(said["created"], UTC),
    )


def _moved(made: StripeTransaction) -> BalanceTransaction:
    said = made.to_dict()
    currency = str(said["currency"]).upper()
    return BalanceTransaction(
        id=said["id"],
        category=said.get("reporting_category") or "",
        source=said.get("source") or "",
        amount=whole_part(said["amount"], currency),
        fee=whole_part(said.get("fee") or 0, currency),
        net=whole_part(said["net"], currency),
        currency=currency,
        created_at=datetime.fromtimestamp(said["created"], UTC),
    )


def _status(said: Mapping[str, object]) -> RefundStatus:
    try:
        return RefundStatus(str(said.get("status") or "unknown"))
    except ValueError:
        return RefundStatus.UNKNOWN


def _reason(said: Mapping[str, object], status: RefundStatus) -> str:
    return str(said.get("failure_reason" if status is RefundStatus.FAILED else "pending_reason") or "")


def _destination(said: Mapping[str, object]) -> tuple[str, ShowsAs]:
    """The reference by which the bank finds it, and how it shows on the statement."""
    details = said.get("destination_details")
    # Under the name of its kind: card, sepa_bank_transfer, ...
    told = details.get(str(details.get("type"))) if isinstance(details, dict) else None
    if not isinstance(told, dict):
        return "", ""
    arn = str(told.get("reference") or "") if told.get("reference_status") == "available" else ""
    kind = told.get("type")
    return arn, "reversal" if kind == "reversal" else "refund" if kind == "refund" else ""
