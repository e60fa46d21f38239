"""Orders read at the storefront when they are needed, by calls that are signed with a secret shared with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import httpx2
from pydantic_core import from_json

from activities.answers import UNSIGNED, cannot_serve, said, signed
from activities.storefront.importers import OrderFormat
from activities.storefront.intake import Intake
from activities.tls import trusted
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.model import Model
from domain.order import Order
from domain.stores import Orders

TIMEOUT_SECONDS = 10.0
LARGEST_BODY = 2 * 1024 * 1024
"""Bytes; orders with a thousand lines have some hundred thousand."""
_REMEMBERED = 1000


class _Answer(Model):
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Known(Model):
    """Which version of an order we have."""

    etag: str
    order_id: str


class HttpStorefront:
    """A storefront's orders, in whose JSON `format` says; `timeout` in seconds is for one answer, all of it.

    What it tells goes through the same intake as a file: the order is put on the shelf, its person apart from it.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        intake: Intake,
        orders: Orders,
        format: OrderFormat = "auto",
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        if not url:
            raise InvalidRequest("BACKHAUL_STOREFRONT_URL", "it is empty; orders are to be read there")
        if not secret:
            raise InvalidRequest("BACKHAUL_STOREFRONT_SECRET", "it is empty; set the secret that the storefront knows")
        self._url = url.rstrip("/")
        self._secret = secret.encode()
        self._intake = intake
        self._orders = orders
        self._format = format
        self._timeout = timeout
        self._known: dict[str, _Known] = {}

    def order(self, order_id: str) -> Order | None:
        """GET the order by its id, else by its number. Raises Unavailable, and Refused for one that cannot be read."""
        known = self._known.get(order_id)
        there = self._orders.get(known.order_id) if known else None
        answer = self._get(f"/orders/{quote(order_id, safe='')}", known.etag if known and there else "")
        if answer.status == 304 and there:
            return there
        if answer.status == 200:
            return self._taken(order_id, answer)
        if _no_such_order(answer):
            answer = self._get(f"/orders?{urlencode({'number': order_id})}")
            if answer.status == 200:
                return self._taken(order_id, answer) if _holds_one(order_id, answer.body) else None
        raise _translated(answer)

    def _taken(self, order_id: str, answer: _Answer) -> Order:
        _decoded(answer.body)
        try:
            order = self._intake.take(answer.body.decode(), self._format, of=order_id)
        except InvalidRequest as error:
            text = f"the storefront's order {order_id} cannot be read ({error.message}); mend it there, then retry"
            raise Refused("order_unreadable", text) from None
        if order is None:
            raise Refused(
                "other_order", f"the storefront answers with another order than {order_id}; mend it, then retry"
            )
        if etag := answer.headers.get("etag"):
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[order_id] = _Known(etag=etag, order_id=order.id)
        return order

    def _get(self, target: str, etag: str = "") -> _Answer:
        headers = {**signed(self._secret, "GET", target, "", b""), "Accept": "application/json"}
        if etag:
            headers["If-None-Match"] = etag
        try:
            url = self._url + target
            with httpx2.stream("GET", url, headers=headers, timeout=self._timeout, verify=trusted()) as answer:
                body = self._bounded(answer)
                return _Answer(status=answer.status_code, headers=dict(answer.headers), body=body)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # From None: the request in it holds the address and the signature.
            raise Unavailable(f"The storefront gave no answer ({type(error).__name__}).") from None

    def _bounded(self, answer: httpx2.Response) -> bytes:
        body, until = bytearray(), time.monotonic() + self._timeout
        for part in answer.iter_bytes():
            body += part
            if len(body) > LARGEST_BODY:
                raise Refused("order_too_large", f"the storefront's order has more than {LARGEST_BODY} bytes")
            if time.monotonic() > until:
                raise Unavailable("The storefront takes too long over its answer.")
        return bytes(body)


def _no_such_order(answer: _Answer) -> bool:
    return answer.status == 404 and said(answer.body) is not None


def _holds_one(number: str, body: bytes) -> bool:
    """Whether a list has an order. Raises Refused if it has several."""
    listed = _decoded(body)
    found = listed.get("orders") if isinstance(listed, dict) else listed
    if not isinstance(found, list):
        return True
    if len(found) > 1:
        raise Refused("order_ambiguous", f"the storefront has {len(found)} orders {number}; ask for one by its id")
    return bool(found)


def _decoded(body: bytes) -> object:
    try:
        decoded: object = from_json(body)
    except ValueError:
        raise Unavailable("The storefront's answer is no JSON; is BACKHAUL_STOREFRONT_URL right?") from None
    return decoded


def _translated(answer: _Answer) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused where the storefront itself says no."""
    if answer.status == 401:
        return Unavailable(UNSIGNED)
    reason = said(answer.body)
    if reason is None or answer.status not in (400, 403, 404, 409, 410, 422):
        return cannot_serve(answer.status, answer.headers)
    return Refused(reason.code, f"The storefront refuses the order: {reason.message[:500] or reason.code}")
