"""Payouts: the account's money goes to the bank, and every movement in it is known."""

from __future__ import annotations

from pydantic import Field

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import balance, lists, params
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import tell
from embedded.simulators.stripe.turn import Turn, new_id

_STATUSES = ("canceled", "failed", "in_transit", "paid", "pending")


class Payout(Model):
    """One payout; it is paid at once."""

    id: str
    amount: int
    currency: str
    created: int
    transaction: str
    metadata: dict[str, str] = Field(default_factory=dict)


def pay_out(turn: Turn, currency: str) -> Payout:
    """Send every movement of a currency that is in no payout yet to the bank.

    Raises StripeError 409 if that is nothing, or less than nothing.
    """
    free = [
        one
        for one in turn.rows.all(balance.BalanceTransaction)
        if one.currency == currency and one.payout is None and one.category != "payout"
    ]
    amount = sum(one.amount - one.fee for one in free)
    if amount <= 0:
        raise StripeError(f"There is nothing to pay out in {currency}: the movements come to {amount}.", status=409)
    id = new_id("po_")
    for one in free:
        turn.rows.put(one.id, one.model_copy(update={"payout": id}), owner=one.source or "")
    own = balance.book(turn, "payout", -amount, currency, source=id, description="STRIPE PAYOUT")
    payout = Payout(id=id, amount=amount, currency=currency, created=turn.now, transaction=own)
    turn.rows.put(id, payout)
    for type in ("payout.created", "payout.paid", "payout.reconciliation_completed"):
        tell(turn, type, shown(payout))
    return payout


def shown(payout: Payout) -> Json:
    """A payout as `payout`."""
    return {
        "id": payout.id,
        "object": "payout",
        "amount": payout.amount,
        "arrival_date": payout.created,
        "automatic": True,
        "balance_transaction": payout.transaction,
        "created": payout.created,
        "currency": payout.currency,
        "description": "STRIPE PAYOUT",
        "destination": "ba_embedded",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {**payout.metadata},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "paid",
        "type": "bank_account",
    }


def _listed(turn: Turn, asked: Asked) -> Json:
    status = params.choice(asked.params, "status", _STATUSES)
    found = turn.rows.all(Payout) if status in (None, "paid") else []
    return lists.page(asked, found, "payout", shown)


def get(turn: Turn, id: str) -> Payout:
    """One payout. Raises StripeError 404."""
    payout = turn.rows.get(Payout, id)
    if payout is None:
        raise missing("payout", id, "payout")
    return payout


def _one(turn: Turn, asked: Asked) -> Json:
    return shown(get(turn, asked.id))


def _update(turn: Turn, asked: Asked) -> Json:
    payout = get(turn, asked.id)
    updated = payout.model_copy(update={"metadata": params.merged(asked.params, payout.metadata)})
    turn.rows.put(updated.id, updated)
    return shown(updated)


CALLS = (
    Call("GET", "/v1/payouts", (*lists.PARAMS, "status"), _listed),
    Call("GET", "/v1/payouts/{id}", ("expand",), _one),
    Call("POST", "/v1/payouts/{id}", ("expand", "metadata"), _update),
)
