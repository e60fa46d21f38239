"""Goods that the storefront has sent: an order for its fulfilment, found again by our key."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import Field

from activities.calling import StorefrontCalls
from activities.inventory.items import Goods
from activities.inventory.shipping import Dispatched
from domain.errors import Refused
from domain.model import Model


class _Fulfilment(Model):
    id: str
    reference: str
    status: str
    tracking_number: str = Field(default="", max_length=64)
    carrier: str = Field(default="", max_length=64)


class _Fulfilments(Model):
    data: tuple[_Fulfilment, ...]


class StorefrontFulfilment:
    """POST /fulfilments, once per key; how it stands is read by its reference, which is the key."""

    def __init__(self, calls: StorefrontCalls) -> None:
        self._calls = calls

    def ship(self, key: str, goods: Goods) -> Dispatched | None:
        """None until it is on its way. Raises Refused `not_shipped` for one that was called off there."""
        found = self._calls.get(_Fulfilments, f"/fulfilments?{urlencode({'reference': key})}").data
        made = found[0] if found else self._calls.post(_Fulfilment, "/fulfilments", _asked(key, goods), key)
        if made.status == "cancelled":
            text = f"the storefront has called off {made.id}, which was to be sent to the shopper"
            raise Refused("not_shipped", f"{text}; send it another way, and say `shipped`")
        if made.status != "shipped":
            return None
        return Dispatched(tracking_number=made.tracking_number, carrier=made.carrier)


def _asked(key: str, goods: Goods) -> dict[str, object]:
    items = [{"line_id": one.line_id, "sku": one.sku, "quantity": one.quantity} for one in goods.items]
    return {"reference": key, "order": goods.order_id, "return": goods.case, "items": items}
