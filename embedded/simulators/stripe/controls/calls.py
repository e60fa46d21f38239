"""What happens to calls: held, forgotten, counted, broken on purpose; and the simulated time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.model import Model
from embedded.simulators import clock
from embedded.simulators.bodies import Body, json_body
from embedded.simulators.faults import FaultPlan
from embedded.simulators.shelf import Rows
from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.idempotency import KeptCall
from embedded.simulators.stripe.keys import RestrictedKey
from embedded.simulators.stripe.objects import StripeRefund
from embedded.simulators.stripe.steering import Moment

REFUND = "POST /v1/refunds"


class Hold(Body):
    """Whether POSTs of refunds are held, and where."""

    hold: Annotated[bool, Field(strict=True)]
    moment: Moment = "after"


class Advance(Body):
    """Seconds by which the simulated time goes on, and whether it stands still from then on."""

    advance: Annotated[int, Field(strict=True, ge=0, le=10 * 366 * 86400)] = 0
    stopped: Annotated[bool, Field(strict=True)] | None = None


class NewKey(Body):
    """A restricted key, and the calls that it may make: `GET /v1/refunds`."""

    key: Annotated[str, Field(pattern=r"^rk_test_[A-Za-z0-9_]+$")]
    may: list[str]


class ReceivedCalls(Model):
    """How many POSTs of refunds came in, with any outcome."""

    refunds: int = 0


def count_call(rows: Rows) -> None:
    """Count one POST of a refund."""
    seen = rows.get(ReceivedCalls, "all") or ReceivedCalls()
    rows.put("all", ReceivedCalls(refunds=seen.refunds + 1))


def routes(account: Account) -> list[Route]:
    """The controls of calls."""
    control = _Calls(account)
    return [
        Route("/_control/hold", control.hold, methods=["POST"]),
        Route("/_control/forget_keys", control.forget_keys, methods=["POST"]),
        Route("/_control/calls", control.calls),
        Route("/_control/restricted_keys", control.make_key, methods=["POST"]),
        Route("/_control/clock", control.advance, methods=["POST"]),
        Route("/_control/clock", control.time),
        Route("/_control/faults", control.set_faults, methods=["POST"]),
        Route("/_control/faults", control.faults),
    ]


class _Calls:
    def __init__(self, account: Account) -> None:
        self._account = account

    async def hold(self, request: Request) -> Response:
        ask = await json_body(request, Hold)
        self._account.steering.hold(ask.moment if ask.hold else None)
        return JSONResponse({"hold": ask.hold, "moment": ask.moment})

    async def forget_keys(self, request: Request) -> Response:
        """Stripe may forget keys after a day; from here on every key is new."""
        with self._account.shelf.transaction() as rows:
            rows.clear(KeptCall)
        return JSONResponse({"keys": 0})

    async def make_key(self, request: Request) -> Response:
        ask = await json_body(request, NewKey)
        with self._account.shelf.transaction() as rows:
            rows.put(ask.key, RestrictedKey(key=ask.key, may=tuple(ask.may)))
        return JSONResponse({"may": ask.may})

    async def calls(self, request: Request) -> Response:
        with self._account.shelf.transaction() as rows:
            seen = rows.get(ReceivedCalls, "all") or ReceivedCalls()
            return JSONResponse({"received": seen.refunds, "created": rows.count(StripeRefund)})

    async def advance(self, request: Request) -> Response:
        ask = await json_body(request, Advance)
        with self._account.shelf.transaction() as rows:
            clock.advance(rows, ask.advance)
            if ask.stopped is not None:
                clock.stop(rows, ask.stopped)
        self._account.wake()
        return await self.time(request)

    async def time(self, request: Request) -> Response:
        with self._account.turn() as turn:
            return JSONResponse({"now": turn.now})

    async def set_faults(self, request: Request) -> Response:
        plan = await json_body(request, FaultPlan)
        with self._account.shelf.transaction() as rows:
            self._account.faults.set(rows, plan)
        return await self.faults(request)

    async def faults(self, request: Request) -> Response:
        with self._account.shelf.transaction() as rows:
            return JSONResponse(self._account.faults.told(rows))
