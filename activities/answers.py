"""What several rooms share where they speak to a storefront: how calls are signed, and what answers mean."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping

from pydantic import ValidationError

from domain.errors import Unavailable
from domain.model import Model

UNSIGNED = "The storefront does not accept our signature; is BACKHAUL_STOREFRONT_SECRET right, and the clock?"
_LONGEST_WAIT = 3600


class Said(Model):
    """Why a storefront says no: a code for programs, and words."""

    code: str
    message: str = ""


class _Error(Model):
    error: Said


def signed(secret: bytes, method: str, target: str, key: str, body: bytes) -> dict[str, str]:
    """The headers of a call to the storefront; `target` is the path below its address, with its query."""
    at = int(time.time())  # the storefront's own clock is what counts here, not the time of the question
    told = f"{at}.{method}.{target}.{key}.".encode() + body
    return {
        "Content-Type": "application/json",
        "X-Storefront-Timestamp": str(at),
        "X-Storefront-Signature": "v1=" + hmac.new(secret, told, hashlib.sha256).hexdigest(),
        **({"Idempotency-Key": key} if key else {}),
    }


def said(body: bytes) -> Said | None:
    """The reason in an answer; None if it gives none: then anybody may have answered (a proxy, a wrong address)."""
    try:
        return _Error.model_validate_json(body).error
    except ValidationError:
        return None


def cannot_serve(status: int, headers: Mapping[str, str]) -> Unavailable:
    """An answer that may still become another."""
    return Unavailable(f"The storefront cannot serve us now (HTTP {status}).", retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> int | None:
    """When to come back, in seconds, at most an hour; None if that is not said."""
    value = headers.get("retry-after", "")
    return min(int(value), _LONGEST_WAIT) if value.isdecimal() and len(value) < 10 else None
