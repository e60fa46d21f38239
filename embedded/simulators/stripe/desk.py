"""A page on which a person is the world: settles, fails, disputes, delivers; and the pages on which shoppers pay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from embedded.simulators import clock
from embedded.simulators.pages import page
from embedded.simulators.stripe import (
    disputes,
    hooks,
    money,
    payment_links,
    payments,
    payouts,
    refunds,
    sessions,
    world,
)
from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.disputes import Dispute
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import StoredEvent
from embedded.simulators.stripe.hooks import Attempt, Delivery, Endpoint
from embedded.simulators.stripe.objects import Outcome, Payment, StripeRefund, Trace
from embedded.simulators.stripe.turn import Turn

SHOWN = 50
"""How many of each kind the page lists."""
_HOUR, _DAY = 3600, 24 * 3600


def _moved(to: Outcome) -> Callable[[Turn, str], object]:
    return lambda turn, id: refunds.move(turn, refunds.get(turn, id), to)


def _decided(to: disputes.DisputeStatus) -> Callable[[Turn, str], object]:
    return lambda turn, id: disputes.move(turn, disputes.get(turn, id), to)


def _traced(turn: Turn, id: str) -> object:
    return world.trace(turn, refunds.get(turn, id), Trace(status="available", reference=world.reference(id)))


def _disputed(turn: Turn, id: str) -> object:
    return disputes.begin(turn, payments.find(turn.rows, id, None), None, "product_not_received", inquiry=False)


def _resent(turn: Turn, id: str) -> object:
    event = turn.rows.get(StoredEvent, id)
    if event is None:
        raise missing("event", id, "id")
    hooks.spread(turn, event.id, event.type)
    return event


_ACTIONS: dict[str, Callable[[Turn, str], object]] = {
    "succeed": _moved(Outcome()),
    "fail": _moved(Outcome(status="failed", failure_reason="expired_or_canceled_card")),
    "cancel": _moved(Outcome(status="canceled")),
    "trace": _traced,
    "dispute": _disputed,
    "win": _decided("won"),
    "lose": _decided("lost"),
    "pay_out": payouts.pay_out,
    "resend": _resent,
    "hour": lambda turn, id: clock.advance(turn.rows, _HOUR),
    "day": lambda turn, id: clock.advance(turn.rows, _DAY),
}
# What a person can do to a thing in its state.
_OF_REFUND = {
    "pending": ("succeed", "fail"),
    "requires_action": ("succeed", "fail", "cancel"),
    "succeeded": ("trace", "fail"),
}
_OF_DISPUTE = {"needs_response": ("win", "lose"), "under_review": ("win", "lose")}


def routes(account: Account) -> list[Route]:
    """The pages for people."""
    desk = _Desk(account)
    return [
        Route("/", desk.overview),
        Route("/", desk.act, methods=["POST"]),
        Route("/pay/done", desk.done),
        Route("/pay/{id}", desk.pay_page),
        Route("/pay/{id}", desk.pay, methods=["POST"]),
        Route("/links/{id}", desk.link),
    ]


class _Desk:
    def __init__(self, account: Account) -> None:
        self._account = account

    async def overview(self, request: Request) -> Response:
        with self._account.turn() as turn:
            seen, faults = _overview(turn), self._account.faults.told(turn.rows)
        return page("stripe.html", forms=True, faults=faults, **seen)

    async def act(self, request: Request) -> Response:
        """One button. Raises HTTPException 403 for a form of somebody else's page."""
        form = await _own_form(request)
        action, id = form.get("action", ""), form.get("id", "")
        if action == "deliver":
            await self._account.courier.step(early=True, event=id or None)
        elif action in _ACTIONS:
            with self._account.turn() as turn:
                _ACTIONS[action](turn, id)
            self._account.wake()
        else:
            raise HTTPException(400, f"action: one of deliver, {', '.join(_ACTIONS)}")
        return RedirectResponse(f"{self._account.site}/", 303)

    async def pay_page(self, request: Request) -> Response:
        with self._account.turn() as turn:
            session = sessions.get(turn, request.path_params["id"])
        return page(
            "pay.html", forms=True, session=session, words=money.words(session.basket.amount, session.basket.currency)
        )

    async def pay(self, request: Request) -> Response:
        await _own_form(request)
        id = request.path_params["id"]
        with self._account.turn() as turn:
            payment_links.pay(turn, sessions.get(turn, id))
        self._account.wake()
        return RedirectResponse(f"{self._account.site}/pay/{id}", 303)

    async def link(self, request: Request) -> Response:
        with self._account.turn() as turn:
            session = payment_links.visit(turn, payment_links.get(turn, request.path_params["id"]))
        return RedirectResponse(f"{self._account.site}/pay/{session.id}", 303)

    async def done(self, request: Request) -> Response:
        return page("pay.html", forms=True, session=None, words="")


async def _own_form(request: Request) -> dict[str, str]:
    if request.headers.get("origin") != f"{request.url.scheme}://{request.headers.get('host')}":
        raise HTTPException(403, "This form was not sent from the simulator's own page.")
    try:
        fields = parse_qs((await request.body()).decode(), strict_parsing=False, max_num_fields=10)
    except ValueError:
        raise StripeError("The form could not be read.") from None
    return {name: values[0] for name, values in fields.items()}


def _overview(turn: Turn) -> dict[str, object]:
    rows = turn.rows
    endpoints = {one.id: one.url for one in rows.all(Endpoint)}
    waiting = {one.event for one in rows.all(Delivery)}
    kept = rows.all(Payment, limit=SHOWN)
    return {
        "now": datetime.fromtimestamp(turn.now, UTC),
        "payments": [
            {"it": one, "words": money.words(one.amount, one.currency), "back": money.words(one.refunded, one.currency)}
            for one in kept
        ],
        "refunds": [
            {"it": one, "words": money.words(one.amount, one.currency), "can": _OF_REFUND.get(one.outcome.status, ())}
            for one in rows.all(StripeRefund, limit=SHOWN)
        ],
        "disputes": [
            {"it": one, "words": money.words(one.amount, one.currency), "can": _OF_DISPUTE.get(one.status, ())}
            for one in rows.all(Dispute, limit=SHOWN)
        ],
        "events": [{"it": one, "waits": one.id in waiting} for one in rows.all(StoredEvent, limit=SHOWN)],
        "attempts": [{"it": one, "url": endpoints.get(one.endpoint, "gone")} for one in rows.all(Attempt, limit=SHOWN)],
        "endpoints": rows.all(Endpoint),
        "currencies": sorted({one.currency for one in kept}),
        "shown": SHOWN,
    }
