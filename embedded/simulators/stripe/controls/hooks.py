"""Who listens to webhooks, and when they are delivered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import Body, json_body
from embedded.simulators.stripe import hooks
from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.errors import missing
from embedded.simulators.stripe.events import StoredEvent
from embedded.simulators.stripe.hooks import Delivery, Endpoint

EventType = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$")]


class GivenEndpoint(Body):
    """An endpoint whose secret is the caller's choice; the same address again changes the others."""

    url: str
    secret: Annotated[str, StringConstraints(pattern=r"^whsec_[!-~]{1,128}$")]
    enabled_events: Annotated[tuple[EventType, ...], Field(min_length=1)] = ("*",)


class Deliver(Body):
    """Try what is due; `early`: also what still waits for its next try. `event`: this one alone."""

    early: Annotated[bool, Field(strict=True)] = False
    event: str | None = None


class GivenCourier(Body):
    """Whether webhooks are delivered in the background."""

    automatic: Annotated[bool, Field(strict=True)]


def routes(account: Account) -> list[Route]:
    """The controls of webhooks."""
    control = _Hooks(account)
    return [
        Route("/_control/webhook_endpoints", control.register, methods=["POST"]),
        Route("/_control/deliver", control.deliver, methods=["POST"]),
        Route("/_control/courier", control.courier, methods=["POST"]),
        Route("/_control/events/{id}/resend", control.resend, methods=["POST"]),
    ]


class _Hooks:
    def __init__(self, account: Account) -> None:
        self._account = account

    async def register(self, request: Request) -> Response:
        given = await json_body(request, GivenEndpoint)
        with self._account.turn() as turn:
            there = next((one for one in turn.rows.all(Endpoint) if one.url == given.url), None)
            if there is None:
                endpoint = hooks.register(turn, given.url, given.secret, given.enabled_events)
            else:
                endpoint = there.model_copy(update={"secret": given.secret, "events": given.enabled_events})
                turn.rows.put(endpoint.id, endpoint)
        return JSONResponse(hooks.shown(endpoint), 200 if there else 201)

    async def deliver(self, request: Request) -> Response:
        """Also where nothing runs in the background; the answer tells every try."""
        ask = await json_body(request, Deliver)
        with self._account.turn():
            pass
        attempts = await self._account.courier.step(early=ask.early, event=ask.event)
        with self._account.shelf.transaction() as rows:
            left = rows.count(Delivery)
        return JSONResponse({"attempts": [one.model_dump() for one in attempts], "left": left})

    async def courier(self, request: Request) -> Response:
        self._account.courier.automatic = (await json_body(request, GivenCourier)).automatic
        self._account.wake()
        return JSONResponse({"automatic": self._account.courier.automatic})

    async def resend(self, request: Request) -> Response:
        """Hand an event to everybody who listens once more."""
        id = request.path_params["id"]
        with self._account.turn() as turn:
            event = turn.rows.get(StoredEvent, id)
            if event is None:
                raise missing("event", id, "id")
            hooks.spread(turn, event.id, event.type)
        self._account.wake()
        return JSONResponse({"event": id})
