"""The world's hand on the storefront: orders and gift cards from elsewhere, purchases, outages. Not signed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.exchange import Variant
from embedded.simulators.bodies import Body, json_body
from embedded.simulators.faults import FaultPlan, Faults
from embedded.simulators.shelf import Shelf
from embedded.simulators.storefront import credit, orders, receiver, sending
from embedded.simulators.storefront.credit import Amount, NewGiftCard, Purse
from embedded.simulators.storefront.errors import StorefrontError


class GivenCard(NewGiftCard):
    """A gift card under an id of the caller's choice."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
    reference: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")] = "import"


class GivenVariant(Body, Variant):
    """Something that the shop sells from now on; the same `sku` again takes its place."""


class Spend(Body):
    """A purchase: `account` is a gift card's id or `sc_{customer}_{currency}`."""

    account: str
    amount: Amount


class GivenAnswers(Body):
    """What the next events are answered with."""

    statuses: tuple[Annotated[int, Field(strict=True, ge=200, le=599)], ...]


def routes(shelf: Shelf, faults: Faults) -> list[Route]:
    """All controls, under `/_control`."""
    control = _Controls(shelf, faults)
    return [
        Route("/_control/orders/{id}", control.order, methods=["PUT"]),
        Route("/_control/gift_cards", control.card, methods=["POST"]),
        Route("/_control/variants", control.variant, methods=["POST"]),
        Route("/_control/fulfilments", control.pack, methods=["POST"]),
        Route("/_control/fulfilments", control.parcels),
        Route("/_control/spend", control.spend, methods=["POST"]),
        Route("/_control/events", control.answers, methods=["POST"]),
        Route("/_control/events", control.events),
        Route("/_control/faults", control.set_faults, methods=["POST"]),
        Route("/_control/faults", control.faults),
    ]


class _Controls:
    def __init__(self, shelf: Shelf, faults: Faults) -> None:
        self._shelf = shelf
        self._faults = faults

    async def order(self, request: Request) -> Response:
        body = await request.body()
        with self._shelf.transaction() as rows:
            order = orders.keep(rows, request.path_params["id"], body)
        return JSONResponse({"id": order.id, "etag": order.etag})

    async def card(self, request: Request) -> Response:
        """The same card again changes nothing; another one under its id is refused."""
        given = await json_body(request, GivenCard)
        with self._shelf.transaction() as rows:
            there = rows.get(Purse, given.id)
            if there is not None:
                first = [one for one in rows.all(credit.Movement, given.id) if one.kind == "issue"]
                if [(one.amount, one.currency) for one in first] != [(given.amount, given.currency)]:
                    raise StorefrontError(409, "other_card", f"{given.id} is another gift card already.")
                return JSONResponse(credit.card(there))
            return JSONResponse(credit.issue(rows, given, given.id), 201)

    async def variant(self, request: Request) -> Response:
        given = await json_body(request, GivenVariant)
        with self._shelf.transaction() as rows:
            rows.put(given.sku, Variant.model_validate(given.model_dump()))
        return JSONResponse(given.model_dump(mode="json"))

    async def pack(self, request: Request) -> Response:
        ask = await json_body(request, sending.Pack)
        with self._shelf.transaction() as rows:
            sending.pack(rows, ask)
        return await self.parcels(request)

    async def parcels(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse({"data": sending.listed(rows, None)})

    async def spend(self, request: Request) -> Response:
        ask = await json_body(request, Spend)
        with self._shelf.transaction() as rows:
            return JSONResponse(credit.spend(rows, ask.account, ask.amount))

    async def answers(self, request: Request) -> Response:
        ask = await json_body(request, GivenAnswers)
        with self._shelf.transaction() as rows:
            receiver.answer_with(rows, ask.statuses)
        return JSONResponse({"statuses": [*ask.statuses]})

    async def events(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(receiver.told(rows))

    async def set_faults(self, request: Request) -> Response:
        plan = await json_body(request, FaultPlan)
        with self._shelf.transaction() as rows:
            self._faults.set(rows, plan)
        return await self.faults(request)

    async def faults(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse(self._faults.told(rows))
