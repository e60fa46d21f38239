"""The portal of the stack: its process, and who sends webhooks to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx2

from activities.payments.stripe_events import EVENTS
from activities.tls import trusted
from domain.errors import Unavailable
from embedded import children
from embedded.children import Child

SECRET = "whsec_embedded"
"""What Stripe's stand-in signs with; it reaches this machine only."""

_WEBHOOKS = "/webhooks/stripe"
_START_SECONDS = 30


async def start(logs: Path, environment: Mapping[str, str]) -> Child:
    """Start the process."""
    return await children.start("portal", [sys.executable, "-m", "portal"], logs, environment)


async def ready(portal: Child, port: int) -> None:
    """Wait until it takes webhooks. Raises Unavailable if it does not."""
    try:
        async with asyncio.timeout(_START_SECONDS), httpx2.AsyncClient(verify=trusted()) as http:
            while not await _answers(http, f"http://127.0.0.1:{port}/health"):
                if not portal.alive.is_set():
                    raise Unavailable("The portal ended while it started; see logs/portal.log in the home folder.")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise Unavailable("The portal does not answer; see logs/portal.log in the home folder.") from None


async def register(portal: str, stripe: str, key: str) -> None:
    """Have Stripe's stand-in send the events that we act on to this portal, and to none of an earlier run."""
    url = f"{portal}{_WEBHOOKS}"
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, verify=trusted()) as http:
        given = {"url": url, "secret": SECRET, "enabled_events": list(EVENTS)}
        (await http.post(f"{stripe}/_control/webhook_endpoints", json=given)).raise_for_status()
        # Faults that the stand-in was told to make may stand in the way; then it knocks at closed doors for a while.
        with suppress(httpx2.TransportError, ValueError, LookupError):
            for one in (await http.get(f"{stripe}/v1/webhook_endpoints", params={"limit": 100})).json()["data"]:
                if one["url"] != url and one["url"].endswith(_WEBHOOKS):
                    await http.delete(f"{stripe}/v1/webhook_endpoints/{one['id']}")


async def register_mail(port: int, sendgrid: str, key: str) -> None:
    """Have SendGrid's stand-in tell this port what becomes of mails, signed with this key."""
    async with httpx2.AsyncClient(verify=trusted()) as http:
        given = {"url": f"http://127.0.0.1:{port}/webhooks/sendgrid", "key": key}
        (await http.post(f"{sendgrid}/_control/event_webhook", json=given)).raise_for_status()


async def _answers(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == 200
    except httpx2.TransportError:
        return False
