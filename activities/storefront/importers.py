"""From the text of a file to an order: finds out which format it is in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, Never

from activities.storefront.native import FORMAT, import_native
from activities.storefront.shopify import import_shopify
from activities.storefront.woocommerce import import_woocommerce
from domain.errors import InvalidRequest
from domain.order import ImportedOrder

OrderFormat = Literal["auto", "shopify", "woocommerce", "backhaul"]

_IMPORTERS = {"shopify": import_shopify, "woocommerce": import_woocommerce, "backhaul": import_native}


def read_order(
    text: str,
    format: OrderFormat = "auto",
    payment: str | None = None,
    delivered_at: datetime | None = None,
    more: str | None = None,
) -> ImportedOrder:
    """The order in a JSON text, amounts in minor units; see the importers for `payment` and `delivered_at`.

    `more` is a second text: Shopify's transactions, or WooCommerce's refunds. Raises InvalidRequest naming `file` or
    `transactions` (no JSON, no order), `format`, or the field of the order that is wrong.
    """
    payload = _the_one(_decoded(text, "file"))
    importer = _IMPORTERS.get(_format_of(payload) if format == "auto" else format)
    if importer is None:
        raise InvalidRequest("format", f"it is auto, {', '.join(_IMPORTERS)}")
    second = None if more is None else _decoded(more, "transactions")
    return importer(payload, second, payment=payment, delivered_at=delivered_at)


def _the_one(payload: object) -> object:
    """The order of a list that has only this one, as shops' answers are."""
    listed = payload.get("orders") if isinstance(payload, Mapping) else payload
    if not isinstance(listed, list) or not listed:
        return payload
    if len(listed) > 1:
        raise InvalidRequest("file", f"it holds {len(listed)} orders; one is taken at a time")
    return listed[0]


def _decoded(text: str, field: str) -> object:
    try:
        # Decimal keeps every figure exactly as it was written
        decoded: object = json.loads(text.removeprefix("\ufeff"), parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        words = f"this is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise InvalidRequest(field, words) from None
    except (ValueError, ArithmeticError):
        raise InvalidRequest(field, "it holds a number that is none, or one that is too large") from None
    except RecursionError:
        raise InvalidRequest(field, "it is nested too deeply for an order") from None
    return decoded


def _no_number(name: str) -> Never:
    raise ValueError(f"{name} is no number")


def _format_of(payload: object) -> str:
    if isinstance(payload, Mapping):
        inner = payload.get("order", payload)
        if "format" in payload:
            return "backhaul"
        if isinstance(inner, Mapping) and "line_items" in inner:
            return "shopify" if "total_price" in inner else "woocommerce"
    words = f'this is no order: neither Shopify\'s nor WooCommerce\'s JSON, nor ours ("format": "{FORMAT}")'
    raise InvalidRequest("file", words)
