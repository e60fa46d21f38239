"""Events by HTTP, signed as in the Standard Webhooks specification; whoever receives them needs no library of ours."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import cached_property

import httpx2
from standardwebhooks import Webhook

from activities.answers import retry_after
from activities.tls import trusted
from domain.errors import Unavailable
from domain.event import Endpoint, OutgoingRow

TIMEOUT_SECONDS = 15.0
_GONE = 410


class StandardWebhooks:
    """One POST per event; `timeout` in seconds is for all of it. Redirects are not followed."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout

    async def deliver(self, endpoint: Endpoint, row: OutgoingRow, now: datetime) -> None:
        """POST one event. Any answer but 2xx is Unavailable: what it means is for people to find out."""
        secrets = endpoint.secret.get_secret_value().split()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Backhaul",
            "webhook-id": row.id,
            # Of this attempt: receivers take no old ones.
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(one).sign(row.id, now, row.body) for one in secrets),
        }
        request = self._http.stream("POST", endpoint.url, content=row.body.encode(), headers=headers)
        try:
            async with asyncio.timeout(self._timeout):
                # What it says besides is not read: it may be long, and nothing is made of it.
                async with request as answer:
                    status, wait = answer.status_code, retry_after(answer.headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            # From None: the request in it holds the address and the signature.
            raise Unavailable(f"{endpoint.name} gave no answer ({type(error).__name__}).") from None
        if status == _GONE:
            text = f"{endpoint.name} wants no events any more (HTTP 410); take it out of BACKHAUL_EVENT_ENDPOINTS."
            raise Unavailable(text)
        if not 200 <= status < 300:
            raise Unavailable(f"{endpoint.name} did not take it (HTTP {status}).", wait)

    @cached_property
    def _http(self) -> httpx2.AsyncClient:
        # Made once, because connections are used again.
        return httpx2.AsyncClient(timeout=None, verify=trusted())

    async def close(self) -> None:
        """Let the connections go."""
        if "_http" in vars(self):
            await self._http.aclose()
