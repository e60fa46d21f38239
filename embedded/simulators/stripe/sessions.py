"""Checkout sessions: a page on which somebody pays once, until it expires."""

from __future__ import annotations

from typing import Literal

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import basket, lists, params, payments
from embedded.simulators.stripe.basket import Basket
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import tell
from embedded.simulators.stripe.objects import Payment
from embedded.simulators.stripe.settling import Due
from embedded.simulators.stripe.turn import Turn, new_id

_PARAMS = (
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "expand",
    "expires_at",
    "line_items",
    "metadata",
    "mode",
    "payment_intent_data",
    "success_url",
)
_STATUSES = ("complete", "expired", "open")
_SHORTEST, _LONGEST = 30 * 60, 24 * 3600
"""Seconds that a session can be open."""


class Session(Model):
    """One session. `payment` is what was paid; `link` the payment link that opened it."""

    id: str
    created: int
    basket: Basket
    expires_at: int
    success_url: str
    cancel_url: str | None
    reference: str | None
    email: str | None
    metadata: dict[str, str]
    payment_metadata: dict[str, str]
    link: str | None = None
    payment: str | None = None
    status: Literal["open", "complete", "expired"] = "open"


def start(turn: Turn, session: Session) -> Session:
    """Open a session, which will expire by itself."""
    turn.rows.put(session.id, session)
    due = Due(id=f"expire:{session.id}", of=session.id, what="expire", at=session.expires_at)
    turn.rows.put(due.id, due)
    return session


def pay(turn: Turn, session: Session, *, late: bool = False) -> Session:
    """Somebody pays. `late`: their payment was under way when the session closed.

    Raises StripeError 409 if it was paid already, or is closed.
    """
    if session.payment is not None or (session.status != "open" and not late):
        raise StripeError(f"Checkout Session {session.id} is {session.status}, so nobody can pay it.", status=409)
    payment = Payment(
        id=new_id("pi_"),
        amount=session.basket.amount,
        currency=session.basket.currency,
        created=turn.now,
        payment_method="pm_card_visa",
        metadata=session.payment_metadata,
    )
    payments.take(turn, payment)
    paid = session.model_copy(update={"payment": payment.id, "status": "complete"})
    turn.rows.put(paid.id, paid)
    tell(turn, "checkout.session.completed", shown(turn, paid))
    return paid


def expire(turn: Turn, session: Session) -> Session:
    """Close an open session. Raises StripeError for any other."""
    if session.status != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session.status}`.",
            settled=True,
        )
    expired = session.model_copy(update={"status": "expired"})
    turn.rows.put(expired.id, expired)
    tell(turn, "checkout.session.expired", shown(turn, expired))
    return expired


def get(turn: Turn, id: str) -> Session:
    """One session. Raises StripeError 404."""
    session = turn.rows.get(Session, id)
    if session is None:
        raise missing("checkout.session", id, "session")
    return session


def shown(turn: Turn, session: Session) -> Json:
    """A session as `checkout.session`."""
    email: Json = {"address": None, "email": session.email, "name": None, "phone": None, "tax_exempt": "none"}
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": session.basket.amount,
        "amount_total": session.basket.amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": session.cancel_url,
        "client_reference_id": session.reference,
        "created": session.created,
        "currency": session.basket.currency,
        "custom_fields": [],
        "customer": None,
        "customer_details": email if session.payment else None,
        "customer_email": session.email,
        "expires_at": session.expires_at,
        "livemode": False,
        "metadata": {**session.metadata},
        "mode": "payment",
        "payment_intent": session.payment,
        "payment_link": session.link,
        "payment_method_types": ["card"],
        "payment_status": "paid" if session.payment else "unpaid",
        "status": session.status,
        "success_url": session.success_url,
        "url": f"{turn.site}/pay/{session.id}" if session.status == "open" else None,
    }


def _create(turn: Turn, asked: Asked) -> Json:
    given = asked.params
    if params.required(given, "mode") != "payment":
        raise StripeError("This simulator takes checkout sessions of mode payment only.", param="mode")
    soonest, latest = turn.now + _SHORTEST, turn.now + _LONGEST
    session = Session(
        id=new_id("cs_test_"),
        created=turn.now,
        basket=basket.read(given),
        expires_at=params.integer(given, "expires_at", soonest, latest) or latest,
        success_url=params.required(given, "success_url"),
        cancel_url=params.text(given, "cancel_url"),
        reference=params.text(given, "client_reference_id"),
        email=params.text(given, "customer_email"),
        metadata=params.metadata(given),
        payment_metadata=basket.payment_metadata(given),
    )
    return shown(turn, start(turn, session))


def _listed(turn: Turn, asked: Asked) -> Json:
    payment, link = params.text(asked.params, "payment_intent"), params.text(asked.params, "payment_link")
    status = params.choice(asked.params, "status", _STATUSES)
    found = [
        one
        for one in turn.rows.all(Session)
        if payment in (None, one.payment) and link in (None, one.link) and status in (None, one.status)
    ]
    return lists.page(asked, found, "checkout.session", lambda one: shown(turn, one))


def _one(turn: Turn, asked: Asked) -> Json:
    return shown(turn, get(turn, asked.id))


def _expire(turn: Turn, asked: Asked) -> Json:
    return shown(turn, expire(turn, get(turn, asked.id)))


CALLS = (
    Call("POST", "/v1/checkout/sessions", _PARAMS, _create),
    Call("GET", "/v1/checkout/sessions", (*lists.PARAMS, "payment_intent", "payment_link", "status"), _listed),
    Call("GET", "/v1/checkout/sessions/{id}", ("expand",), _one),
    Call("POST", "/v1/checkout/sessions/{id}/expire", ("expand",), _expire),
)
