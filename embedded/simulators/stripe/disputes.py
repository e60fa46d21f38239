"""Disputes: the bank takes a payment's money back, and perhaps gives it again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import balance, lists, money, params, refunds
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import changed, tell
from embedded.simulators.stripe.objects import Outcome, Payment, StripeRefund
from embedded.simulators.stripe.payments import find
from embedded.simulators.stripe.turn import Turn, new_id

Reason = Literal[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
]
DisputeStatus = Literal[
    "lost",
    "needs_response",
    "under_review",
    "warning_closed",
    "warning_needs_response",
    "warning_under_review",
    "won",
]
_NEXT: dict[DisputeStatus, tuple[DisputeStatus, ...]] = {
    "needs_response": ("under_review", "lost", "won"),
    "under_review": ("lost", "won"),
    # An inquiry becomes a dispute when the bank is not content with the answer.
    "warning_needs_response": ("warning_under_review", "warning_closed", "needs_response"),
    "warning_under_review": ("warning_closed", "needs_response"),
    "warning_closed": (),
    "won": (),
    "lost": (),
}
_CLOSED = ("lost", "warning_closed", "won")
FEE = 1500
"""What Stripe takes for a dispute, in its units of the currency."""
_EVIDENCE = (
    "cancellation_policy",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
_DAYS_TO_ANSWER = 7


class Dispute(Model):
    """One dispute. `withdrawn` and `reinstated` are the ids of its movements of money. `owner` is its payment."""

    id: str
    payment: str
    charge: str
    amount: int
    currency: str
    reason: Reason
    status: DisputeStatus
    created: int
    withdrawn: str | None = None
    reinstated: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    evidence: dict[str, str] = Field(default_factory=dict)
    submissions: int = 0


def begin(turn: Turn, payment: Payment, amount: int | None, reason: Reason, *, inquiry: bool) -> Dispute:
    """The cardholder disputes a payment. Raises StripeError 409 where no bank would take it up."""
    if payment.left == 0:
        raise StripeError(f"Charge {payment.charge} is refunded in full, so it cannot be disputed.", status=409)
    if any(one.status not in _CLOSED or one.status == "lost" for one in turn.rows.all(Dispute, payment.id)):
        raise StripeError(f"Charge {payment.charge} is disputed already.", status=409)
    amount = payment.left if amount is None else amount
    if amount > payment.amount:
        raise StripeError(f"amount: only {money.words(payment.amount, payment.currency)} were paid", status=409)
    dispute = Dispute(
        id=new_id("dp_"),
        payment=payment.id,
        charge=payment.charge,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
        created=turn.now,
    )
    turn.rows.put(payment.id, payment.model_copy(update={"disputed": True}))
    turn.rows.put(dispute.id, dispute, owner=payment.id)
    tell(turn, "charge.dispute.created", shown(turn, dispute))
    return dispute if inquiry else _withdraw(turn, dispute)


def move(turn: Turn, dispute: Dispute, to: DisputeStatus) -> Dispute:
    """Take a dispute to a later status. Raises StripeError 409 for a step that no bank takes."""
    if to == dispute.status:
        return dispute
    if to not in _NEXT[dispute.status]:
        raise StripeError(f"A dispute that is {dispute.status} does not become {to}.", status=409)
    moved = dispute.model_copy(update={"status": to})
    moved = _keep(turn, dispute, moved, "charge.dispute.closed" if to in _CLOSED else "charge.dispute.updated")
    if to == "needs_response":
        return _withdraw(turn, moved)
    return _reinstate(turn, moved) if to == "won" else moved


def _withdraw(turn: Turn, dispute: Dispute) -> Dispute:
    """The money goes at once; what was still to be refunded of the charge fails, and nothing more can be."""
    _block(turn, dispute, True)
    for refund in turn.rows.all(StripeRefund, dispute.payment):
        if refund.outcome.status in ("pending", "requires_action"):
            outcome = Outcome(status="failed", failure_reason="charge_for_pending_refund_disputed")
            refunds.move(turn, refund, outcome)
    id = balance.book(
        turn,
        "dispute",
        -dispute.amount,
        dispute.currency,
        source=dispute.id,
        fee=FEE,
        fee_words="Dispute fee",
        description=f"Chargeback withdrawal for {dispute.charge}",
    )
    return _keep(turn, dispute, dispute.model_copy(update={"withdrawn": id}), "charge.dispute.funds_withdrawn")


def _reinstate(turn: Turn, dispute: Dispute) -> Dispute:
    _block(turn, dispute, False)
    id = balance.book(
        turn,
        "dispute_reversal",
        dispute.amount,
        dispute.currency,
        source=dispute.id,
        fee=-FEE,
        fee_words="Dispute fee refund",
        description=f"Chargeback reversal for {dispute.charge}",
    )
    return _keep(turn, dispute, dispute.model_copy(update={"reinstated": id}), "charge.dispute.funds_reinstated")


def _block(turn: Turn, dispute: Dispute, blocked: bool) -> None:
    payment = find(turn.rows, dispute.payment, None)
    turn.rows.put(payment.id, payment.model_copy(update={"blocked": blocked}))


def _keep(turn: Turn, before: Dispute, after: Dispute, type: str = "charge.dispute.updated") -> Dispute:
    turn.rows.put(after.id, after, owner=after.payment)
    told = shown(turn, after)
    previous = changed(shown(turn, before), told) if type == "charge.dispute.updated" else None
    tell(turn, type, told, previous)
    return after


def shown(turn: Turn, dispute: Dispute) -> Json:
    """A dispute as `dispute`."""
    moved = [id for id in (dispute.withdrawn, dispute.reinstated) if id]
    kept = [turn.rows.get(balance.BalanceTransaction, id) for id in moved]
    card: Json = {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "13.1"}
    if dispute.status.startswith("warning"):
        card["case_type"] = "inquiry"
    due = dispute.created + _DAYS_TO_ANSWER * 86400
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [balance.transaction(turn, one) for one in kept if one is not None],
        "charge": dispute.charge,
        "created": dispute.created,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), **dispute.evidence, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due,
            "enhanced_eligibility": {},
            "has_evidence": bool(dispute.evidence),
            "past_due": turn.now > due,
            "submission_count": dispute.submissions,
        },
        "is_charge_refundable": dispute.status.startswith("warning"),
        "livemode": False,
        "metadata": {**dispute.metadata},
        "payment_intent": dispute.payment,
        "payment_method_details": {"card": card, "type": "card"},
        "reason": dispute.reason,
        "status": dispute.status,
    }


def get(turn: Turn, id: str) -> Dispute:
    """One dispute. Raises StripeError 404."""
    dispute = turn.rows.get(Dispute, id)
    if dispute is None:
        raise missing("dispute", id, "id")
    return dispute


def _listed(turn: Turn, asked: Asked) -> Json:
    payment, charge = params.text(asked.params, "payment_intent"), params.text(asked.params, "charge")
    owner = None if payment is charge is None else find(turn.rows, payment, charge).id
    return lists.page(asked, turn.rows.all(Dispute, owner), "dispute", lambda one: shown(turn, one))


def _one(turn: Turn, asked: Asked) -> Json:
    return shown(turn, get(turn, asked.id))


def _update(turn: Turn, asked: Asked) -> Json:
    dispute = get(turn, asked.id)
    given = asked.params.get("evidence", {})
    if isinstance(given, str) or not set(given) <= set(_EVIDENCE):
        raise StripeError("Received unknown parameter: evidence", code="parameter_unknown", param="evidence")
    submit = params.choice(asked.params, "submit", ("true", "false")) == "true"
    if dispute.status in _CLOSED and given:
        raise StripeError("This dispute is closed, so its evidence cannot be changed.", settled=True)
    changes = {
        "evidence": {**dispute.evidence, **given},
        "metadata": params.merged(asked.params, dispute.metadata),
        "submissions": dispute.submissions + submit,
    }
    after = dispute.model_copy(update=changes)
    if submit and dispute.status in ("needs_response", "warning_needs_response"):
        status = "under_review" if dispute.status == "needs_response" else "warning_under_review"
        after = after.model_copy(update={"status": status})
    return shown(turn, _keep(turn, dispute, after) if after != dispute else after)


def _close(turn: Turn, asked: Asked) -> Json:
    dispute = get(turn, asked.id)
    if dispute.status in _CLOSED:
        raise StripeError("This dispute is already closed", settled=True)
    if dispute.status.startswith("warning"):
        return shown(turn, move(turn, dispute, "warning_closed"))
    return shown(turn, move(turn, dispute, "lost"))


CALLS = (
    Call("GET", "/v1/disputes", (*lists.PARAMS, "charge", "payment_intent"), _listed),
    Call("GET", "/v1/disputes/{id}", ("expand",), _one),
    Call("POST", "/v1/disputes/{id}", ("evidence", "expand", "metadata", "submit"), _update),
    Call("POST", "/v1/disputes/{id}/close", ("expand",), _close),
)
