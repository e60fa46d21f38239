"""The simulators within the test's own process, with somebody who listens to their webhooks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import stripe
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from embedded.simulators import build
from tests.embedded.shapes import answer_conforms

SECRET = "whsec_here"
URL = "http://127.0.0.1"
AUTH = {"Authorization": "Bearer sk_test_here"}


class Listener:
    """Takes webhooks and checks their signatures with Stripe's own SDK; answers what it was told to."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.heard: list[dict[str, Any]] = []
        self.app = Starlette(routes=[Route("/webhooks", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        stripe.WebhookSignature.verify_header(body.decode(), request.headers["stripe-signature"], SECRET, 300)
        self.heard.append(json.loads(body))
        return PlainTextResponse("", self.answers.pop(0) if self.answers else 200)

    @property
    def types(self) -> list[str]:
        """What was heard, in order."""
        return [event["type"] for event in self.heard]


class Here:
    """The simulators, and a hand on them. Every answer of Stripe's API is held against its description."""

    def __init__(self, http: httpx2.AsyncClient, listener: Listener) -> None:
        self.http = http
        self.listener = listener

    async def ask(self, method: str, path: str, key: str | None = None, **params: Any) -> httpx2.Response:
        """Call Stripe's API; a dict stands for nested parameters."""
        headers = {**AUTH, "Idempotency-Key": key} if key else AUTH
        flat = dict(_flat(params))
        sent: Any = {"data": flat} if method == "POST" else {"params": flat}
        answer = await self.http.request(method, f"/stripe/v1/{path}", headers=headers, **sent)
        answer_conforms(answer.json())
        assert answer.headers["request-id"].startswith("req_")
        return answer

    async def get(self, path: str, **params: Any) -> Any:
        """Read something that is there."""
        answer = await self.ask("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, key: str | None = None, **params: Any) -> Any:
        """Have something done."""
        answer = await self.ask("POST", path, key, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, key: str | None = None, **params: Any) -> tuple[int, str | None]:
        """The status and code of a refusal."""
        answer = await self.ask("POST", path, key, **params)
        return answer.status_code, answer.json()["error"].get("code")

    async def control(self, path: str, **body: Any) -> Any:
        """Have the world do something."""
        answer = await self.http.post(f"/stripe/_control/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def pay(self, id: str = "pi_1", amount: int = 7000, currency: str = "eur") -> str:
        """A payment; gives its id."""
        await self.control("payment_intents", id=id, amount=amount, currency=currency)
        return id

    async def refund(self, amount: int | None = None, payment: str = "pi_1", **params: Any) -> Any:
        """A refund."""
        if amount is not None:
            params["amount"] = amount
        return await self.post("refunds", payment_intent=payment, **params)

    async def told(self, **params: Any) -> list[str]:
        """The types of all events, oldest first."""
        return [event["type"] for event in (await self.get("events", limit=100, **params))["data"]][::-1]

    async def listen(self, *events: str) -> Any:
        """Register the listener."""
        given = {"enabled_events": events} if events else {}
        return await self.control("webhook_endpoints", url=f"{URL}/webhooks", secret=SECRET, **given)

    async def deliver(self, **body: Any) -> list[int]:
        """Let the courier go once; gives the answers' statuses."""
        return [one["status"] for one in (await self.control("deliver", **body))["attempts"]]


def _flat(params: dict[str, Any], prefix: str = "") -> Any:
    for name, value in params.items():
        full = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            yield from _flat(value, full)
        elif isinstance(value, list):
            yield from _flat({str(index): one for index, one in enumerate(value)}, full)
        else:
            yield full, str(value).lower() if isinstance(value, bool) else value


@asynccontextmanager
async def here(folder: Path) -> AsyncIterator[Here]:
    """Nothing goes on in the background here: the controls do it."""
    listener = Listener()
    app = build(folder, URL, httpx2.ASGITransport(listener.app))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL, verify=False) as http:
        made = Here(http, listener)
        # Nothing here may depend on how busy the machine is.
        await made.control("clock", stopped=True)
        yield made
