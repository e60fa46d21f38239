"""The world's hand on the stand-in: imported payments, outcomes, outages. Not part of Stripe's API."""

from __future__ import annotations

import time
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.model import Model
from embedded.simulators.bodies import Body, json_body
from embedded.simulators.shelf import Rows, Shelf
from embedded.simulators.stripe import money, objects, refunds
from embedded.simulators.stripe.errors import missing
from embedded.simulators.stripe.idempotency import KeptCall
from embedded.simulators.stripe.objects import FailureReason, Outcome, Payment, PendingReason, Status, StripeRefund
from embedded.simulators.stripe.steering import Moment, Steering


class GivenPayment(Body):
    """A payment under an id of the caller's choice, in Stripe's units; `created` in seconds since 1970."""

    id: Annotated[str, StringConstraints(pattern=r"^pi_[A-Za-z0-9_]{1,64}$")]
    amount: Annotated[int, Field(strict=True, ge=1, le=refunds.LARGEST)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$", to_lower=True)]
    created: Annotated[int, Field(strict=True, ge=0, lt=2**40)] | None = None


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


class Hold(Body):
    """Whether POSTs of refunds are held, and where."""

    hold: Annotated[bool, Field(strict=True)]
    moment: Moment = "after"


class ReceivedCalls(Model):
    """How many POSTs of refunds came in, with any outcome."""

    refunds: int = 0


def count_call(rows: Rows) -> None:
    """Count one POST of a refund."""
    seen = rows.get(ReceivedCalls, "all") or ReceivedCalls()
    rows.put("all", ReceivedCalls(refunds=seen.refunds + 1))


def routes(shelf: Shelf, steering: Steering) -> list[Route]:
    """All controls, under `/_control`."""
    control = _Controls(shelf, steering)
    return [
        Route("/_control/payment_intents", control.payment_intents, methods=["POST"]),
        Route("/_control/next_refund", control.next_refund, methods=["POST"]),
        Route("/_control/refunds/{id}", control.refund, methods=["POST"]),
        Route("/_control/hold", control.hold, methods=["POST"]),
        Route("/_control/forget_keys", control.forget_keys, methods=["POST"]),
        Route("/_control/calls", control.calls),
    ]


class _Controls:
    def __init__(self, shelf: Shelf, steering: Steering) -> None:
        self._shelf = shelf
        self._steering = steering

    async def payment_intents(self, request: Request) -> Response:
        given = await json_body(request, GivenPayment)
        if not money.known(given.currency) or given.amount % money.step(given.currency):
            raise HTTPException(400, f"amount: {given.amount} {given.currency} cannot be paid with Stripe")
        with self._shelf.transaction() as rows:
            there = rows.get(Payment, given.id)
            payment = there or Payment(
                id=given.id,
                amount=given.amount,
                currency=given.currency,
                created=int(time.time()) if given.created is None else given.created,
                payment_method="pm_card_visa",
                metadata={},
            )
            same_time = given.created in (None, payment.created)
            if (payment.amount, payment.currency) != (given.amount, given.currency) or not same_time:
                raise HTTPException(409, f"id: {given.id} is a payment already, with another amount, currency or time")
            if there is None:
                rows.put(payment.id, payment)
        return JSONResponse(objects.payment_intent(payment), 200 if there else 201)

    async def next_refund(self, request: Request) -> Response:
        self._steering.next_outcome = (await json_body(request, GivenOutcome)).outcome()
        return JSONResponse({"next_refund": self._steering.next_outcome.status})

    async def refund(self, request: Request) -> Response:
        to = (await json_body(request, GivenOutcome)).outcome()
        id = request.path_params["id"]
        with self._shelf.transaction() as rows:
            kept = rows.get(StripeRefund, id)
            if kept is None:
                raise missing("refund", id[:100], "id")
            return JSONResponse(objects.refund(refunds.move(rows, kept, to)))

    async def hold(self, request: Request) -> Response:
        ask = await json_body(request, Hold)
        self._steering.hold(ask.moment if ask.hold else None)
        return JSONResponse({"hold": ask.hold, "moment": ask.moment})

    async def forget_keys(self, request: Request) -> Response:
        """Stripe may forget keys after a day; from here on every key is new."""
        with self._shelf.transaction() as rows:
            rows.clear(KeptCall)
        return JSONResponse({"keys": 0})

    async def calls(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            seen = rows.get(ReceivedCalls, "all") or ReceivedCalls()
            return JSONResponse({"received": seen.refunds, "created": rows.count(StripeRefund)})
