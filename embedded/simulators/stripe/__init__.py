"""A stand-in for Stripe's API v1: payment intents, charges and refunds, with controls for what the world does."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import bearer
from embedded.simulators.shelf import Rows, Shelf
from embedded.simulators.stripe import controls, money, objects, params, refunds
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.idempotency import idempotency_key, once
from embedded.simulators.stripe.objects import Json, Payment, StripeRefund
from embedded.simulators.stripe.steering import Steering

Endpoint = Callable[[Request], Awaitable[Response]]

_PAYMENT_PARAMS = ("amount", "confirm", "currency", "metadata", "payment_method")
_LIST_PARAMS = ("charge", "limit", "payment_intent", "starting_after")


def app(shelf: Shelf) -> Starlette:
    """Stripe on a shelf; mount it anywhere."""
    steering = Steering()
    api = _Api(shelf, steering)
    routes = [
        Route("/v1/payment_intents", _keyed(api.create_payment), methods=["POST"]),
        Route("/v1/payment_intents/{id}", _keyed(api.payment_intent)),
        Route("/v1/charges/{id}", _keyed(api.charge)),
        Route("/v1/refunds", _keyed(api.create_refund), methods=["POST"]),
        Route("/v1/refunds", _keyed(api.list_refunds)),
        Route("/v1/refunds/{id}", _keyed(api.refund)),
        *controls.routes(shelf, steering),
    ]
    return Starlette(routes=routes, exception_handlers={StripeError: _refused, HTTPException: _unrouted})


class _Api:
    """The calls that a shop makes."""

    def __init__(self, shelf: Shelf, steering: Steering) -> None:
        self._shelf = shelf
        self._steering = steering

    async def create_payment(self, request: Request) -> Response:
        given = await params.form(request, _PAYMENT_PARAMS)
        key = idempotency_key(request)
        with self._steering.in_flight.hold(key), self._shelf.transaction() as rows:
            return once(rows, key, request.url.path, given, lambda: _pay(rows, given))

    async def payment_intent(self, request: Request) -> Response:
        params.query(request)
        id = request.path_params["id"]
        with self._shelf.transaction() as rows:
            payment = rows.get(Payment, id)
        if payment is None:
            raise missing("payment_intent", id[:100], "intent")
        return JSONResponse(objects.payment_intent(payment))

    async def charge(self, request: Request) -> Response:
        params.query(request)
        with self._shelf.transaction() as rows:
            return JSONResponse(objects.charge(refunds.find(rows, None, request.path_params["id"])))

    async def create_refund(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            controls.count_call(rows)
        given = await params.form(request, refunds.PARAMS)
        key = idempotency_key(request)
        with self._steering.in_flight.hold(key):
            await self._steering.wait_at("before", request)
            with self._shelf.transaction() as rows:
                answer = once(rows, key, request.url.path, given, lambda: self._refund(rows, refunds.read(given)))
        await self._steering.wait_at("after", request)
        return answer

    def _refund(self, rows: Rows, ask: refunds.Ask) -> Json:
        refund = refunds.create(rows, ask, self._steering.next_outcome or objects.Outcome())
        self._steering.next_outcome = None
        return objects.refund(refund)

    async def refund(self, request: Request) -> Response:
        params.query(request)
        id = request.path_params["id"]
        with self._shelf.transaction() as rows:
            kept = rows.get(StripeRefund, id)
        if kept is None:
            raise missing("refund", id[:100], "id")
        return JSONResponse(objects.refund(kept))

    async def list_refunds(self, request: Request) -> Response:
        given = params.query(request, _LIST_PARAMS)
        limit = params.integer(given, "limit", 1, 100) or 10
        payment, charge, after = (params.text(given, name) for name in ("payment_intent", "charge", "starting_after"))
        with self._shelf.transaction() as rows:
            owner = None if payment is charge is None else refunds.find(rows, payment, charge).id
            found = [kept for kept in rows.all(StripeRefund, owner) if payment in (None, kept.payment)]
        if after is not None:
            ids = [kept.id for kept in found]
            if after not in ids:
                raise missing("refund", after[:100], "starting_after")
            found = found[ids.index(after) + 1 :]
        page: Json = {
            "object": "list",
            "data": [objects.refund(kept) for kept in found[:limit]],
            "has_more": len(found) > limit,
            "url": "/v1/refunds",
        }
        return JSONResponse(page)


def _pay(rows: Rows, given: params.Params) -> Json:
    """A payment that succeeds at once, as with Stripe's test cards."""
    params.required(given, "amount")
    amount = params.integer(given, "amount", 1, refunds.LARGEST) or 0
    currency = params.required(given, "currency")
    method = params.method(given)
    if params.required(given, "confirm") != "true":
        raise StripeError(
            "This simulator takes payments that are confirmed at once: pass confirm=true.", param="confirm"
        )
    if not money.known(currency):
        raise StripeError(f"Invalid currency: {currency[:20]}", param="currency")
    if amount % money.step(currency):
        raise StripeError(
            f"Invalid amount: in {currency} it must be a multiple of {money.step(currency)}.",
            code="parameter_invalid_integer",
            param="amount",
        )
    payment = Payment(
        id="pi_" + secrets.token_hex(12),
        amount=amount,
        currency=currency,
        created=int(time.time()),
        payment_method=method,
        metadata=params.metadata(given),
    )
    rows.put(payment.id, payment)
    return objects.payment_intent(payment)


def _keyed(endpoint: Endpoint) -> Endpoint:
    """Let only test keys in; a live key must never get as far as a simulator."""

    async def checked(request: Request) -> Response:
        key = bearer(request)
        if not key:
            raise StripeError(
                "You did not provide an API key. Send it as Authorization: Bearer sk_test_...", status=401
            )
        if re.fullmatch(r"sk_test_[A-Za-z0-9_]+", key) is None:
            raise StripeError("Invalid API Key provided: only test keys (sk_test_...) are taken here.", status=401)
        answer = await endpoint(request)
        answer.headers["Request-Id"] = _request_id()
        return answer

    return checked


def _request_id() -> str:
    return "req_" + secrets.token_hex(7)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, StripeError):
        raise error
    return JSONResponse(error.body, error.status, {"Request-Id": _request_id()})


async def _unrouted(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = error.detail
    if error.status_code in (404, 405):
        message = f"Unrecognized request URL ({request.method}: {request.url.path})."
    return await _refused(request, StripeError(message, status=error.status_code))
