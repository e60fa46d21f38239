"""Providers to hold the `Payments` port against: what stands behind the adapter, and a hand on it."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
import stripe
from stripe.params import PaymentIntentCreateParams

from activities.payments import Payments
from activities.payments.via_stripe import StripePayments
from embedded.simulators import build
from embedded.simulators.serve import address, listen, running

Made = list[tuple[str, int, str]]
"""Refunds as the provider has them, newest first: its id, the amount in its own units, and our key."""


class Provider(Protocol):
    """A provider with its adapter. Amounts are in the provider's own units here."""

    payments: Payments

    def paid(self, amount: int, currency: str = "eur") -> str:
        """A new payment of so much; gives its id."""

    def refunds(self, payment: str) -> Made:
        """All refunds of a payment, seen by other means than the adapter's."""

    def refund_elsewhere(self, payment: str, amount: int, key: str = "") -> None:
        """A refund that this adapter did not make, carrying another's key or none."""

    def next(self, **outcome: str) -> None:
        """How the next refund goes; skips the test where nobody can say."""

    def move(self, refund: str, **outcome: str) -> None:
        """What becomes of a refund later; skips the test where nobody can say."""

    def forget_keys(self) -> None:
        """As after a day: every key is new again; skips the test where nobody can say."""


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
        pytest.skip("this provider decides for itself")

    def move(self, refund: str, **outcome: str) -> None:
        """Nobody can tell a real provider."""
        pytest.skip("this provider decides for itself")

    def forget_keys(self) -> None:
        """Nobody can wait for a day."""
        pytest.skip("this provider keeps its keys for a day")


class Simulator(StripeLike):
    """The embedded one, with its controls."""

    def __init__(self, url: str) -> None:
        super().__init__("sk_test_contract", f"{url}/stripe")
        self._http = httpx2.Client(base_url=f"{url}/stripe/_control", timeout=10)
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
