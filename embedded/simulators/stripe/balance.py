"""The account's balance: one transaction for every movement, and what is available where the controls limit it."""

from __future__ import annotations

from typing import Literal

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import lists, params
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import missing
from embedded.simulators.stripe.turn import Turn, new_id

Category = Literal["charge", "dispute", "dispute_reversal", "fee", "payout", "refund", "refund_failure"]
"""What Stripe's reports group by (`reporting_category`)."""

# Who groups by `type` instead finds disputes and their reversals under one word.
_TYPES: dict[Category, str] = {
    "charge": "charge",
    "dispute": "adjustment",
    "dispute_reversal": "adjustment",
    "fee": "stripe_fee",
    "payout": "payout",
    "refund": "refund",
    "refund_failure": "refund_failure",
}
_WAIT_SECONDS = 2 * 86400
"""How long the money of a charge takes to become available."""


class BalanceTransaction(Model):
    """One movement. `amount` is signed as the balance sees it; `source` is what moved it."""

    id: str
    category: Category
    amount: int
    fee: int
    fee_words: str
    currency: str
    created: int
    available_on: int
    source: str | None
    description: str | None
    payout: str | None = None


class Available(Model):
    """What the account has of a currency. Where there is none of these, it has as much as is needed."""

    currency: str
    amount: int


def book(
    turn: Turn,
    category: Category,
    amount: int,
    currency: str,
    *,
    source: str | None = None,
    fee: int = 0,
    fee_words: str = "Stripe processing fees",
    description: str | None = None,
    id: str | None = None,
) -> str:
    """Write a movement down; gives its id."""
    made = BalanceTransaction(
        id=id or new_id("txn_"),
        category=category,
        amount=amount,
        fee=fee,
        fee_words=fee_words,
        currency=currency,
        created=turn.now,
        available_on=turn.now + (_WAIT_SECONDS if category == "charge" else 0),
        source=source,
        description=description,
    )
    turn.rows.put(made.id, made, owner=source or "")
    limited = turn.rows.get(Available, currency)
    if limited is not None:
        turn.rows.put(currency, limited.model_copy(update={"amount": limited.amount + amount - fee}))
    return made.id


def covers(turn: Turn, amount: int, currency: str) -> bool:
    """Whether the account has that much."""
    limited = turn.rows.get(Available, currency)
    return limited is None or limited.amount >= amount


def transaction(turn: Turn, kept: BalanceTransaction) -> Json:
    """A movement as `balance_transaction`."""
    fees: Json = {
        "amount": kept.fee,
        "application": None,
        "currency": kept.currency,
        "description": kept.fee_words,
        "type": "stripe_fee",
    }
    return {
        "id": kept.id,
        "object": "balance_transaction",
        "amount": kept.amount,
        "available_on": kept.available_on,
        "balance_type": "payments",
        "created": kept.created,
        "currency": kept.currency,
        "description": kept.description,
        "exchange_rate": None,
        "fee": kept.fee,
        "fee_details": [fees] if kept.fee else [],
        "net": kept.amount - kept.fee,
        "reporting_category": kept.category,
        "source": kept.source,
        "status": "available" if kept.available_on <= turn.now else "pending",
        "type": _TYPES[kept.category],
    }


def _listed(turn: Turn, asked: Asked) -> Json:
    wanted = {name: params.text(asked.params, name) for name in ("currency", "payout", "source", "type")}
    found = [
        kept
        for kept in turn.rows.all(BalanceTransaction, wanted["source"])
        if wanted["currency"] in (None, kept.currency)
        and wanted["payout"] in (None, kept.payout)
        and wanted["type"] in (None, _TYPES[kept.category])
    ]
    if wanted["payout"] is not None and not found:
        raise missing("payout", wanted["payout"], "payout")
    return lists.page(asked, found, "balance transaction", lambda kept: transaction(turn, kept))


def get(turn: Turn, id: str) -> BalanceTransaction:
    """One movement. Raises StripeError 404."""
    kept = turn.rows.get(BalanceTransaction, id)
    if kept is None:
        raise missing("balance transaction", id, "id")
    return kept


def _one(turn: Turn, asked: Asked) -> Json:
    return transaction(turn, get(turn, asked.id))


CALLS = (
    Call("GET", "/v1/balance_transactions", (*lists.PARAMS, "currency", "payout", "source", "type"), _listed),
    Call("GET", "/v1/balance_transactions/{id}", ("expand",), _one),
)
