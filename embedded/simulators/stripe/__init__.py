"""A stand-in for Stripe's API v1, stricter than its documentation, with controls for what the world does."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import Json
from embedded.simulators.faults import Fault
from embedded.simulators.serve import hang_up, held
from embedded.simulators.stripe import controls, desk, expand, keys, params
from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, broken, rate_limited, unavailable
from embedded.simulators.stripe.idempotency import idempotency_key, once
from embedded.simulators.stripe.nouns import CALLS
from embedded.simulators.stripe.objects import API_VERSION
from embedded.simulators.stripe.turn import Turn

__all__ = ["Account", "app"]

Handler = Callable[[Request], Awaitable[Response]]

_BEFORE: dict[Fault | None, Callable[[], StripeError]] = {
    "error_before": broken,
    "rate_limit": rate_limited,
    "unavailable": unavailable,
}
_AFTER = ("error_with_effect", "error_without_effect")


def app(account: Account) -> Starlette:
    """Stripe's API and its controls; mount it anywhere."""
    routes = [Route(call.path, _handler(account, call), methods=[call.method]) for call in CALLS]
    return Starlette(
        routes=[*routes, *controls.routes(account), *desk.routes(account)],
        exception_handlers={StripeError: _refused, HTTPException: _unrouted},
    )


def _handler(account: Account, call: Call) -> Handler:
    async def answer(request: Request) -> Response:
        request.state.id = "req_" + secrets.token_hex(7)
        key = keys.given(request)
        with account.shelf.transaction() as rows:
            keys.check_rights(rows, key, call)
            fault = account.faults.draw(rows, call.name)
            if call.name == controls.REFUND:
                controls.count_call(rows)
        await request.body()
        if fault == "drop_before":
            await hang_up(request)
        if fault in _BEFORE or (call.method == "GET" and fault in _AFTER):
            raise _BEFORE.get(fault, broken)()
        answer = await _carried_out(account, call, request, fault)
        if call.method != "GET":
            account.wake()
        if fault == "drop_after":
            await hang_up(request)
        if fault == "delay":
            with account.shelf.transaction() as rows:
                seconds = account.faults.plan(rows).delay_seconds
            await held(request, seconds)
        return answer

    return answer


async def _carried_out(account: Account, call: Call, request: Request, fault: Fault | None) -> Response:
    posted = call.method == "POST"
    given = await params.form(request, call.allowed) if posted else params.query(request, call.allowed)
    asked = Asked(call.path, request.path_params.get("id", ""), given)
    key = idempotency_key(request) if posted else None
    headers = {"Request-Id": request.state.id, "Stripe-Version": API_VERSION}
    stops = call.name == controls.REFUND
    with account.steering.in_flight.hold(key):
        if stops:
            await account.steering.wait_at("before", request)
        with account.turn(request.state.id, key) as turn:
            answer = once(turn, asked, fault if fault in _AFTER else None, lambda: _expanded(turn, call, asked))
    if stops:
        await account.steering.wait_at("after", request)
    answer.headers.update(headers if key is None else {**headers, "Idempotency-Key": key})
    return answer


def _expanded(turn: Turn, call: Call, asked: Asked) -> Json:
    return expand.fill(turn, call.work(turn, asked), params.several(asked.params, "expand"))


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, StripeError):
        raise error
    headers = {"Request-Id": getattr(request.state, "id", "req_0"), "Stripe-Version": API_VERSION}
    return JSONResponse(error.body, error.status, headers)


async def _unrouted(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = error.detail
    if error.status_code in (404, 405):
        message = (
            f"Unrecognized request URL ({request.method}: {request.scope['path']}). Please see https://stripe.com/docs "
            "or we can help at https://support.stripe.com/."
        )
    return await _refused(request, StripeError(message, status=error.status_code))
