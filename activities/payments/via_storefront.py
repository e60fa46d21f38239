"""Refunds to gift cards and store credit, through the storefront that keeps their balances."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

import httpx2
from pydantic import Field, ValidationError

from activities.answers import UNSIGNED, cannot_serve, retry_after, said, signed
from activities.payments import KEY_OF_ANOTHER, OTHER_REFUND
from domain.errors import BackhaulError, InvalidRequest, Refused, StoredFault, Unavailable
from domain.model import Model
from domain.order import TenderKind
from domain.refund import Refund, RefundIntention, RefundStatus
from domain.taking_back import TakingBack

M = TypeVar("M", bound=Model)

TIMEOUT_SECONDS = 10


class _Credit(Model):
    id: str
    account: str
    kind: str
    amount: Annotated[int, Field(strict=True)]
    currency: str
    reference: str
    voided: bool


class _Credits(Model):
    data: tuple[_Credit, ...]


class StorefrontPayments:
    """A storefront's gift cards and store credit. Calls are signed with a secret shared with it, and those that move
    value carry the intention's key, both as idempotency key and as the credit's reference; `timeout` in seconds."""

    def __init__(self, url: str, secret: str, timeout: float = TIMEOUT_SECONDS) -> None:
        if not secret:
            raise InvalidRequest("BACKHAUL_STOREFRONT_SECRET", "it is empty; set the secret that the storefront knows")
        self._url = url.rstrip("/")
        self._secret = secret.encode()
        self._timeout = timeout

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """POST a credit on the gift card, or on the customer's store credit."""
        ask = {"amount": intention.given, "currency": intention.currency, "reference": intention.key}
        body = json.dumps(ask, separators=(",", ":")).encode()
        answer = self._call("POST", f"{_account(intention)}/credits", body, intention.key)
        return _refund(intention, _read(_Credit, answer), now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """GET the credits of the gift card, or of the customer, and of these the one that carries the key."""
        for one in self._credits(intention):
            if one.kind == "credit" and one.reference == intention.key:
                return _refund(intention, one, now)
        return None

    def take_back(self, asked: TakingBack) -> int:
        """POST a debit of the customer's store credit; the storefront takes what is not spent."""
        ask = {"amount": asked.most, "currency": asked.currency, "reference": asked.key}
        body = json.dumps(ask, separators=(",", ":")).encode()
        return -_read(_Credit, self._call("POST", f"{_purse(asked.customer)}/debits", body, asked.key)).amount

    def find_taken(self, asked: TakingBack) -> int | None:
        """GET the customer's movements, and of these the debit that carries the key."""
        made = _read(_Credits, self._call("GET", f"{_purse(asked.customer)}/history", b"", "")).data
        return next((-one.amount for one in made if (one.kind, one.reference) == ("debit", asked.key)), None)

    def _credits(self, intention: RefundIntention) -> Sequence[_Credit]:
        if intention.to is not TenderKind.GIFT_CARD:
            return _read(_Credits, self._call("GET", f"{_account(intention)}/history", b"", "")).data
        # By their reference, because a gift card that is gone has no history any more.
        found = self._call("GET", f"/credits?{urlencode({'reference': intention.key})}", b"", "")
        return [one for one in _read(_Credits, found).data if one.account == intention.payment]

    def _call(self, method: str, target: str, body: bytes, key: str) -> httpx2.Response:
        headers = signed(self._secret, method, target, key, body)
        try:
            answer = httpx2.request(method, self._url + target, content=body, headers=headers, timeout=self._timeout)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # From None: the request in it holds the address and the signature.
            raise Unavailable(f"The storefront gave no answer ({type(error).__name__}).") from None
        if answer.status_code in (200, 201):
            return answer
        raise translate(answer.status_code, answer.headers, answer.content)


def translate(status: int, headers: Mapping[str, str], body: bytes) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no about this credit."""
    if status >= 500 and headers.get("idempotent-replayed", "") == "true":
        text = f"The storefront repeats a fault of its own (HTTP {status}) that it keeps under this refund's key."
        return StoredFault(text, retry_after(headers))
    if status == 401:
        return Unavailable(UNSIGNED)
    reason = said(body)
    # Anybody may have answered (a proxy, a wrong address); the storefront itself says why in an error object.
    if reason is None or status not in (400, 404, 409, 422):
        return cannot_serve(status, headers)
    if reason.code == "idempotency_key_reused":
        # The first request under the key may have been paid, so this is no leave to try with another key.
        text = "The storefront knows this refund's key from another call, so it may have been paid; compare both"
        return Refused(KEY_OF_ANOTHER, text)
    return Refused(reason.code, f"The storefront refuses the credit: {reason.message[:500] or reason.code}")


def _account(intention: RefundIntention) -> str:
    if intention.to is TenderKind.GIFT_CARD:
        return f"/gift_cards/{quote(intention.payment, safe='')}"
    if not intention.customer:
        raise Refused("no_customer", f"nobody is named whose store credit {intention.key} is for")
    return _purse(intention.customer)


def _purse(customer: str) -> str:
    return f"/store_credit/{quote(customer, safe='')}"


def _refund(intention: RefundIntention, made: _Credit, now: datetime) -> Refund:
    if (made.amount, made.currency) != (intention.given, intention.currency):
        text = f"the storefront has {made.id} under this refund's key, over {made.amount} {made.currency} instead"
        raise Refused(OTHER_REFUND, text)
    if made.voided:
        # One that was taken back again is as if it had not been given.
        return intention.refund(RefundStatus.CANCELED, now, made.id, reason="voided")
    return intention.refund(RefundStatus.SUCCEEDED, now, made.id)


def _read(shape: type[M], answer: httpx2.Response) -> M:
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError:
        raise Unavailable("The storefront's answer cannot be read; is BACKHAUL_STOREFRONT_URL right?") from None
