"""Providers to hold the `Payments` port against: what stands behind the adapter, and a hand on it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
import stripe
from stripe.params import PaymentIntentCreateParams

from activities.payments import Payments, Refunds
from activities.payments.via_storefront import StorefrontPayments
from activities.payments.via_stripe import StripePayments
from domain.collection import PaymentPage
from domain.order import TenderKind
from domain.refund import Refund, RefundIntention
from embedded.simulators import build
from embedded.simulators.serve import address, listen, running
from embedded.simulators.storefront import SECRET
from embedded.simulators.storefront.signing import call_signature

Made = list[tuple[str, int, str]]
"""Refunds as the provider has them, newest first: its id, the amount in its own units, and our key."""


class Way(Protocol):
    """A way for money back, with its adapter. Amounts are in the other side's own units here."""

    @property
    def payments(self) -> Refunds:
        """The adapter."""

    def paid(self, amount: int, currency: str = "eur") -> str:
        """A new payment of so much; gives its id."""

    def refunds(self, payment: str) -> Made:
        """All refunds of a payment, seen by other means than the adapter's."""

    def refund_elsewhere(self, payment: str, amount: int, key: str = "") -> None:
        """A refund that this adapter did not make, carrying another's key or none."""

    def forget_keys(self) -> None:
        """As after a day: every key is new again; skips the test where nobody can say."""


class Provider(Way, Protocol):
    """A payment provider, whose own account of its refunds can be read."""

    @property
    def payments(self) -> Payments:
        """The adapter."""

    def next(self, **outcome: str) -> None:
        """How the next refund goes; skips the test where nobody can say."""

    def move(self, refund: str, **outcome: str) -> None:
        """What becomes of a refund later; skips the test where nobody can say."""

    def pay(self, page: PaymentPage, *, late: bool = False) -> None:
        """A shopper pays, `late` where they had the page open when it was closed; skips where only a person can."""


class StripeLike:
    """Anything that speaks Stripe's API."""

    def __init__(self, key: str, base: str) -> None:
        self.key, self.base = key, base
        self.payments: Payments = self.adapter()
        self._client = stripe.StripeClient(key, base_addresses={"api": base})

    def adapter(self, timeout: float = 10) -> StripePayments:
        """A new adapter, as another process would have it."""
        return StripePayments(self.key, self.base, timeout)

    def paid(self, amount: int, currency: str = "eur") -> str:
        """By Stripe's own test card."""
        create = self._client.v1.payment_intents.create
        ask: PaymentIntentCreateParams = {
            "amount": amount,
            "currency": currency,
            "confirm": True,
            "payment_method": "pm_card_visa",
        }
        try:
            return create({**ask, "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}).id
        except stripe.InvalidRequestError as error:
            if error.code != "parameter_unknown":  # as stand-ins answer, which know no redirects
                raise
            return create(ask).id

    def refunds(self, payment: str) -> Made:
        """Through the bare SDK."""
        page = self._client.v1.refunds.list({"payment_intent": payment, "limit": 100})
        return [
            (one.id, one.amount, (one.metadata.to_dict() if one.metadata else {}).get("backhaul_key", ""))
            for one in page.auto_paging_iter()
        ]

    def refund_elsewhere(self, payment: str, amount: int, key: str = "") -> None:
        """As from Stripe's dashboard."""
        self._client.v1.refunds.create(
            {"payment_intent": payment, "amount": amount, "metadata": {"backhaul_key": key} if key else {}}
        )

    def next(self, **outcome: str) -> None:
        """Nobody can tell a real provider."""
        pytest.skip("needs the simulator's controls: this provider decides for itself how a refund goes")

    def move(self, refund: str, **outcome: str) -> None:
        """Nobody can tell a real provider."""
        pytest.skip("needs the simulator's controls: this provider decides for itself how a refund goes")

    def pay(self, page: PaymentPage, *, late: bool = False) -> None:
        """Only people pay on pages."""
        pytest.skip("needs the simulator's controls: only a person with a browser pays on this provider's page")

    def forget_keys(self) -> None:
        """Nobody can wait for a day."""
        pytest.skip("needs the simulator's controls: this provider keeps its keys for a day")


class Simulator(StripeLike):
    """The embedded one, with its controls."""

    def __init__(self, url: str) -> None:
        super().__init__("sk_test_contract", f"{url}/stripe")
        self.url = url
        self._http = httpx2.Client(base_url=f"{url}/stripe/_control", timeout=10, verify=False)
        self._numbers = itertools.count(1)

    def control(self, path: str, **body: Any) -> None:
        """Have the world do something."""
        self._http.post(path, json=body).raise_for_status()

    def paid(self, amount: int, currency: str = "eur") -> str:
        """Under an id of our own."""
        payment = f"pi_{next(self._numbers)}"
        self.control("/payment_intents", id=payment, amount=amount, currency=currency)
        return payment

    def next(self, **outcome: str) -> None:
        """As told."""
        self.control("/next_refund", **outcome)

    def move(self, refund: str, **outcome: str) -> None:
        """As told."""
        self.control(f"/refunds/{refund}", **outcome)

    def pay(self, page: PaymentPage, *, late: bool = False) -> None:
        """At once."""
        self.control(f"/payment_links/{page.id}/pay", late=late)

    def hold(self, moment: str) -> None:
        """Keep refunds waiting `before` they are made, or `after`, when only their answer is kept back."""
        self.control("/hold", hold=True, moment=moment)

    def forget_keys(self) -> None:
        """At once."""
        self.control("/forget_keys")

    def settle(self) -> None:
        """Let everything go on, and the next refund succeed."""
        self.control("/hold", hold=False)
        self.control("/next_refund", status="succeeded")

    def calls(self) -> dict[str, int]:
        """How many calls for a refund came in, and how many refunds there are."""
        answer = self._http.get("/calls")
        return {name: int(count) for name, count in answer.json().items()}

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class Purses:
    """The embedded storefront: gift cards, or with `kind` the store credit of customers, each under a name of ours."""

    def __init__(self, url: str, kind: TenderKind, name: str) -> None:
        self.url, self.kind, self._name = f"{url}/storefront", kind, name
        self._numbers = itertools.count(1)

    @property
    def payments(self) -> Refunds:
        """Asked about purses, whatever the contract's intentions are about."""
        return _About(StorefrontPayments(self.url, SECRET), self.kind)

    def paid(self, amount: int, currency: str = "eur") -> str:
        """A gift card from elsewhere; a customer needs nothing."""
        purse = f"{self._name}-{next(self._numbers)}"
        if self.kind is TenderKind.GIFT_CARD:
            card = {"id": purse, "amount": amount, "currency": currency.upper()}
            httpx2.post(f"{self.url}/_control/gift_cards", json=card, timeout=10, verify=False).raise_for_status()
        return purse

    def refunds(self, payment: str) -> Made:
        """By the purse's history."""
        told = self.signed("GET", f"{self._target(payment)}/history").raise_for_status().json()["data"]
        return [(one["id"], one["amount"], one["reference"]) for one in told if one["kind"] == "credit"]

    def refund_elsewhere(self, payment: str, amount: int, key: str = "") -> None:
        """As somebody at the shop does it."""
        body = {"amount": amount, "currency": "EUR", "reference": key or "desk"}
        asked = f"desk-{self._name}-{next(self._numbers)}"
        self.signed("POST", f"{self._target(payment)}/credits", json.dumps(body).encode(), asked).raise_for_status()

    def forget_keys(self) -> None:
        """A day passes, by the clock that all simulators share."""
        clock = self.url.replace("/storefront", "/stripe/_control/clock")
        httpx2.post(clock, json={"advance": 24 * 3600}, timeout=10, verify=False).raise_for_status()

    def signed(self, method: str, target: str, body: bytes = b"", key: str = "") -> httpx2.Response:
        """A call by whoever knows the secret."""
        at = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "X-Storefront-Timestamp": str(at),
            "X-Storefront-Signature": call_signature(SECRET, at, method, target, key, body),
            **({"Idempotency-Key": key} if key else {}),
        }
        return httpx2.request(method, self.url + target, content=body, headers=headers, timeout=10, verify=False)

    def _target(self, payment: str) -> str:
        return f"/{'gift_cards' if self.kind is TenderKind.GIFT_CARD else 'store_credit'}/{payment}"


class _About:
    def __init__(self, adapter: Refunds, kind: TenderKind) -> None:
        self._adapter, self._kind = adapter, kind

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        return self._adapter.refund(self._with_kind(intention), now)

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        return self._adapter.find(self._with_kind(intention), now)

    def _with_kind(self, intention: RefundIntention) -> RefundIntention:
        return intention.model_copy(update={"kind": self._kind, "customer": intention.payment})


@contextmanager
def simulator(folder: Path) -> Iterator[Simulator]:
    """The simulators on a free port, in a thread with a loop of its own."""
    ready: Future[tuple[str, asyncio.AbstractEventLoop]] = Future()
    stopping = asyncio.Event()

    async def serve() -> None:
        listener = listen(0)
        async with running(build(folder, address(listener)), listener) as url:
            ready.set_result((url, asyncio.get_running_loop()))
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, loop = ready.result(20)
    made = Simulator(url)
    try:
        yield made
    finally:
        made.close()
        loop.call_soon_threadsafe(stopping.set)
        thread.join(20)


def elsewhere() -> StripeLike | None:
    """The Stripe-compatible address that the environment names, if it names one."""
    base, key = os.environ.get("STRIPE_API_BASE"), os.environ.get("STRIPE_API_KEY")
    return StripeLike(key, base) if base and key else None
