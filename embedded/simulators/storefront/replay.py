"""One credit per idempotency key: its first outcome is kept for a simulated day and replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from domain.model import Model
from embedded.simulators import clock
from embedded.simulators.bodies import Json
from embedded.simulators.faults import Fault
from embedded.simulators.shelf import Rows
from embedded.simulators.storefront.errors import StorefrontError

FORGOTTEN_AFTER = 24 * 3600
"""Seconds of simulated time after which a key is new again."""
_LONGEST_KEY = 255
BROKEN: Json = {"error": {"code": "internal_error", "message": "The storefront has a fault of its own."}}


class StoredAnswer(Model):
    """The outcome of the first call under a key. `asked` is a hash of its target and body."""

    asked: str
    status: int
    body: str
    made: int


def check_key(key: str | None) -> str:
    """The caller's key. Raises StorefrontError 400: whatever moves value has one."""
    if key is None or not 1 <= len(key) <= _LONGEST_KEY:
        text = f"Send an Idempotency-Key of 1 to {_LONGEST_KEY} characters with every call that moves value."
        raise StorefrontError(400, "idempotency_key_missing", text)
    return key


def once(rows: Rows, key: str, asked: bytes, fault: Fault | None, work: Callable[[], Json]) -> Response:
    """Do `work` or replay what it gave the first time. Raises StorefrontError 409 for a key of another call."""
    digest = hashlib.sha256(asked).hexdigest()
    kept = rows.get(StoredAnswer, key)
    if kept is not None and clock.now(rows) - kept.made < FORGOTTEN_AFTER:
        if kept.asked != digest:
            text = "This idempotency key belongs to another call; nothing was done."
            raise StorefrontError(409, "idempotency_key_reused", text)
        return JSONResponse(json.loads(kept.body), kept.status, {"Idempotent-Replayed": "true"})
    status, body = _done(fault, work)
    answer = StoredAnswer(asked=digest, status=status, body=json.dumps(body), made=clock.now(rows))
    rows.put(key, answer)
    return JSONResponse(body, status)


def _done(fault: Fault | None, work: Callable[[], Json]) -> tuple[int, Json]:
    if fault == "error_without_effect":
        return 500, BROKEN
    try:
        body = work()
    except StorefrontError as error:
        if not error.settled:
            raise
        return error.status, error.body
    return (500, BROKEN) if fault == "error_with_effect" else (201, body)
