"""Calls to a storefront for small things: signed, answered within seconds, and read as what they should be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import httpx2
from pydantic import ValidationError

from activities.answers import UNSIGNED, cannot_serve, said, signed
from activities.tls import trusted
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.model import Model

M = TypeVar("M", bound=Model)

TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer, unpacked; all that is asked for is small."""
FINAL = (400, 404, 409, 422)
"""Statuses with which the storefront itself says no."""
Translate = Callable[[int, Mapping[str, str], bytes], BackhaulError]
"""What an answer means that is no yes: its status, headers and body."""


def translated(status: int, headers: Mapping[str, str], body: bytes) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no."""
    if status == 401:
        return Unavailable(UNSIGNED)
    reason = said(body)
    # Anybody may have answered (a proxy, a wrong address); the storefront itself says why in an error object.
    if reason is None or status not in FINAL:
        return cannot_serve(status, headers)
    return Refused(reason.code, f"The storefront says no: {reason.message[:500] or reason.code}")


class Answer(NamedTuple):
    """What somebody answered, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Endless(httpx2.HTTPError):
    """An answer that has no end: too many bytes, or too slow."""


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    timeout: float,
    content: bytes = b"",
    params: Mapping[str, str] | None = None,
) -> Answer:
    """One call; redirects are not followed. Whoever answers cannot hold a thread, or fill the memory.

    Raises httpx2.HTTPError and httpx2.InvalidURL. `timeout` in seconds is for each step, and for the whole answer.
    """
    call = httpx2.stream(
        method, url, content=content, params=params, headers=headers, timeout=timeout, verify=trusted()
    )
    with call as answer:
        body, until = bytearray(), time.monotonic() + timeout
        for part in answer.iter_bytes():
            body += part
            if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                raise Endless(f"more than {LARGEST_ANSWER} bytes, or than {timeout} seconds")
        return Answer(answer.status_code, answer.headers, bytes(body))


class StorefrontCalls:
    """What several adapters ask of one storefront. Calls are signed with a secret shared with it; `timeout` in
    seconds."""

    def __init__(
        self, url: str, secret: str, timeout: float = TIMEOUT_SECONDS, translate: Translate = translated
    ) -> None:
        if not secret:
            raise InvalidRequest("BACKHAUL_STOREFRONT_SECRET", "it is empty; set the secret that the storefront knows")
        self._url = url.rstrip("/")
        self._secret = secret.encode()
        self._timeout = timeout
        self._translate = translate

    def get(self, shape: type[M], target: str) -> M:
        """GET as a model. Raises Unavailable, and Refused where the storefront itself says no."""
        return self._call(shape, "GET", target, b"", "")

    def post(self, shape: type[M], target: str, ask: Mapping[str, object], key: str) -> M:
        """POST under a key, as a model. Raises as `get` does."""
        return self._call(shape, "POST", target, json.dumps(ask, separators=(",", ":")).encode(), key)

    def _call(self, shape: type[M], method: str, target: str, body: bytes, key: str) -> M:
        headers = signed(self._secret, method, target, key, body)
        try:
            answer = ask(method, self._url + target, content=body, headers=headers, timeout=self._timeout)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # From None: the request in it holds the address and the signature.
            raise Unavailable(f"The storefront gave no answer ({type(error).__name__}).") from None
        if answer.status not in (200, 201):
            raise self._translate(answer.status, answer.headers, answer.content)
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError:
            raise Unavailable("The storefront's answer cannot be read; is BACKHAUL_STOREFRONT_URL right?") from None
