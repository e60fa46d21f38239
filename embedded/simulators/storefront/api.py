"""The storefront's calls: signed, counted, now and then broken on purpose, and those that move value done once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from embedded.simulators.bodies import Body, Json, json_body
from embedded.simulators.faults import Fault, Faults
from embedded.simulators.serve import hang_up, held
from embedded.simulators.shelf import Rows, Shelf
from embedded.simulators.storefront import credit, orders, replay, sending, signing
from embedded.simulators.storefront.credit import NewCredit, NewGiftCard, Purse
from embedded.simulators.storefront.errors import StorefrontError
from embedded.simulators.storefront.sending import NewFulfilment

Handler = Callable[[Request], Awaitable[Response]]

_BEFORE: dict[Fault | None, tuple[int, str]] = {
    "error_before": (500, "internal_error"),
    "rate_limit": (429, "rate_limited"),
    "unavailable": (503, "unavailable"),
}
_AFTER = ("error_with_effect", "error_without_effect")


@dataclass(frozen=True)
class Call:
    """One endpoint."""

    method: str
    path: str
    handler: Handler

    @property
    def name(self) -> str:
        """What a fault plan calls it: `POST /gift_cards`."""
        return f"{self.method} {self.path}"


class Api:
    """What a shop's storefront offers to those who know its secret."""

    def __init__(self, shelf: Shelf, secret: str) -> None:
        self._shelf = shelf
        self._secret = secret
        self.calls = (
            Call("GET", "/orders", self._numbered),
            Call("GET", "/orders/{id}", self._order),
            Call("PUT", "/orders/{id}", self._put_order),
            Call("POST", "/gift_cards", self._issue),
            Call("GET", "/gift_cards/{id}", self._card),
            Call("GET", "/gift_cards/{id}/history", self._card_history),
            Call("POST", "/gift_cards/{id}/credits", self._credit_card),
            Call("GET", "/store_credit/{id}", self._customer),
            Call("GET", "/store_credit/{id}/history", self._customer_history),
            Call("POST", "/store_credit/{id}/credits", self._credit_customer),
            Call("POST", "/store_credit/{id}/debits", self._debit_customer),
            Call("GET", "/credits", self._credits),
            Call("GET", "/credits/{id}", self._one_credit),
            Call("POST", "/credits/{id}/void", self._void),
            Call("GET", "/variants", self._variant),
            Call("POST", "/fulfilments", self._fulfil),
            Call("GET", "/fulfilments", self._fulfilments),
        )

    def guarded(self, faults: Faults, call: Call) -> Handler:
        """A call's handler behind signature and fault plan."""

        async def answer(request: Request) -> Response:
            body = await request.body()
            signing.check_call(self._secret, request.headers, request.method, _target(request), body)
            with self._shelf.transaction() as rows:
                fault = faults.draw(rows, call.name)
                seconds = faults.plan(rows).delay_seconds
            if fault == "drop_before":
                await hang_up(request)
            if fault in _BEFORE or (fault in _AFTER and call.method != "POST"):
                status, code = _BEFORE.get(fault, _BEFORE["error_before"])
                raise StorefrontError(status, code, "The storefront cannot answer now; try again.")
            request.state.fault = fault
            given = await call.handler(request)
            if fault == "drop_after":
                await hang_up(request)
            if fault == "delay":
                await held(request, seconds)
            return given

        return answer

    async def _once(self, request: Request, work: Callable[[Rows], Json]) -> Response:
        key = replay.check_key(request.headers.get("idempotency-key"))
        asked = f"{_target(request)}\n".encode() + await request.body()
        with self._shelf.transaction() as rows:
            return replay.once(rows, key, asked, request.state.fault, lambda: work(rows))

    async def _order(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return orders.get(rows, request)

    async def _numbered(self, request: Request) -> Response:
        number = request.query_params.get("number")
        if not number:
            raise StorefrontError(400, "invalid", "number: say which order you are looking for")
        with self._shelf.transaction() as rows:
            return orders.numbered(rows, number)

    async def _put_order(self, request: Request) -> Response:
        body = await request.body()
        with self._shelf.transaction() as rows:
            return orders.put(rows, request, body)

    async def _issue(self, request: Request) -> Response:
        ask = await json_body(request, NewGiftCard)
        return await self._once(request, lambda rows: credit.issue(rows, ask))

    async def _card(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(credit.card(credit.get(rows, _id(request))))

    async def _card_history(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(credit.history(rows, [credit.get(rows, _id(request))]))

    async def _credit_card(self, request: Request) -> Response:
        ask = await json_body(request, NewCredit)
        return await self._once(request, lambda rows: credit.credit_card(rows, _id(request), ask))

    async def _customer(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(credit.customer(rows, _id(request)))

    async def _customer_history(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            purses = [one for one in rows.all(Purse, _id(request)) if one.kind == "store_credit"]
            return JSONResponse(credit.history(rows, purses))

    async def _credit_customer(self, request: Request) -> Response:
        ask = await json_body(request, NewCredit)
        return await self._once(request, lambda rows: credit.credit_customer(rows, _id(request), ask))

    async def _debit_customer(self, request: Request) -> Response:
        ask = await json_body(request, NewCredit)
        return await self._once(request, lambda rows: credit.debit_customer(rows, _id(request), ask))

    async def _credits(self, request: Request) -> Response:
        reference = request.query_params.get("reference")
        if not reference:
            raise StorefrontError(400, "invalid", "reference: say whose credits you are looking for")
        with self._shelf.transaction() as rows:
            return JSONResponse(credit.found(rows, reference))

    async def _one_credit(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(credit.shown(credit.movement(rows, _id(request))))

    async def _void(self, request: Request) -> Response:
        await json_body(request, Body)
        return await self._once(request, lambda rows: credit.void(rows, _id(request)))

    async def _variant(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return sending.variant(rows, request.query_params.get("sku", ""))

    async def _fulfil(self, request: Request) -> Response:
        ask = await json_body(request, NewFulfilment)
        return await self._once(request, lambda rows: sending.new(rows, ask))

    async def _fulfilments(self, request: Request) -> Response:
        reference = request.query_params.get("reference")
        if not reference:
            raise StorefrontError(400, "invalid", "reference: say whose parcels you are looking for")
        with self._shelf.transaction() as rows:
            return JSONResponse({"data": sending.listed(rows, reference)})


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _target(request: Request) -> str:
    path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
    return f"{path}?{request.url.query}" if request.url.query else path
