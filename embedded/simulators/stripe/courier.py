"""Delivers events to webhook endpoints: signed, tried again with growing pauses, now and then wrongly on purpose."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

import httpx2

from activities.tls import trusted
from embedded.simulators import clock
from embedded.simulators.faults import WEBHOOKS, Fault, Faults
from embedded.simulators.shelf import Shelf
from embedded.simulators.stripe.events import StoredEvent, shown
from embedded.simulators.stripe.hooks import Attempt, Delivery, Endpoint, pending
from embedded.simulators.stripe.turn import new_id

PAUSES = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
"""Seconds of simulated time between the tries; after the last one the event is given up, after almost three days."""
_TIMEOUT = 10
_POSTPONED = 2
"""Seconds by which a reordered event comes later than it should."""


@dataclass(frozen=True)
class _Parcel:
    delivery: Delivery
    endpoint: Endpoint
    body: bytes
    fault: Fault | None


def signature(body: bytes, secret: str, at: int) -> str:
    """The header `Stripe-Signature` of a body sent at a time, in seconds since 1970 of the real clock."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    # Test mode sends an old scheme too, which nobody may trust.
    return f"t={at},v1={signed},v0={hashlib.sha256(signed.encode()).hexdigest()}"


class Courier:
    """Carries what `hooks` has noted down. `automatic`: in the background; else only when the controls say so."""

    def __init__(self, shelf: Shelf, faults: Faults, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.automatic = True
        self._shelf = shelf
        self._faults = faults
        self._transport = transport
        self._turns = asyncio.Lock()

    def next_due(self) -> int | None:
        """In how many seconds something is to be delivered."""
        with self._shelf.transaction() as rows:
            due = [delivery.due for delivery in rows.all(Delivery)]
            return max(0, min(due) - clock.now(rows)) if due else None

    async def step(self, *, early: bool = False, event: str | None = None) -> list[Attempt]:
        """Try once whatever is due, oldest first; `early`: also what still waits, and perhaps one event alone."""
        async with self._turns:
            parcels = self._pack(early, event)
            if not parcels:
                return []
            async with httpx2.AsyncClient(
                transport=self._transport, timeout=_TIMEOUT, trust_env=False, verify=trusted()
            ) as http:
                return [await self._carry(http, parcel) for parcel in parcels if not self._postponed(parcel)]

    def _pack(self, early: bool, event: str | None) -> list[_Parcel]:
        parcels = []
        with self._shelf.transaction() as rows:
            for delivery in reversed(rows.all(Delivery, event)):
                endpoint, told = rows.get(Endpoint, delivery.endpoint), rows.get(StoredEvent, delivery.event)
                if endpoint is None or told is None or not (early or delivery.due <= clock.now(rows)):
                    continue
                body = json.dumps(shown(told, pending(rows, told.id)), indent=2).encode()
                parcels.append(_Parcel(delivery, endpoint, body, self._faults.draw(rows, WEBHOOKS)))
        return parcels

    def _postponed(self, parcel: _Parcel) -> bool:
        if parcel.fault != "reorder" or parcel.delivery.postponed:
            return False
        with self._shelf.transaction() as rows:
            later = {"due": clock.now(rows) + _POSTPONED, "postponed": True}
            delivery = parcel.delivery.model_copy(update=later)
            # Taken away and put back, it stands behind what came after it.
            rows.remove(Delivery, delivery.id)
            rows.put(delivery.id, delivery, owner=delivery.event)
        return True

    async def _carry(self, http: httpx2.AsyncClient, parcel: _Parcel) -> Attempt:
        if parcel.fault == "drop":
            return self._note(parcel, 0, "lost on the way")
        status, words = await self._send(http, parcel)
        if parcel.fault == "duplicate":
            status, words = await self._send(http, parcel)
        return self._note(parcel, status, words)

    async def _send(self, http: httpx2.AsyncClient, parcel: _Parcel) -> tuple[int, str]:
        at = int(time.time())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(parcel.body, parcel.endpoint.secret, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            answer = await http.post(parcel.endpoint.url, content=parcel.body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return 0, type(error).__name__
        return answer.status_code, answer.text[:200]

    def _note(self, parcel: _Parcel, status: int, words: str) -> Attempt:
        """Whatever is not 2xx is tried again later."""
        delivery = parcel.delivery
        with self._shelf.transaction() as rows:
            now = clock.now(rows)
            attempt = Attempt(
                id=new_id("at_"),
                endpoint=delivery.endpoint,
                event=delivery.event,
                at=now,
                status=status,
                words=words,
            )
            rows.put(attempt.id, attempt, owner=delivery.event)
            if 200 <= status < 300 or delivery.tries >= len(PAUSES):
                rows.remove(Delivery, delivery.id)
            elif rows.get(Delivery, delivery.id) is not None:
                later = {"due": now + PAUSES[delivery.tries], "tries": delivery.tries + 1}
                rows.put(delivery.id, delivery.model_copy(update=later), owner=delivery.event)
        return attempt
