"""Refunds: every rule is checked before anything changes."""

from __future__ import annotations

import secrets
import time

from domain.model import Model
from embedded.simulators.shelf import Rows
from embedded.simulators.stripe import money, params
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.objects import Outcome, Payment, Status, StripeRefund, payment_of_charge
from embedded.simulators.stripe.params import Params

PARAMS = ("amount", "charge", "metadata", "payment_intent", "reason")
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
LARGEST = 99_999_999
"""Stripe takes amounts of up to eight digits."""

_NEXT: dict[Status, tuple[Status, ...]] = {
    "pending": ("requires_action", "succeeded", "failed", "canceled"),
    "requires_action": ("pending", "succeeded", "failed", "canceled"),
    # Not final: a bank can return the money weeks later.
    "succeeded": ("failed",),
    "failed": (),
    "canceled": (),
}
_NOT_PAID = ("failed", "canceled")


class Ask(Model):
    """A request for a refund that passed validation; `amount` None is all that is left."""

    payment: str | None
    charge: str | None
    amount: int | None
    reason: str | None
    metadata: dict[str, str]


def read(given: Params) -> Ask:
    """Validate the parameters of a refund."""
    ask = Ask(
        payment=params.text(given, "payment_intent"),
        charge=params.text(given, "charge"),
        amount=params.integer(given, "amount", 1, LARGEST),
        reason=params.choice(given, "reason", REASONS),
        metadata=params.metadata(given),
    )
    if ask.payment is None and ask.charge is None:
        raise StripeError(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    if ask.payment is not None and ask.charge is not None:
        raise StripeError("You may only specify one of these parameters: charge, payment_intent.")
    return ask


def find(rows: Rows, payment: str | None, charge: str | None) -> Payment:
    """The payment that a refund names, by itself or by its charge. Raises StripeError 404."""
    if charge is not None:
        found = rows.get(Payment, payment_of_charge(charge))
        if found is None or found.charge != charge:
            raise missing("charge", charge[:100], "charge")
        return found
    found = rows.get(Payment, payment or "")
    if found is None:
        raise missing("payment_intent", (payment or "")[:100], "payment_intent")
    return found


def create(rows: Rows, ask: Ask, outcome: Outcome) -> StripeRefund:
    """Refund a payment. Raises StripeError if it does not have that much left."""
    payment = find(rows, ask.payment, ask.charge)
    amount = _amount(payment, ask.amount)
    if outcome.status == "failed" and outcome.failure_reason is None:
        outcome = outcome.model_copy(update={"failure_reason": "unknown"})
    if outcome.status == "pending" and outcome.pending_reason is None:
        outcome = outcome.model_copy(update={"pending_reason": "processing"})
    refund = StripeRefund(
        id="re_" + secrets.token_hex(12),
        payment=payment.id,
        charge=payment.charge,
        payment_method=payment.payment_method,
        amount=amount,
        currency=payment.currency,
        created=int(time.time()),
        reason=ask.reason,
        metadata=ask.metadata,
        outcome=outcome,
        moved=outcome.status == "succeeded",
    )
    rows.put(refund.id, refund, owner=payment.id)
    if outcome.status not in _NOT_PAID:
        _count(rows, payment, amount)
    return refund


def move(rows: Rows, refund: StripeRefund, to: Outcome) -> StripeRefund:
    """Take a refund to a later status; one that fails or is canceled gives its amount back to the charge.

    Raises StripeError 409 for a step that Stripe never takes.
    """
    now = refund.outcome.status
    if to.status == now:
        return refund
    if to.status not in _NEXT[now]:
        raise StripeError(f"A refund that is {now} does not become {to.status}.", status=409)
    if to.status == "failed" and to.failure_reason is None:
        to = to.model_copy(update={"failure_reason": "unknown"})
    moved = refund.model_copy(update={"outcome": to, "moved": refund.moved or to.status == "succeeded"})
    rows.put(moved.id, moved, owner=moved.payment)
    if to.status in _NOT_PAID:
        _count(rows, find(rows, refund.payment, None), -refund.amount)
    return moved


def _amount(payment: Payment, asked: int | None) -> int:
    if payment.left == 0:
        raise StripeError(
            f"Charge {payment.charge} has already been refunded.", code="charge_already_refunded", settled=True
        )
    amount = payment.left if asked is None else asked
    step = money.step(payment.currency)
    if amount % step:
        raise StripeError(
            f"Invalid amount: in {payment.currency} it must be a multiple of {step}.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount > payment.left:
        raise StripeError(
            f"Refund amount ({money.words(amount, payment.currency)}) is greater than unrefunded amount on charge "
            f"({money.words(payment.left, payment.currency)})",
            param="amount",
            settled=True,
        )
    return amount


def _count(rows: Rows, payment: Payment, amount: int) -> None:
    rows.put(payment.id, payment.model_copy(update={"refunded": payment.refunded + amount}))
