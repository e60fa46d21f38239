"""Payment intents that succeed at once, with their one charge."""

from __future__ import annotations

from embedded.simulators.bodies import Json
from embedded.simulators.shelf import Rows
from embedded.simulators.stripe import balance, lists, money, objects, params
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import changed, tell
from embedded.simulators.stripe.objects import Payment, payment_of_charge
from embedded.simulators.stripe.turn import Turn, new_id

_PARAMS = ("amount", "confirm", "currency", "description", "expand", "metadata", "payment_method")


def find(rows: Rows, payment: str | None, charge: str | None) -> Payment:
    """The payment that a call names, by itself or by its charge. Raises StripeError 404."""
    if charge is not None:
        found = rows.get(Payment, payment_of_charge(charge))
        if found is None or found.charge != charge:
            raise missing("charge", charge, "charge")
        return found
    found = rows.get(Payment, payment or "")
    if found is None:
        raise missing("payment_intent", payment or "", "payment_intent")
    return found


def take(turn: Turn, payment: Payment) -> None:
    """Take a new payment: its money comes in, less Stripe's fee, and it is told."""
    turn.rows.put(payment.id, payment)
    shown = objects.charge(payment)
    balance.book(
        turn,
        "charge",
        payment.amount,
        payment.currency,
        source=payment.charge,
        fee=_fee(payment),
        id=str(shown["balance_transaction"]),
    )
    tell(turn, "charge.succeeded", shown)
    tell(turn, "payment_intent.succeeded", objects.payment_intent(payment))


def _fee(payment: Payment) -> int:
    """2.9 % and 30, rounded down to what can be paid in the currency."""
    fee = min(payment.amount, payment.amount * 29 // 1000 + 30)
    return fee - fee % money.step(payment.currency)


def _create(turn: Turn, asked: Asked) -> Json:
    given = asked.params
    params.required(given, "amount")
    amount = params.integer(given, "amount", 1, money.LARGEST) or 0
    currency = params.required(given, "currency")
    method = params.method(given)
    if params.required(given, "confirm") != "true":
        raise StripeError(
            "This simulator takes payments that are confirmed at once: pass confirm=true.", param="confirm"
        )
    if not money.known(currency):
        raise StripeError(f"Invalid currency: {currency[:20]}", param="currency")
    money.check_step(amount, currency)
    payment = Payment(
        id=new_id("pi_"),
        amount=amount,
        currency=currency,
        created=turn.now,
        payment_method=method,
        metadata=params.metadata(given),
        description=params.text(given, "description"),
    )
    take(turn, payment)
    return objects.payment_intent(payment)


def _listed(turn: Turn, asked: Asked) -> Json:
    return lists.page(asked, turn.rows.all(Payment), "payment_intent", objects.payment_intent)


def _intent(turn: Turn, asked: Asked) -> Payment:
    payment = turn.rows.get(Payment, asked.id)
    if payment is None:
        raise missing("payment_intent", asked.id, "intent")
    return payment


def _one(turn: Turn, asked: Asked) -> Json:
    return objects.payment_intent(_intent(turn, asked))


def _update(turn: Turn, asked: Asked) -> Json:
    payment = _intent(turn, asked)
    changes = {
        "metadata": params.merged(asked.params, payment.metadata),
        "description": params.text(asked.params, "description") or payment.description,
        # The charge took its own copy when it was made.
        "charge_metadata": payment.metadata if payment.charge_metadata is None else payment.charge_metadata,
    }
    updated = payment.model_copy(update=changes)
    turn.rows.put(updated.id, updated)
    return objects.payment_intent(updated)


def _charges(turn: Turn, asked: Asked) -> Json:
    wanted = params.text(asked.params, "payment_intent")
    found = turn.rows.all(Payment) if wanted is None else [find(turn.rows, wanted, None)]
    return lists.page(asked, [_Charge(one) for one in found], "charge", lambda one: objects.charge(one.payment))


class _Charge:
    """A payment as it stands in a list of charges."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment
        self.id = payment.charge
        self.created = payment.created


def _charge(turn: Turn, asked: Asked) -> Json:
    return objects.charge(find(turn.rows, None, asked.id))


def _update_charge(turn: Turn, asked: Asked) -> Json:
    payment = find(turn.rows, None, asked.id)
    own = payment.metadata if payment.charge_metadata is None else payment.charge_metadata
    changes = {
        "charge_metadata": params.merged(asked.params, own),
        "charge_description": params.text(asked.params, "description") or payment.charge_description,
    }
    updated = payment.model_copy(update=changes)
    turn.rows.put(updated.id, updated)
    shown = objects.charge(updated)
    tell(turn, "charge.updated", shown, changed(objects.charge(payment), shown))
    return shown


CALLS = (
    Call("POST", "/v1/payment_intents", _PARAMS, _create),
    Call("GET", "/v1/payment_intents", lists.PARAMS, _listed),
    Call("GET", "/v1/payment_intents/{id}", ("expand",), _one),
    Call("POST", "/v1/payment_intents/{id}", ("description", "expand", "metadata"), _update),
    Call("GET", "/v1/charges", (*lists.PARAMS, "payment_intent"), _charges),
    Call("GET", "/v1/charges/{id}", ("expand",), _charge),
    Call("POST", "/v1/charges/{id}", ("description", "expand", "metadata"), _update_charge),
)
