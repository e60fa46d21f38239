"""Payment links of Stripe: a page on which a shopper pays what an exchange costs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import stripe

from activities.payments.stripe_errors import translating
from activities.payments.stripe_units import KEY_IN_METADATA, to_stripe
from domain.collection import PaymentPage, PaymentRequest
from domain.errors import Refused, Unavailable

if TYPE_CHECKING:
    from stripe import PaymentLink, StripeClient
    from stripe.params import PaymentLinkCreateParams, PaymentLinkCreateParamsLineItemPriceData

_OTHER = "other_collection"
"""Code of Refused where a link carries our key and asks for something else than we do."""


class Links:
    """All payment links of one account. The key stands in the metadata of the link, which the sessions take over, and
    of what is paid."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client

    def open(self, request: PaymentRequest) -> PaymentPage:
        """POST /v1/payment_links under the key as idempotency key. One may pay it, and nobody chooses the amount."""
        about = {KEY_IN_METADATA: request.key, "case": request.case, "order": request.order_id}
        amount = to_stripe(request.amount, request.currency)
        price: PaymentLinkCreateParamsLineItemPriceData = {
            "currency": request.currency.lower(),
            "unit_amount": amount,
            "product_data": {"name": request.words},
        }
        ask: PaymentLinkCreateParams = {
            "line_items": [{"price_data": price, "quantity": 1}],
            "metadata": {**about, "amount": str(amount)},
            "payment_intent_data": {"metadata": about},
            "restrictions": {"completed_sessions": {"limit": 1}},
        }
        with translating():
            made = self._client.v1.payment_links.create(ask, {"idempotency_key": request.key})
            return self._shown(made)

    def find(self, request: PaymentRequest) -> PaymentPage | None:
        """GET /v1/payment_links, all pages. Raises Refused for one with this key that asks for something else."""
        with translating():
            for one in self._client.v1.payment_links.list({"limit": 100}).auto_paging_iter():
                if _metadata(one).get(KEY_IN_METADATA) == request.key:
                    _check(one, request)
                    return self._shown(one)
        return None

    def close(self, page: PaymentPage) -> PaymentPage:
        """POST /v1/payment_links/{id}, then expire the sessions that are open: a link that is off opens no new ones."""
        with translating():
            made = self._client.v1.payment_links.update(page.id, {"active": False})
            opened = self._client.v1.checkout.sessions.list({"payment_link": page.id, "status": "open", "limit": 100})
            for one in opened.auto_paging_iter():
                self._expire(one.id)
            return self._shown(made)

    def _expire(self, session: str) -> None:
        try:
            self._client.v1.checkout.sessions.expire(session)
        except stripe.InvalidRequestError:
            return  # somebody has just paid it, or it has expired by itself

    def _shown(self, made: PaymentLink) -> PaymentPage:
        said = made.to_dict()
        if said.get("object") != "payment_link":
            raise Unavailable("Stripe's answer was no payment link; is its address right?")
        sessions = self._client.v1.checkout.sessions.list({"payment_link": made.id, "status": "complete", "limit": 100})
        paid = [one.to_dict() for one in sessions.auto_paging_iter() if one.payment_status == "paid"]
        return PaymentPage(
            key=_metadata(made).get(KEY_IN_METADATA, ""),
            id=made.id,
            url=said["url"],
            state="open" if said["active"] else "closed",
            payments=tuple(one["payment_intent"] for one in reversed(paid)),
        )


def _metadata(made: PaymentLink) -> dict[str, str]:
    told: dict[str, str] = made.to_dict().get("metadata") or {}
    return told


def _check(made: PaymentLink, request: PaymentRequest) -> None:
    told = (_metadata(made).get("amount"), made.to_dict().get("currency"))
    if told != (str(to_stripe(request.amount, request.currency)), request.currency.lower()):
        text = f"Stripe has {made.id} under this key, over {told[0]} {told[1]} instead"
        raise Refused(_OTHER, text)
