"""SendGrid's event webhook: signed word of what became of each mail, by the receiver's address."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Annotated

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import Field

from activities.tls import trusted
from embedded.simulators.bodies import Body
from embedded.simulators.inbox import Mail

STORIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bounce@simulator.example": ("processed", "bounce"),
        "dropped@simulator.example": ("dropped",),
        "spam@simulator.example": ("processed", "delivered", "spamreport"),
        "silent@simulator.example": (),
    }
)
"""What is told of mails to these; of all others that they were processed and delivered."""
_TRIES, _PAUSE_SECONDS = 60, 1.0


class EventWebhook(Body):
    """Where events go, and the private number of the key (P-256) that they are signed with."""

    url: Annotated[str, Field(pattern=r"^http://(127\.0\.0\.1|localhost):[0-9]{1,5}/\S{0,200}$")]
    key: Annotated[str, Field(pattern=r"^[0-9]{1,78}$")]


def new_key() -> str:
    """A private number."""
    return str(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value)


def public_key(key: str) -> str:
    """Its public half, as SendGrid shows it."""
    der = _private(key).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


class Teller:
    """Tells the webhook in the background. What was not told when the stack stops is not told any more."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.webhook: EventWebhook | None = None
        self._transport = transport
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, mail: Mail) -> None:
        """All that becomes of a mail, each event by itself."""
        if self.webhook is not None:
            task = asyncio.create_task(self._carry(self.webhook, _events(mail)))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Until the body ends."""
        try:
            yield
        finally:
            for task in [*self._telling]:
                task.cancel()

    async def _carry(self, webhook: EventWebhook, events: list[dict[str, object]]) -> None:
        async with httpx2.AsyncClient(transport=self._transport, timeout=10, trust_env=False, verify=trusted()) as http:
            for event in events:
                for _ in range(_TRIES):
                    if await _posted(http, webhook, event):
                        break
                    await asyncio.sleep(_PAUSE_SECONDS)


async def _posted(http: httpx2.AsyncClient, webhook: EventWebhook, event: dict[str, object]) -> bool:
    # The real one ends its bodies so, and a body without its end has another signature.
    body, at = json.dumps([event]).encode() + b"\r\n", str(int(time.time()))
    signature = _private(webhook.key).sign(at.encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Email-Event-Webhook-Timestamp": at,
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
    }
    try:
        return (await http.post(webhook.url, content=body, headers=headers)).is_success
    except httpx2.HTTPError:
        return False


def _events(mail: Mail) -> list[dict[str, object]]:
    about: dict[str, object] = {
        **mail.custom_args,
        "email": mail.to[0],
        "timestamp": int(time.time()),
        "category": list(mail.categories),
        "sg_message_id": f"{mail.id}.simulated-0",
    }
    story = STORIES.get(mail.to[0].lower(), ("processed", "delivered"))
    return [{**about, "event": event, "sg_event_id": secrets.token_urlsafe(16)} for event in story]


def _private(key: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(key), ec.SECP256R1())
