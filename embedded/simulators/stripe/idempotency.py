"""One call per key: its first outcome is kept and replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.model import Model
from embedded.simulators.shelf import Rows
from embedded.simulators.stripe.errors import StripeError
from embedded.simulators.stripe.objects import Json
from embedded.simulators.stripe.params import Params

LONGEST_KEY = 255


class KeptCall(Model):
    """The outcome of the first call under a key. `asked` is a hash of its path and parameters."""

    asked: str
    status: int
    body: str


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


def once(rows: Rows, key: str | None, path: str, params: Params, work: Callable[[], Json]) -> Response:
    """Do `work` or replay what it gave the first time; belongs to the same transaction as the work itself.

    A StripeError of `work` that is not `settled` passes through, so a call that failed validation leaves no trace.
    """
    asked = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
    kept = rows.get(KeptCall, key) if key is not None else None
    if kept is not None:
        if kept.asked != asked:
            raise StripeError(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        return _answer(kept, replayed=True)
    try:
        call = KeptCall(asked=asked, status=200, body=json.dumps(work()))
    except StripeError as error:
        if not error.settled:
            raise
        call = KeptCall(asked=asked, status=error.status, body=json.dumps(error.body))
    if key is not None:
        rows.put(key, call)
    return _answer(call, replayed=False)


def _answer(call: KeptCall, *, replayed: bool) -> Response:
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return JSONResponse(json.loads(call.body), call.status, headers)
