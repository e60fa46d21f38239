"""Orders as the storefront has them: any JSON, guarded by its ETag against being written over."""

from __future__ import annotations

import hashlib
import json

from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from domain.model import Model
from embedded.simulators.shelf import Rows
from embedded.simulators.storefront.errors import StorefrontError, missing

_LARGEST = 1_000_000


class StoredOrder(Model):
    """One order, byte by byte as it was put."""

    id: str
    text: str

    @property
    def etag(self) -> str:
        """What it is recognised by: another content has another one."""
        return f'"{hashlib.sha256(self.text.encode()).hexdigest()[:32]}"'


def get(rows: Rows, request: Request) -> Response:
    """The order, or 304 to whoever has it already."""
    order = rows.get(StoredOrder, request.path_params["id"])
    if order is None:
        raise missing("order", request.path_params["id"])
    if request.headers.get("if-none-match") == order.etag:
        return Response(status_code=304, headers={"ETag": order.etag})
    return Response(order.text, media_type="application/json", headers={"ETag": order.etag})


def numbered(rows: Rows, number: str) -> Response:
    """The orders with this number, in a list as shops' answers are."""
    found = [one.text for one in rows.all(StoredOrder) if number in _numbers(json.loads(one.text))]
    return Response('{"orders": [' + ", ".join(found) + "]}", media_type="application/json")


def _numbers(order: dict[str, JsonValue]) -> list[str]:
    """What an order may be called, whoever's JSON it is."""
    inner = order.get("order")
    whole = inner if isinstance(inner, dict) else order
    return [str(whole[name]).lstrip("#") for name in ("number", "order_number", "name") if name in whole]


def put(rows: Rows, request: Request, body: bytes) -> Response:
    """Write an order: over the one that the caller has seen (`If-Match`), or a new one (`If-None-Match: *`).

    Raises StorefrontError 428 without either, 412 if the order is another by now, 400 for what is no JSON object.
    """
    there = rows.get(StoredOrder, request.path_params["id"])
    match, new = request.headers.get("if-match"), request.headers.get("if-none-match") == "*"
    if match is None and not new:
        text = "Say which version you write over: If-Match with the order's ETag, or If-None-Match: * for a new one."
        raise StorefrontError(428, "precondition_required", text)
    if (there is not None) if new else (there is None or match != there.etag):
        text = "The order is not as you have seen it; read it again."
        raise StorefrontError(412, "precondition_failed", text)
    order = keep(rows, request.path_params["id"], body)
    return Response(status_code=204 if there else 201, headers={"ETag": order.etag})


def keep(rows: Rows, id: str, body: bytes) -> StoredOrder:
    """Store an order whatever was there. Raises StorefrontError 400 for what is no JSON object."""
    try:
        if len(body) > _LARGEST or not isinstance(json.loads(body), dict):
            raise ValueError
        order = StoredOrder(id=id, text=body.decode())
    except (ValueError, RecursionError):
        raise StorefrontError(400, "invalid", "An order is a JSON object of at most one megabyte.") from None
    rows.put(id, order)
    return order
