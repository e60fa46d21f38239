"""Payments from elsewhere, disputes, and what the account has."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import Body, json_body
from embedded.simulators.stripe import balance, disputes, money, objects, payments, payouts, world
from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.disputes import DisputeStatus, Reason
from embedded.simulators.stripe.objects import Payment
from embedded.simulators.stripe.turn import Turn

Amount = Annotated[int, Field(strict=True, ge=1, le=money.LARGEST)]
Moment = Annotated[int, Field(strict=True, ge=0, lt=2**40)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$", to_lower=True)]


class GivenPayment(Body):
    """A payment under an id of the caller's choice, in Stripe's units.

    `created` and `refundable_until` in seconds since 1970; 0 for a method that takes no money back.
    """

    id: Annotated[str, StringConstraints(pattern=r"^pi_[A-Za-z0-9_]{1,64}$")]
    amount: Amount
    currency: Currency
    created: Moment | None = None
    refundable_until: Moment | None = None


class GivenBalance(Body):
    """What the account has of a currency, in Stripe's units; None: as much as is needed."""

    currency: Currency
    available: Annotated[int, Field(strict=True, ge=-(10**12), le=10**12)] | None


class GivenFee(Body):
    """Something that Stripe charges for."""

    currency: Currency
    amount: Amount
    description: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "Stripe billing"


class GivenPayout(Body):
    """The currency whose movements go to the bank."""

    currency: Currency


class GivenDispute(Body):
    """A dispute of a payment, over all that is left unless an amount is given. An inquiry moves no money yet."""

    payment_intent: str
    amount: Amount | None = None
    reason: Reason = "product_not_received"
    inquiry: Annotated[bool, Field(strict=True)] = False


class GivenStatus(Body):
    """What the bank decides."""

    status: DisputeStatus


def routes(account: Account) -> list[Route]:
    """The controls of money."""
    control = _Money(account)
    return [
        Route("/_control/payment_intents", control.payment_intents, methods=["POST"]),
        Route("/_control/balance", control.balance, methods=["POST"]),
        Route("/_control/fees", control.fee, methods=["POST"]),
        Route("/_control/disputes", control.dispute, methods=["POST"]),
        Route("/_control/disputes/{id}", control.decide, methods=["POST"]),
        Route("/_control/payouts", control.payout, methods=["POST"]),
    ]


class _Money:
    def __init__(self, account: Account) -> None:
        self._account = account

    async def payment_intents(self, request: Request) -> Response:
        given = await json_body(request, GivenPayment)
        if not money.known(given.currency) or given.amount % money.step(given.currency):
            raise HTTPException(400, f"amount: {given.amount} {given.currency} cannot be paid with Stripe")
        with self._account.turn() as turn:
            there = turn.rows.get(Payment, given.id)
            payment = there or _imported(turn, given)
        same_time = given.created in (None, payment.created)
        if (payment.amount, payment.currency) != (given.amount, given.currency) or not same_time:
            raise HTTPException(409, f"id: {given.id} is a payment already, with another amount, currency or time")
        self._account.wake()
        return JSONResponse(objects.payment_intent(payment), 200 if there else 201)

    async def balance(self, request: Request) -> Response:
        given = await json_body(request, GivenBalance)
        with self._account.turn() as turn:
            if given.available is None:
                turn.rows.remove(balance.Available, given.currency)
            else:
                available = balance.Available(currency=given.currency, amount=given.available)
                turn.rows.put(given.currency, available)
            world.fund(turn, given.currency, unlimited=given.available is None)
            kept = turn.rows.get(balance.Available, given.currency)
        self._account.wake()
        return JSONResponse({"currency": given.currency, "available": kept.amount if kept else None})

    async def fee(self, request: Request) -> Response:
        given = await json_body(request, GivenFee)
        money.check_step(given.amount, given.currency)
        with self._account.turn() as turn:
            id = balance.book(turn, "fee", -given.amount, given.currency, description=given.description)
            made = turn.rows.get(balance.BalanceTransaction, id)
            assert made is not None
            return JSONResponse(balance.transaction(turn, made), 201)

    async def dispute(self, request: Request) -> Response:
        given = await json_body(request, GivenDispute)
        with self._account.turn() as turn:
            payment = payments.find(turn.rows, given.payment_intent, None)
            dispute = disputes.begin(turn, payment, given.amount, given.reason, inquiry=given.inquiry)
            shown = disputes.shown(turn, dispute)
        self._account.wake()
        return JSONResponse(shown, 201)

    async def decide(self, request: Request) -> Response:
        given = await json_body(request, GivenStatus)
        with self._account.turn() as turn:
            dispute = disputes.move(turn, disputes.get(turn, request.path_params["id"]), given.status)
            world.fund(turn, dispute.currency)
            shown = disputes.shown(turn, dispute)
        self._account.wake()
        return JSONResponse(shown)

    async def payout(self, request: Request) -> Response:
        given = await json_body(request, GivenPayout)
        with self._account.turn() as turn:
            shown = payouts.shown(payouts.pay_out(turn, given.currency))
        self._account.wake()
        return JSONResponse(shown, 201)


def _imported(turn: Turn, given: GivenPayment) -> Payment:
    payment = Payment(
        id=given.id,
        amount=given.amount,
        currency=given.currency,
        created=turn.now if given.created is None else given.created,
        payment_method="pm_card_visa",
        metadata={},
        refundable_until=given.refundable_until,
    )
    payments.take(turn, payment)
    world.fund(turn, payment.currency)
    return payment
