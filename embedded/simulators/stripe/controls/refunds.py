"""What becomes of refunds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import Body, json_body
from embedded.simulators.stripe import objects, refunds, settling, world
from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.objects import FailureReason, Outcome, PendingReason, Status, Trace
from embedded.simulators.stripe.settling import Settling

Seconds = Annotated[int, Field(strict=True, ge=0, le=366 * 86400)]


class GivenOutcome(Body):
    """How a refund goes. The reasons belong to `failed` and `pending` alone."""

    status: Status
    failure_reason: FailureReason | None = None
    pending_reason: PendingReason | None = None

    def outcome(self) -> Outcome:
        """The same for the shelf. Raises HTTPException 400 if a reason does not belong to the status."""
        if self.failure_reason and self.status != "failed":
            raise HTTPException(400, "failure_reason: only a refund that is failed has one")
        if self.pending_reason and self.status != "pending":
            raise HTTPException(400, "pending_reason: only a refund that is pending has one")
        return Outcome.model_validate(self.model_dump())


class GivenPace(Body):
    """Seconds of simulated time until refunds to come succeed, and from then until their reference is there."""

    after: Seconds | None = None
    reference_after: Seconds | None = None


class GivenReference(Body):
    """What the card network says. Without a reference of the caller's choice there is one all the same."""

    status: Literal["available", "unavailable"] = "available"
    type: Literal["refund", "reversal"] = "refund"
    reference: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,64}$")] | None = None


def routes(account: Account) -> list[Route]:
    """The controls of refunds."""
    control = _Refunds(account)
    return [
        Route("/_control/next_refund", control.next_refund, methods=["POST"]),
        Route("/_control/pace", control.pace, methods=["POST"]),
        Route("/_control/refunds/{id}", control.refund, methods=["POST"]),
        Route("/_control/refunds/{id}/reference", control.reference, methods=["POST"]),
    ]


class _Refunds:
    def __init__(self, account: Account) -> None:
        self._account = account

    async def next_refund(self, request: Request) -> Response:
        outcome = (await json_body(request, GivenOutcome)).outcome()
        with self._account.turn() as turn:
            settling.set_next(turn, outcome)
        return JSONResponse({"next_refund": outcome.status})

    async def pace(self, request: Request) -> Response:
        pace = Settling.model_validate((await json_body(request, GivenPace)).model_dump())
        with self._account.turn() as turn:
            settling.set_pace(turn, pace)
        return JSONResponse(pace.model_dump())

    async def refund(self, request: Request) -> Response:
        to = (await json_body(request, GivenOutcome)).outcome()
        with self._account.turn() as turn:
            before = refunds.get(turn, request.path_params["id"])
            after = refunds.move(turn, before, to)
            world.fund(turn, after.currency)
        self._account.wake()
        return JSONResponse(objects.refund(after))

    async def reference(self, request: Request) -> Response:
        given = await json_body(request, GivenReference)
        with self._account.turn() as turn:
            refund = refunds.get(turn, request.path_params["id"])
            if refund.outcome.status != "succeeded":
                raise HTTPException(409, f"id: {refund.id} is {refund.outcome.status}; only a paid refund is traced")
            number = None
            # A reversal leaves nothing on the statement that could be looked for.
            if given.status == "available" and given.type == "refund":
                number = given.reference or world.reference(refund.id)
            trace = Trace(status=given.status, type=given.type, reference=number)
            traced = world.trace(turn, refund, trace)
        self._account.wake()
        return JSONResponse(objects.refund(traced))
