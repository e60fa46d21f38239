"""Shoppers who pay: on the page of a checkout session, or through a payment link."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import Body, json_body
from embedded.simulators.stripe import payment_links, sessions
from embedded.simulators.stripe.account import Account


class Pay(Body):
    """`late`: the payment was under way, or the page open, when session or link was closed."""

    late: Annotated[bool, Field(strict=True)] = False


def routes(account: Account) -> list[Route]:
    """The controls of shoppers who pay."""
    control = _Paying(account)
    return [
        Route("/_control/sessions/{id}/pay", control.session, methods=["POST"]),
        Route("/_control/payment_links/{id}/visit", control.visit, methods=["POST"]),
        Route("/_control/payment_links/{id}/pay", control.link, methods=["POST"]),
    ]


class _Paying:
    def __init__(self, account: Account) -> None:
        self._account = account

    async def session(self, request: Request) -> Response:
        ask = await json_body(request, Pay)
        with self._account.turn() as turn:
            session = sessions.get(turn, request.path_params["id"])
            shown = sessions.shown(turn, payment_links.pay(turn, session, late=ask.late))
        self._account.wake()
        return JSONResponse(shown)

    async def visit(self, request: Request) -> Response:
        await json_body(request, Body)
        with self._account.turn() as turn:
            link = payment_links.get(turn, request.path_params["id"])
            return JSONResponse(sessions.shown(turn, payment_links.visit(turn, link)), 201)

    async def link(self, request: Request) -> Response:
        ask = await json_body(request, Pay)
        with self._account.turn() as turn:
            link = payment_links.get(turn, request.path_params["id"])
            session = payment_links.visit(turn, link, late=ask.late)
            shown = sessions.shown(turn, payment_links.pay(turn, session, late=ask.late))
        self._account.wake()
        return JSONResponse(shown)
