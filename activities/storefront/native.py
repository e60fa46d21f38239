"""Our own order JSON, `backhaul.order/1`; its schema is docs/order.schema.json.

python -m activities.storefront.native > docs/order.schema.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import JsonSchemaValue

from activities.storefront.reading import make, utc
from activities.storefront.tenders import step
from domain.errors import InvalidRequest
from domain.kits import KitPart, kit_lines, refunded_parts
from domain.model import Model
from domain.order import Contact, Delivery, ImportedOrder, Order, OrderLine, TenderKind

FORMAT = "backhaul.order/1"


class SoldLine(OrderLine):
    """A line as it was sold. A kit names its `parts`; they become the lines `{kit}.1`, `{kit}.2`, ... of the order."""

    parts: Annotated[tuple[KitPart, ...], Field(max_length=100)] = ()


class SoldOrder(Order):
    """An order as it was sold, with its kits whole."""

    lines: Annotated[tuple[SoldLine, ...], Field(min_length=1, max_length=1000)]

    def _refunds_within_sale(self) -> None:
        # Refunds may name a kit or its parts, so they are checked when the parts are lines.
        return


class OrderDocument(Model):
    """An order and the person who placed it. All amounts are whole minor units (cents) of the order's currency."""

    format: Literal["backhaul.order/1"]
    order: SoldOrder
    contact: Contact


def import_native(
    payload: object, more: object = None, *, payment: str | None = None, delivered_at: datetime | None = None
) -> ImportedOrder:
    """An order from our own JSON; fields that it does not have are refused.

    `payment` stands in for tenders that are left out or unknown; `delivered_at` replaces the deliveries of every line.
    There is nothing to be said in a second document.
    Raises InvalidRequest naming the field by its path.
    """
    if more is not None:
        raise InvalidRequest("transactions", "an order in our own format has its payments in it; leave them out")
    payload, names = _with_payment(payload, payment)
    document = make(OrderDocument, payload, names=names, extra="forbid")
    order, contact, moment = _with_parts(document.order), document.contact, utc(delivered_at)
    if contact.customer_id != order.customer_id:
        raise InvalidRequest("contact.customer_id", f"it must be the order's own, {order.customer_id}")
    if moment is not None:
        lines = tuple(_all_delivered(line, moment) for line in order.lines)
        order = order.model_copy(update={"lines": lines})
    return ImportedOrder(order=order, contact=contact)


def _with_parts(sold: SoldOrder) -> Order:
    """The order with the parts of each kit as its lines, in its refunds, too; the arithmetic knows no other kits."""
    lines: list[OrderLine] = []
    for line in sold.lines:
        whole = OrderLine.model_validate(line.model_dump(exclude={"parts"}))
        lines += kit_lines(whole, line.parts) if line.parts else (whole,)
    refunds = []
    for one in sold.refunds:
        parts = tuple(part for back in one.lines for part in refunded_parts(back, lines, sold.paid_for))
        refunds.append(one.model_copy(update={"lines": parts}))
    order = {
        **sold.model_dump(exclude={"lines", "refunds"}),
        "lines": [line.model_dump() for line in lines],
        "refunds": [refund.model_dump() for refund in refunds],
    }
    return make(Order, order, "order")


def _all_delivered(line: OrderLine, at: datetime) -> OrderLine:
    return line.model_copy(update={"deliveries": (Delivery(quantity=line.quantity, at=at),)})


def order_schema() -> JsonSchemaValue:
    """The JSON Schema of the format, made from the models that read it."""
    schema = OrderDocument.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        if part["type"] == "object":
            part["additionalProperties"] = False
    schema["$defs"]["SoldOrder"]["required"].remove("tenders")
    schema["$defs"]["SoldOrder"]["properties"]["tenders"]["description"] = (
        "Every payment of the order; may be left out where one payment is named at the import."
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_payment(payload: object, payment: str | None) -> tuple[object, dict[str, str]]:
    """The payload with `payment` as its tender, and what the tender's fields are called in errors then."""
    order = payload.get("order") if isinstance(payload, Mapping) else None
    if payment is None or not isinstance(payload, Mapping) or not isinstance(order, Mapping):
        return payload, {}
    tenders = order.get("tenders") or []
    if not isinstance(tenders, list) or not all(isinstance(one, Mapping) for one in tenders):
        return payload, {}
    if any(one.get("kind") != TenderKind.UNKNOWN for one in tenders):
        if payment in [one.get("id") for one in tenders]:
            return payload, {}
        raise InvalidRequest("payment", "the order names its own tenders and this is none of them; leave it out")
    currency = str(order.get("currency"))
    card = {
        "id": payment,
        "kind": TenderKind.CARD,
        "captured": order.get("total"),
        "step": step(TenderKind.CARD, currency),
    }
    names = {"order.tenders.0.id": "payment", "order.tenders.0.captured": "order.total"}
    return {**payload, "order": {**order, "tenders": [card]}}, names


if __name__ == "__main__":
    sys.stdout.write(json.dumps(order_schema(), indent=2, ensure_ascii=False) + "\n")
