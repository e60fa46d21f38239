"""Refunds to gift cards and store credit, through the storefront that keeps their balances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import Field

from activities.answers import retry_after, said
from activities.calling import FINAL, TIMEOUT_SECONDS, StorefrontCalls, translated
from activities.checking import NOBODYS, Checked
from activities.payments import KEY_OF_ANOTHER, OTHER_REFUND
from domain import ids
from domain.errors import BackhaulError, Refused, StoredFault
from domain.model import Model
from domain.order import TenderKind
from domain.refund import Refund, RefundIntention, RefundStatus
from domain.taking_back import TakingBack


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
        self._calls = StorefrontCalls(url, secret, timeout, translate)

    def check(self) -> Checked:
        """GET the credits of a reference that nobody has."""
        self._calls.get(_Credits, f"/credits?{urlencode({'reference': NOBODYS})}")
        return Checked()

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """POST a credit on the gift card, or on the customer's store credit."""
        ask = {"amount": intention.given, "currency": intention.currency, "reference": intention.key}
        made = self._calls.post(_Credit, f"{_account(intention)}/credits", ask, intention.key)
        return _refund(intention, made, now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """GET the credits of the gift card, or of the customer, and of these the one that carries the key."""
        for one in self._credits(intention):
            if one.kind == "credit" and one.reference == intention.key:
                return _refund(intention, one, now)
        return None

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        """GET what was credited, as for `find`, and a gift card's history; a card that is gone has none."""
        made = list(self._credits(intention))
        if intention.to is TenderKind.GIFT_CARD:
            with suppress(Refused):
                made += self._calls.get(_Credits, f"{_account(intention)}/history").data
        ours = (one for one in made if one.kind == "credit" and not one.voided)
        return {one.reference: one.id for one in ours if ids.refund_of(one.reference)}

    def take_back(self, asked: TakingBack) -> int:
        """POST a debit of the customer's store credit; the storefront takes what is not spent."""
        ask = {"amount": asked.most, "currency": asked.currency, "reference": asked.key}
        return -self._calls.post(_Credit, f"{_purse(asked.customer)}/debits", ask, asked.key).amount

    def find_taken(self, asked: TakingBack) -> int | None:
        """GET the customer's movements, and of these the debit that carries the key."""
        made = self._calls.get(_Credits, f"{_purse(asked.customer)}/history").data
        return next((-one.amount for one in made if (one.kind, one.reference) == ("debit", asked.key)), None)

    def _credits(self, intention: RefundIntention) -> Sequence[_Credit]:
        if intention.to is not TenderKind.GIFT_CARD:
            return self._calls.get(_Credits, f"{_account(intention)}/history").data
        # By their reference, because a gift card that is gone has no history any more.
        found = self._calls.get(_Credits, f"/credits?{urlencode({'reference': intention.key})}").data
        return [one for one in found if one.account == intention.payment]


def translate(status: int, headers: Mapping[str, str], body: bytes) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no about this credit."""
    if status >= 500 and headers.get("idempotent-replayed", "") == "true":
        text = f"The storefront repeats a fault of its own (HTTP {status}) that it keeps under this refund's key."
        return StoredFault(text, retry_after(headers))
    reason = said(body)
    if reason is not None and status in FINAL and reason.code == "idempotency_key_reused":
        # The first request under the key may have been paid, so this is no leave to try with another key.
        text = "The storefront knows this refund's key from another call, so it may have been paid; compare both"
        return Refused(KEY_OF_ANOTHER, text)
    if reason is not None and status in FINAL:
        return Refused(reason.code, f"The storefront refuses the credit: {reason.message[:500] or reason.code}")
    return translated(status, headers, body)


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
