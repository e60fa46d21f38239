"""A stand-in for a shop's storefront: orders, gift cards, store credit, and a receiver of Backhaul's events.

Every call of the API is signed (`signing.call_signature`); every POST carries an idempotency key. docs/simulators.md
tells the calls one by one.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.faults import Faults
from embedded.simulators.shelf import Shelf
from embedded.simulators.storefront import controls, receiver, signing
from embedded.simulators.storefront.api import Api
from embedded.simulators.storefront.errors import StorefrontError

SECRET = "storefront_embedded"
EVENTS_SECRET = "whsec_ZW1iZWRkZWQtc3RvcmVmcm9udA=="


def app(shelf: Shelf, secret: str = SECRET, events_secret: str = EVENTS_SECRET) -> Starlette:
    """The storefront on a shelf; mount it anywhere. The secrets are shared with whoever calls it."""
    api = Api(shelf, secret)
    faults = Faults("storefront", [call.name for call in api.calls])
    routes = [Route(call.path, api.guarded(faults, call), methods=[call.method]) for call in api.calls]

    async def events(request: Request) -> Response:
        body = await request.body()
        id = signing.check_event(events_secret, request.headers, body)
        with shelf.transaction() as rows:
            return Response(status_code=receiver.take(rows, id, body))

    return Starlette(
        routes=[*routes, Route("/events", events, methods=["POST"]), *controls.routes(shelf, faults)],
        exception_handlers={StorefrontError: _refused, HTTPException: _invalid},
    )


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, StorefrontError):
        raise error
    return JSONResponse(error.body, error.status)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": {"code": "invalid", "message": error.detail}}, error.status_code)
