"""A warehouse system that keeps the stock, told by webhook: signed as Standard Webhooks has it, once per key."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import httpx2
from pydantic import ValidationError
from standardwebhooks import Webhook

from activities.calling import ask
from activities.inventory.items import Goods, Item
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.model import Model
from ledger import accounts

TIMEOUT_SECONDS = 10
_LONGEST_WAIT = 3600
_FINAL = (400, 404, 409, 422)
_LEAST_SECRET = 24
"""Bytes."""


class _Said(Model):
    code: str
    message: str = ""


class _Error(Model):
    error: _Said


class WebhookInventory:
    """Calls `url` with what is asked of the stock. `secret` is `whsec_` and base64, or two of them with a space between
    while one takes the other's place; `timeout` in seconds."""

    def __init__(self, url: str, secret: str, timeout: float = TIMEOUT_SECONDS) -> None:
        if not url.startswith(("https://", "http://")):
            raise InvalidRequest("BACKHAUL_WAREHOUSE_URL", "it has to begin with https:// (or http://)")
        self._url = url
        self._signers = [_signer(one) for one in secret.split()]
        if not self._signers:
            raise InvalidRequest("BACKHAUL_WAREHOUSE_SECRET", "it is empty; set the secret that the warehouse knows")
        self._timeout = timeout

    def receive(self, key: str, goods: Goods) -> None:
        """POST `inventory.receive`."""
        self._tell("receive", key, goods)

    def restock(self, key: str, goods: Goods) -> None:
        """POST `inventory.restock`."""
        self._tell("restock", key, goods)

    def quarantine(self, key: str, goods: Goods) -> None:
        """POST `inventory.quarantine`."""
        self._tell("quarantine", key, goods)

    def scrap(self, key: str, goods: Goods) -> None:
        """POST `inventory.scrap`."""
        self._tell("scrap", key, goods)

    def reserve(self, key: str, goods: Goods) -> None:
        """POST `inventory.reserve`; the warehouse says no with the code `out_of_stock`."""
        self._tell("reserve", key, goods)

    def release(self, key: str, reserved: str, goods: Goods) -> None:
        """POST `inventory.release`, which names the reservation's key."""
        self._tell("release", key, goods, reserved=reserved)

    def shelf(self, location: str, sku: str) -> str:
        """Not guarded here: the warehouse knows how many it has."""
        return accounts.supply(location, sku)

    def _tell(self, verb: str, key: str, goods: Goods, **more: str) -> None:
        """Without any time in the body: the same key carries the same bytes, however often it is sent."""
        data = {"key": key, "return": goods.case, "order": goods.order_id, **more, "items": _items(goods.items)}
        body = json.dumps({"type": f"inventory.{verb}", "data": data}, separators=(",", ":"))
        try:
            headers = self._headers(key, body)
            answer = ask("POST", self._url, content=body.encode(), headers=headers, timeout=self._timeout)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # From None: the request in it holds the address and the signature.
            raise Unavailable(f"The warehouse gave no answer ({type(error).__name__}).") from None
        if not 200 <= answer.status < 300:
            raise translate(answer.status, answer.headers, answer.content)

    def _headers(self, key: str, body: str) -> dict[str, str]:
        # A point in the id would let a signature be read in two ways, and our keys may have some.
        message = f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        at = datetime.now(UTC)  # the warehouse's own clock is what counts here, not the time of the question
        return {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(one.sign(message, at, body) for one in self._signers),
        }


def translate(status: int, headers: Mapping[str, str], body: bytes) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no about these goods."""
    if status in (401, 403):
        text = "The warehouse does not accept our signature; is BACKHAUL_WAREHOUSE_SECRET right, and the clock?"
        return Unavailable(text)
    try:
        said = _Error.model_validate_json(body).error
    except ValidationError:
        said = None
    # Anybody may have answered (a proxy, a wrong address); the warehouse itself says why in an error object.
    if said is None or not said.code or status not in _FINAL:
        return Unavailable(f"The warehouse cannot serve us now (HTTP {status}).", _retry_after(headers))
    return Refused(said.code[:100], f"The warehouse refuses it: {said.message[:500] or said.code[:100]}")


def _signer(secret: str) -> Webhook:
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except NotBase64:
        key = b""
    if len(key) < _LEAST_SECRET:
        words = f"it has to be whsec_ and the base64 of at least {_LEAST_SECRET} bytes"
        raise InvalidRequest("BACKHAUL_WAREHOUSE_SECRET", words)
    return Webhook(key)


def _items(items: Sequence[Item]) -> list[dict[str, object]]:
    return [one.model_dump(mode="json", exclude_none=True) for one in items]


def _retry_after(headers: Mapping[str, str]) -> int | None:
    value = headers.get("retry-after", "")
    return min(int(value), _LONGEST_WAIT) if value.isdecimal() and len(value) < 10 else None
