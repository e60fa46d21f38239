"""A stand-in for a warehouse system that keeps the stock: signed calls, each key once, units conserved per return."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.inspection import VERB_OF, Disposition, StockVerb
from domain.model import Model
from embedded.simulators.bodies import Body, json_body
from embedded.simulators.faults import Fault, FaultPlan, Faults
from embedded.simulators.serve import hang_up, held
from embedded.simulators.shelf import Rows, Shelf
from embedded.simulators.storefront.errors import StorefrontError
from embedded.simulators.storefront.signing import check_event

SECRET = "whsec_ZW1iZWRkZWQtd2FyZWhvdXNlLXNlY3JldA=="
CALL = "POST /inventory"

_BEFORE: dict[Fault | None, tuple[int, str]] = {
    "error_before": (500, "internal_error"),
    "error_without_effect": (500, "internal_error"),
    "rate_limit": (429, "rate_limited"),
    "unavailable": (503, "unavailable"),
}

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Count = Annotated[int, Field(strict=True, ge=1, le=10**6)]


class Units(Body):
    """So many units of one item."""

    line_id: Text
    sku: Text
    location: Text
    quantity: Count
    disposition: Disposition | None = None
    serials: tuple[Text, ...] = ()


class Data(Body):
    """What is asked, under which key."""

    key: Text
    case: Annotated[Text, Field(alias="return")]
    order: Text
    reserved: Text | None = None
    items: Annotated[tuple[Units, ...], Field(min_length=1)]


class Call(Body):
    """One call."""

    type: Literal[
        "inventory.receive",
        "inventory.restock",
        "inventory.quarantine",
        "inventory.scrap",
        "inventory.reserve",
        "inventory.release",
    ]
    data: Data


class OnHand(Model):
    """Units at one place in one state; `waiting` for those of a return that nobody has judged."""

    location: str
    sku: str
    state: str
    quantity: int = 0


class Done(Model):
    """What was done under a key, and how often it was asked for. `asked` is a hash of the body."""

    key: str
    type: str
    asked: str
    times: int = 1


class Reservation(Model):
    """Units that nobody else gets."""

    items: tuple[Units, ...]
    released: bool = False


class Given(Body):
    """So many units that can be sold."""

    location: Text = "main"
    sku: Text
    quantity: Annotated[int, Field(strict=True, ge=0, le=10**6)]


def app(shelf: Shelf, secret: str = SECRET) -> Starlette:
    """The warehouse on a shelf; mount it anywhere."""
    faults = Faults("warehouse", [CALL])

    async def inventory(request: Request) -> Response:
        body = await request.body()
        check_event(secret, request.headers, body)
        with shelf.transaction() as rows:
            fault, seconds = faults.draw(rows, CALL), faults.plan(rows).delay_seconds
        if fault == "drop_before":
            await hang_up(request)
        if fault in _BEFORE:
            raise StorefrontError(*_BEFORE[fault], "The warehouse cannot answer now; try again.")
        call = await json_body(request, Call)
        if request.headers.get("idempotency-key") != call.data.key:
            raise StorefrontError(400, "idempotency_key_missing", "Send the body's key as Idempotency-Key, too.")
        with shelf.transaction() as rows:
            done = once(rows, call, body)
        if fault == "drop_after":
            await hang_up(request)
        if fault == "error_with_effect":
            raise StorefrontError(500, "internal_error", "The warehouse has a fault of its own.")
        if fault == "delay":
            await held(request, seconds)
        return JSONResponse({"key": done.key, "times": done.times})

    return Starlette(
        routes=[Route("/inventory", inventory, methods=["POST"]), *_Controls(shelf, faults).routes()],
        exception_handlers={StorefrontError: _refused, HTTPException: _invalid},
    )


class _Controls:
    """The world's hand on the warehouse. Not signed."""

    def __init__(self, shelf: Shelf, faults: Faults) -> None:
        self._shelf = shelf
        self._faults = faults

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/stock.json", self.stock),
            Route("/_control/stock", self.give, methods=["POST"]),
            Route("/_control/calls", self.calls),
            Route("/_control/faults", self.set_faults, methods=["POST"]),
            Route("/_control/faults", self.faults),
        ]

    async def stock(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse([one.model_dump() for one in reversed(rows.all(OnHand)) if one.quantity])

    async def calls(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse([one.model_dump(exclude={"asked"}) for one in reversed(rows.all(Done))])

    async def give(self, request: Request) -> Response:
        given = await json_body(request, Given)
        with self._shelf.transaction() as rows:
            there = OnHand(location=given.location, sku=given.sku, state=Disposition.RESTOCKED)
            rows.put(_place(there), there.model_copy(update={"quantity": given.quantity}))
        return JSONResponse(given.model_dump())

    async def set_faults(self, request: Request) -> Response:
        plan = await json_body(request, FaultPlan)
        with self._shelf.transaction() as rows:
            self._faults.set(rows, plan)
        return await self.faults(request)

    async def faults(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(self._faults.told(rows))


def once(rows: Rows, call: Call, body: bytes) -> Done:
    """Do what is asked, unless it was done under this key before. Raises StorefrontError for a final no."""
    key, asked = call.data.key, hashlib.sha256(body).hexdigest()
    done = rows.get(Done, key)
    if done is not None and done.asked != asked:
        raise StorefrontError(409, "idempotency_key_reused", "This key belongs to another call; nothing was done.")
    if done is None:
        _do(rows, call)
    told = done.model_copy(update={"times": done.times + 1}) if done else Done(key=key, type=call.type, asked=asked)
    rows.put(key, told)
    return told


def _do(rows: Rows, call: Call) -> None:
    data, verb = call.data, call.type.removeprefix("inventory.")
    match verb:
        case "receive":
            for one in data.items:
                _add(rows, _waiting(data, one), one.quantity)
        case "reserve":
            for one in data.items:
                _take(rows, _sellable(one), one.quantity, "out_of_stock")
            rows.put(data.key, Reservation(items=data.items))
        case "release":
            _release(rows, data.reserved or "")
        case _:
            _put_away(rows, data, StockVerb(verb))


def _put_away(rows: Rows, data: Data, verb: StockVerb) -> None:
    for one in data.items:
        if one.disposition is None or VERB_OF[one.disposition] is not verb:
            raise StorefrontError(400, "invalid", f"items: {one.disposition} is nothing to {verb}")
        _take(rows, _waiting(data, one), one.quantity, "not_received")
        _add(rows, OnHand(location=one.location, sku=one.sku, state=one.disposition), one.quantity)


def _release(rows: Rows, reserved: str) -> None:
    there = rows.get(Reservation, reserved)
    if there is None or there.released:
        raise StorefrontError(404, "not_reserved", "Nothing is reserved under that key.")
    rows.put(reserved, there.model_copy(update={"released": True}))
    for one in there.items:
        _add(rows, _sellable(one), one.quantity)


def _waiting(data: Data, one: Units) -> OnHand:
    """Wherever it was opened: units of one line of one return."""
    return OnHand(location=f"{data.case}:{one.line_id}", sku=one.sku, state="waiting")


def _sellable(one: Units) -> OnHand:
    return OnHand(location=one.location, sku=one.sku, state=Disposition.RESTOCKED)


def _place(one: OnHand) -> str:
    return f"{one.location}:{one.sku}:{one.state}"


def _add(rows: Rows, where: OnHand, quantity: int) -> None:
    there = rows.get(OnHand, _place(where)) or where
    rows.put(_place(where), there.model_copy(update={"quantity": there.quantity + quantity}))


def _take(rows: Rows, where: OnHand, quantity: int, code: str) -> None:
    there = rows.get(OnHand, _place(where)) or where
    if there.quantity < quantity:
        text = f"{there.quantity} of {where.sku} are there, {quantity} were asked for."
        raise StorefrontError(409, code, text)
    _add(rows, where, -quantity)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StorefrontError)
    return JSONResponse(error.body, error.status)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": {"code": "invalid", "message": error.detail}}, error.status_code)
