"""From the text of a file to an order: finds out which format it is in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, Never

from activities.storefront.native import FORMAT, import_native
from activities.storefront.shopify import import_shopify
from domain.errors import InvalidRequest
from domain.order import ImportedOrder

OrderFormat = Literal["auto", "shopify", "backhaul"]

_IMPORTERS = {"shopify": import_shopify, "backhaul": import_native}


def read_order(
    text: str, format: OrderFormat = "auto", payment: str | None = None, delivered_at: datetime | None = None
) -> ImportedOrder:
    """The order in a JSON text, amounts in minor units; see the importers for `payment` and `delivered_at`.

    Raises InvalidRequest naming `file` (no JSON, no order), `format`, or the field of the order that is wrong.
    """
    payload = _decoded(text)
    importer = _IMPORTERS.get(_format_of(payload) if format == "auto" else format)
    if importer is None:
        raise InvalidRequest("format", "it is auto, shopify or backhaul")
    return importer(payload, payment=payment, delivered_at=delivered_at)


def _decoded(text: str) -> object:
    try:
        # Decimal keeps every figure exactly as it was written
        decoded: object = json.loads(text.removeprefix("\ufeff"), parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        words = f"this is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise InvalidRequest("file", words) from None
    except (ValueError, ArithmeticError):
        raise InvalidRequest("file", "it holds a number that is none, or one that is too large") from None
    except RecursionError:
        raise InvalidRequest("file", "it is nested too deeply for an order") from None
    return decoded


def _no_number(name: str) -> Never:
    raise ValueError(f"{name} is no number")


def _format_of(payload: object) -> str:
    if isinstance(payload, Mapping):
        inner = payload.get("order", payload)
        if "format" in payload:
            return "backhaul"
        if isinstance(inner, Mapping) and "line_items" in inner:
            return "shopify"
    raise InvalidRequest("file", f'this is no order: neither Shopify\'s JSON nor ours ("format": "{FORMAT}")')
