"""Who speaks: signatures of calls to the storefront, and of the events that it receives."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time

from starlette.datastructures import Headers

from embedded.simulators.storefront.errors import StorefrontError

TOLERANCE = 300
"""Seconds by which the time of a signature may differ from the storefront's clock."""


def call_signature(secret: str, at: int, method: str, target: str, key: str, body: bytes) -> str:
    """The header `X-Storefront-Signature` of a call: HMAC-SHA256 over time, method, target, idempotency key and body.

    `target` is the path below the storefront's address, with its query: `/credits?reference=refund:R-1`.
    """
    signed = f"{at}.{method}.{target}.{key}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def check_call(secret: str, headers: Headers, method: str, target: str, body: bytes) -> None:
    """Raises StorefrontError 401 unless a call is signed, rightly and just now."""
    given, said = headers.get("x-storefront-signature", ""), headers.get("x-storefront-timestamp", "")
    if not given or not said:
        text = "Sign the call: X-Storefront-Timestamp and X-Storefront-Signature."
        raise StorefrontError(401, "signature_missing", text)
    at = _just_now(said)
    right = call_signature(secret, at, method, target, headers.get("idempotency-key", ""), body)
    if not hmac.compare_digest(right.encode(), given.encode()):
        text = "The signature is not that of this call; compare secret, target, idempotency key and body."
        raise StorefrontError(401, "signature_invalid", text)


def check_event(secret: str, headers: Headers, body: bytes) -> str:
    """The id of an event that is signed by the Standard Webhooks scheme. Raises StorefrontError 401 for any other.

    `webhook-signature` holds one or more `v1,<base64>` over `{id}.{timestamp}.{body}`, with spaces between them.
    """
    id, said = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not id or not said or not given:
        text = "Sign the event: webhook-id, webhook-timestamp and webhook-signature."
        raise StorefrontError(401, "signature_missing", text)
    at = _just_now(said)
    right = "v1," + event_signature(secret, id, at, body)
    if not any(hmac.compare_digest(right.encode(), one.encode()) for one in given):
        raise StorefrontError(401, "signature_invalid", "None of the signatures is that of this event.")
    return id


def event_signature(secret: str, id: str, at: int, body: bytes) -> str:
    """The base64 part of an event's signature. Raises ValueError unless `secret` is `whsec_` and base64."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("an events secret is whsec_ and base64") from None
    return base64.b64encode(hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()).decode()


def _just_now(said: str) -> int:
    if not said.isascii() or not said.isdecimal() or len(said) > 12 or abs(int(said) - time.time()) > TOLERANCE:
        text = f"The timestamp has to be the time in seconds since 1970, within {TOLERANCE} seconds."
        raise StorefrontError(401, "timestamp_invalid", text)
    return int(said)
