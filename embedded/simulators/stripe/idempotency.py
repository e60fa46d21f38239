"""One call per key: its first outcome is kept and replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.faults import Fault
from embedded.simulators.stripe.calls import Asked
from embedded.simulators.stripe.errors import StripeError, broken
from embedded.simulators.stripe.turn import Turn

LONGEST_KEY = 255
FORGOTTEN_AFTER = 24 * 3600
"""Seconds of simulated time after which a key is new again."""


class KeptCall(Model):
    """The outcome of the first call under a key. `asked` is a hash of its path and parameters, `request` its id."""

    asked: str
    status: int
    body: str
    made: int = 0
    path: str = ""
    request: str = ""


def idempotency_key(request: Request) -> str | None:
    """The caller's key, if it sent one."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise StripeError(f"Idempotency keys are 1 to {LONGEST_KEY} characters long; yours has {len(key)}.")
    return key


class InFlight:
    """The keys of calls that are being carried out at this moment."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    @contextmanager
    def hold(self, key: str | None) -> Iterator[None]:
        """Take a key for the length of a call. Raises StripeError 409 while another call has it."""
        if key is None:
            yield
            return
        if key in self._keys:
            raise StripeError(
                "There is currently another in-progress request using this Idempotency Key. Please try again later.",
                status=409,
                code="idempotency_key_in_use",
            )
        self._keys.add(key)
        try:
            yield
        finally:
            self._keys.discard(key)


def once(turn: Turn, asked: Asked, fault: Fault | None, work: Callable[[], Json]) -> Response:
    """Do `work` or replay what it gave the first time; belongs to the same transaction as the work itself.

    A StripeError of `work` that is not `settled` passes through, so a call that failed validation leaves no trace. A
    fault of Stripe's own is kept under the key like any other outcome, whether the work was done or not.
    """
    digest = hashlib.sha256(json.dumps([asked.path, asked.id, asked.params], sort_keys=True).encode()).hexdigest()
    kept = turn.rows.get(KeptCall, turn.key) if turn.key is not None else None
    if kept is not None and turn.now - kept.made < FORGOTTEN_AFTER:
        if kept.path not in ("", asked.path):
            raise StripeError(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{kept.path}'). "
                f"Try using a key other than '{turn.key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        if kept.asked != digest:
            raise StripeError(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{turn.key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        return _answer(kept, replayed=True)
    status, body = _done(fault, work)
    call = KeptCall(
        asked=digest,
        status=status,
        body=json.dumps(body),
        made=turn.now,
        path=asked.path,
        request=turn.request or "",
    )
    if turn.key is not None:
        turn.rows.put(turn.key, call)
    return _answer(call, replayed=False)


def _done(fault: Fault | None, work: Callable[[], Json]) -> tuple[int, Json]:
    if fault == "error_without_effect":
        return 500, broken().body
    try:
        body = work()
    except StripeError as error:
        if not error.settled:
            raise
        return error.status, error.body
    return (500, broken().body) if fault == "error_with_effect" else (200, body)


def _answer(call: KeptCall, *, replayed: bool) -> Response:
    headers = {"Idempotent-Replayed": "true", "Original-Request": call.request} if replayed else None
    return JSONResponse(json.loads(call.body), call.status, headers)
