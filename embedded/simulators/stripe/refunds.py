"""Refunds: every rule is checked before anything changes, and every change is told."""

from __future__ import annotations

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import balance, lists, money, objects, params, settling
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import changed, tell
from embedded.simulators.stripe.objects import Outcome, Payment, Status, StripeRefund
from embedded.simulators.stripe.params import Params
from embedded.simulators.stripe.payments import find
from embedded.simulators.stripe.turn import Turn, new_id

PARAMS = ("amount", "charge", "expand", "instructions_email", "metadata", "payment_intent", "reason")
REASONS = ("duplicate", "fraudulent", "requested_by_customer")

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
    email: str | None


def read(given: Params) -> Ask:
    """Validate the parameters of a refund."""
    ask = Ask(
        payment=params.text(given, "payment_intent"),
        charge=params.text(given, "charge"),
        amount=params.integer(given, "amount", 1, money.LARGEST),
        reason=params.choice(given, "reason", REASONS),
        metadata=params.metadata(given),
        email=params.text(given, "instructions_email"),
    )
    if ask.payment is None and ask.charge is None:
        raise StripeError(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    if ask.payment is not None and ask.charge is not None:
        raise StripeError("You may only specify one of these parameters: charge, payment_intent.")
    return ask


def create(turn: Turn, ask: Ask) -> StripeRefund:
    """Refund a payment. Raises StripeError if it is disputed or does not have that much left."""
    payment = find(turn.rows, ask.payment, ask.charge)
    amount = _amount(payment, ask.amount, turn.now)
    outcome = settling.first_outcome(turn, amount, payment.currency)
    refund = StripeRefund(
        id=new_id("re_"),
        payment=payment.id,
        charge=payment.charge,
        payment_method=payment.payment_method,
        amount=amount,
        currency=payment.currency,
        created=turn.now,
        reason=ask.reason,
        metadata=ask.metadata,
        outcome=_with_reason(outcome),
        moved=outcome.status == "succeeded",
        email=ask.email,
    )
    if refund.moved:
        _pay(turn, refund)
    turn.rows.put(refund.id, refund, owner=payment.id)
    settling.plan(turn, refund)
    tell(turn, "refund.created", objects.refund(refund))
    if outcome.status not in _NOT_PAID:
        after = _count(turn, payment, amount)
        before = objects.charge(payment)
        tell(turn, "charge.refunded", objects.charge(after), changed(before, objects.charge(after)))
    if outcome.status == "failed":
        tell(turn, "refund.failed", objects.refund(refund))
    return refund


def move(turn: Turn, refund: StripeRefund, to: Outcome) -> StripeRefund:
    """Take a refund to a later status; one that fails or is canceled gives its amount back to the charge.

    Raises StripeError 409 for a step that Stripe never takes.
    """
    now = refund.outcome.status
    if to.status == now:
        return refund
    if to.status not in _NEXT[now]:
        raise StripeError(f"A refund that is {now} does not become {to.status}.", status=409)
    moved = refund.model_copy(update={"outcome": _with_reason(to), "moved": refund.moved or to.status == "succeeded"})
    if moved.moved and not refund.moved:
        _pay(turn, moved)
    if refund.moved and to.status == "failed":
        balance.book(
            turn,
            "refund_failure",
            refund.amount,
            refund.currency,
            source=refund.id,
            description="REFUND FAILURE",
            id=str(objects.refund(moved)["failure_balance_transaction"]),
        )
    if to.status in _NOT_PAID:
        _count(turn, find(turn.rows, refund.payment, None), -refund.amount)
    keep(turn, refund, moved)
    settling.plan(turn, moved)
    return moved


def keep(turn: Turn, before: StripeRefund, after: StripeRefund) -> None:
    """Keep what became of a refund, and tell it."""
    turn.rows.put(after.id, after, owner=after.payment)
    shown = objects.refund(after)
    tell(turn, "refund.updated", shown, changed(objects.refund(before), shown))
    if after.outcome.status == "failed" != before.outcome.status:
        tell(turn, "refund.failed", shown)


def get(turn: Turn, id: str) -> StripeRefund:
    """One refund. Raises StripeError 404."""
    kept = turn.rows.get(StripeRefund, id)
    if kept is None:
        raise missing("refund", id, "id")
    return kept


def _with_reason(outcome: Outcome) -> Outcome:
    if outcome.status == "failed" and outcome.failure_reason is None:
        return outcome.model_copy(update={"failure_reason": "unknown"})
    if outcome.status == "pending" and outcome.pending_reason is None:
        return outcome.model_copy(update={"pending_reason": "processing"})
    return outcome


def _pay(turn: Turn, refund: StripeRefund) -> None:
    id = str(objects.refund(refund)["balance_transaction"])
    balance.book(turn, "refund", -refund.amount, refund.currency, source=refund.id, description="REFUND", id=id)


def _amount(payment: Payment, asked: int | None, now: int) -> int:
    if payment.blocked:
        raise StripeError(
            f"Charge {payment.charge} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            settled=True,
        )
    if payment.refundable_until is not None and payment.refundable_until <= now:
        raise StripeError(
            f"Charge {payment.charge} is not refundable: its payment method takes no money back any more.",
            code="charge_not_refundable",
            settled=True,
        )
    if payment.left == 0:
        raise StripeError(
            f"Charge {payment.charge} has already been refunded.", code="charge_already_refunded", settled=True
        )
    amount = payment.left if asked is None else asked
    money.check_step(amount, payment.currency)
    if amount > payment.left:
        raise StripeError(
            f"Refund amount ({money.words(amount, payment.currency)}) is greater than unrefunded amount on charge "
            f"({money.words(payment.left, payment.currency)})",
            param="amount",
            settled=True,
        )
    return amount


def _count(turn: Turn, payment: Payment, amount: int) -> Payment:
    counted = payment.model_copy(update={"refunded": payment.refunded + amount})
    turn.rows.put(payment.id, counted)
    return counted


def _create(turn: Turn, asked: Asked) -> Json:
    return objects.refund(create(turn, read(asked.params)))


def _listed(turn: Turn, asked: Asked) -> Json:
    payment, charge = params.text(asked.params, "payment_intent"), params.text(asked.params, "charge")
    owner = None if payment is charge is None else find(turn.rows, payment, charge).id
    found = [kept for kept in turn.rows.all(StripeRefund, owner) if payment in (None, kept.payment)]
    return lists.page(asked, found, "refund", objects.refund)


def _one(turn: Turn, asked: Asked) -> Json:
    return objects.refund(get(turn, asked.id))


def _update(turn: Turn, asked: Asked) -> Json:
    before = get(turn, asked.id)
    after = before.model_copy(update={"metadata": params.merged(asked.params, before.metadata)})
    if after != before:
        keep(turn, before, after)
    return objects.refund(after)


def _cancel(turn: Turn, asked: Asked) -> Json:
    refund = get(turn, asked.id)
    if refund.outcome.status != "requires_action":
        raise StripeError("Canceling this refund is unsupported.", settled=True)
    return objects.refund(move(turn, refund, Outcome(status="canceled")))


CALLS = (
    Call("POST", "/v1/refunds", PARAMS, _create),
    Call("GET", "/v1/refunds", (*lists.PARAMS, "charge", "payment_intent"), _listed),
    Call("GET", "/v1/refunds/{id}", ("expand",), _one),
    Call("POST", "/v1/refunds/{id}", ("expand", "metadata"), _update),
    Call("POST", "/v1/refunds/{id}/cancel", ("expand",), _cancel),
)
