"""What the shop sells now, and parcels that it is asked to send to its shoppers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints
from starlette.responses import JSONResponse, Response

from domain.exchange import Variant
from domain.model import Model
from embedded.simulators.bodies import Body, Json
from embedded.simulators.shelf import Rows
from embedded.simulators.storefront.errors import missing

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Item(Body):
    """So many units of one thing."""

    line_id: Text
    sku: Text
    quantity: Annotated[int, Field(strict=True, ge=1, le=10**6)]


class NewFulfilment(Body):
    """What is to be sent, under whose reference."""

    reference: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
    order: Text
    case: Annotated[Text, Field(alias="return")]
    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class Fulfilment(Model):
    """One parcel. `open` until somebody has packed it."""

    id: str
    reference: str
    order: str
    case: str
    items: tuple[Item, ...]
    status: Literal["open", "shipped", "cancelled"]


class Packing(Model):
    """Whether parcels are packed as soon as they are asked for, and how many there were."""

    at_once: bool = True
    made: int = 0


class Pack(Body):
    """From now on parcels are packed at once, or wait; those that wait become what `waiting` says."""

    at_once: bool
    waiting: Literal["open", "shipped", "cancelled"] = "open"


def variant(rows: Rows, sku: str) -> Response:
    """One that is sold. Raises StorefrontError 404 for what is not."""
    found = rows.get(Variant, sku)
    if found is None:
        raise missing("variant", sku)
    return JSONResponse(found.model_dump(mode="json"))


def new(rows: Rows, ask: NewFulfilment) -> Json:
    """A parcel to be sent."""
    packing = rows.get(Packing, "packing") or Packing()
    packing = packing.model_copy(update={"made": packing.made + 1})
    rows.put("packing", packing)
    made = Fulfilment(
        id=f"ful_{packing.made}",
        reference=ask.reference,
        order=ask.order,
        case=ask.case,
        items=ask.items,
        status="shipped" if packing.at_once else "open",
    )
    rows.put(made.id, made)
    return shown(made)


def listed(rows: Rows, reference: str | None) -> list[Json]:
    """All parcels, or those of one reference."""
    return [shown(one) for one in rows.all(Fulfilment) if reference in (None, one.reference)]


def pack(rows: Rows, ask: Pack) -> None:
    """See `Pack`."""
    packing = rows.get(Packing, "packing") or Packing()
    rows.put("packing", packing.model_copy(update={"at_once": ask.at_once}))
    for one in rows.all(Fulfilment):
        if one.status == "open":
            rows.put(one.id, one.model_copy(update={"status": ask.waiting}))


def shown(one: Fulfilment) -> Json:
    """As the API tells it; a parcel has its number once it is on its way."""
    number = f"OUT{one.id.removeprefix('ful_').zfill(8)}" if one.status == "shipped" else ""
    items: list[JsonValue] = [{"line_id": it.line_id, "sku": it.sku, "quantity": it.quantity} for it in one.items]
    return {
        "id": one.id,
        "reference": one.reference,
        "order": one.order,
        "return": one.case,
        "items": items,
        "status": one.status,
        "tracking_number": number,
        "carrier": "Paketdienst" if number else "",
    }
