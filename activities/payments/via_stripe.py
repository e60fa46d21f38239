"""Refunds through Stripe's own SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe

from activities.checking import Checked
from activities.payments import OTHER_REFUND
from activities.payments.stripe_check import check
from activities.payments.stripe_errors import translate as translate
from activities.payments.stripe_errors import translating
from activities.payments.stripe_links import Links
from activities.payments.stripe_units import KEY_IN_METADATA as KEY_IN_METADATA
from activities.payments.stripe_units import from_stripe, whole_part
from activities.payments.stripe_units import to_stripe as to_stripe
from domain import ids
from domain.collection import PaymentPage, PaymentRequest
from domain.errors import Refused, Unavailable
from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import Refund, RefundIntention, RefundStatus, ShowsAs

if TYPE_CHECKING:
    from stripe import BalanceTransaction as StripeTransaction
    from stripe import Refund as StripeRefund
    from stripe.params import RefundCreateParams, RefundListParams

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10


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
        self._links = Links(self._client)

    def check(self) -> Checked:
        """GET one refund and one movement of the balance, any."""
        return check(self._client)

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
        with translating():
            made = self._client.v1.refunds.create(ask, {"idempotency_key": intention.key})
        return _refund(intention, made, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """GET /v1/refunds of the payment, all pages; the one with the intention's key in its metadata."""
        ask: RefundListParams = {"limit": 100}
        _name(intention.payment, ask)
        with translating():
            page = self._client.v1.refunds.list(ask)
            for one in page.auto_paging_iter():
                if one.metadata and one.metadata.to_dict().get(KEY_IN_METADATA) == intention.key:
                    return _refund(intention, one, now)
        return None

    def collect(self, request: PaymentRequest, now: datetime) -> PaymentPage:
        """A payment link over a fixed amount, which one may pay."""
        return self._links.open(request)

    def find_collection(self, request: PaymentRequest, now: datetime) -> PaymentPage | None:
        """Among all payment links, the one with the key in its metadata."""
        return self._links.find(request)

    def close_collection(self, page: PaymentPage, now: datetime) -> PaymentPage:
        """Switch the link off, with every page of it that is open."""
        return self._links.close(page)

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """GET /v1/refunds/{id}."""
        with translating():
            return _shown(self._client.v1.refunds.retrieve(refund))

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """GET /v1/refunds made in this time, all pages."""
        first, end = _seconds(since), _seconds(until)
        with translating():
            page = self._client.v1.refunds.list({"created": {"gte": first, "lt": end}, "limit": 100})
            for one in page.auto_paging_iter():
                yield _shown(one)

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """GET /v1/balance_transactions made in this time, all pages."""
        first, end = _seconds(since), _seconds(until)
        with translating():
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
