"""Gift cards and store credit: what is on them is the storefront's word. Amounts in minor units of ISO 4217."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain import money
from domain.model import Model
from embedded.simulators import clock
from embedded.simulators.bodies import Body, Json
from embedded.simulators.shelf import Rows
from embedded.simulators.storefront.errors import StorefrontError, missing

Amount = Annotated[int, Field(strict=True, ge=1, le=10**9)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
_NAME = r"^[A-Za-z0-9._:-]{1,128}$"
Name = Annotated[str, StringConstraints(pattern=_NAME)]
Reference = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]


class NewCredit(Body):
    """A credit on something that is there; `reference` is the caller's own key for it."""

    amount: Amount
    currency: Currency
    reference: Reference


class NewGiftCard(NewCredit):
    """A gift card to be made, for a customer or for whoever holds it."""

    customer: Name | None = None


class Purse(Model):
    """A gift card, or the store credit of one customer in one currency. `owner` on the shelf is the customer."""

    id: str
    kind: Literal["gift_card", "store_credit"]
    customer: str | None
    currency: str
    balance: int = 0
    code: str | None = None
    created: int


class Movement(Model):
    """One change of a purse; `balance` is what it had afterwards. `owner` on the shelf is the purse."""

    id: str
    purse: str
    kind: Literal["issue", "credit", "debit", "spend", "void"]
    amount: int
    currency: str
    balance: int
    reference: str
    created: int
    voided: bool = False


def issue(rows: Rows, ask: NewGiftCard, id: str | None = None) -> Json:
    """Make a gift card; its code is told this once."""
    _check_currency(ask.currency)
    code = secrets.token_hex(8).upper()
    purse = Purse(
        id=id or "gc_" + secrets.token_hex(8),
        kind="gift_card",
        customer=ask.customer,
        currency=ask.currency,
        code=code,
        created=clock.now(rows),
    )
    made = _move(rows, purse, "issue", ask.amount, ask.reference)
    return {**card(get(rows, purse.id)), "code": code, "credit": shown(made)}


def credit_card(rows: Rows, id: str, ask: NewCredit) -> Json:
    """Put money back on a gift card. Raises StorefrontError for one that is not there or in another currency."""
    purse = get(rows, id)
    if purse.currency != ask.currency:
        text = f"Gift card {purse.id} is in {purse.currency}, not in {ask.currency}."
        raise StorefrontError(422, "currency_mismatch", text, settled=True)
    return shown(_move(rows, purse, "credit", ask.amount, ask.reference))


def credit_customer(rows: Rows, customer: str, ask: NewCredit) -> Json:
    """Give a customer store credit."""
    _check_currency(ask.currency)
    if re.fullmatch(_NAME, customer) is None:
        raise StorefrontError(400, "invalid", "customer: an id of 1 to 128 letters, digits and . _ : -")
    id = f"sc_{customer}_{ask.currency.lower()}"
    purse = rows.get(Purse, id) or Purse(
        id=id, kind="store_credit", customer=customer, currency=ask.currency, created=clock.now(rows)
    )
    return shown(_move(rows, purse, "credit", ask.amount, ask.reference))


def debit_customer(rows: Rows, customer: str, ask: NewCredit) -> Json:
    """Take store credit of a customer back, as much as is not spent."""
    _check_currency(ask.currency)
    purse = rows.get(Purse, f"sc_{customer}_{ask.currency.lower()}")
    if purse is None:
        raise missing("store credit", customer)
    return shown(_move(rows, purse, "debit", -min(purse.balance, ask.amount), ask.reference))


def spend(rows: Rows, id: str, amount: int) -> Json:
    """The customer buys something with it. Raises StorefrontError if it does not have that much."""
    purse = rows.get(Purse, id)
    if purse is None:
        raise missing("gift card or store credit", id)
    if purse.balance < amount:
        raise StorefrontError(409, "balance_too_low", f"{id} has {purse.balance} left.")
    return shown(_move(rows, purse, "spend", -amount, "checkout"))


def void(rows: Rows, id: str) -> Json:
    """Take a credit back. Raises StorefrontError if it was spent, wholly or in part, or is voided already."""
    credit = movement(rows, id)
    if credit.voided or credit.amount < 0:
        raise StorefrontError(409, "not_voidable", f"{id} is no credit, or was voided before.", settled=True)
    purse = get(rows, credit.purse)
    if purse.balance < credit.amount:
        text = f"Only {purse.balance} of {credit.amount} {credit.currency} are left, so {id} cannot be taken back."
        raise StorefrontError(409, "spent", text, settled=True)
    rows.put(id, credit.model_copy(update={"voided": True}), owner=credit.purse)
    return shown(_move(rows, purse, "void", -credit.amount, credit.reference))


def get(rows: Rows, id: str) -> Purse:
    """A gift card or store credit. Raises StorefrontError 404."""
    purse = rows.get(Purse, id)
    if purse is None:
        raise missing("gift card", id)
    return purse


def movement(rows: Rows, id: str) -> Movement:
    """One change. Raises StorefrontError 404."""
    found = rows.get(Movement, id)
    if found is None:
        raise missing("credit", id)
    return found


def card(purse: Purse) -> Json:
    """A gift card for callers: of its code only the last four characters."""
    return {
        "id": purse.id,
        "object": "gift_card",
        "balance": purse.balance,
        "currency": purse.currency,
        "customer": purse.customer,
        "last4": (purse.code or "")[-4:],
        "created_at": purse.created,
    }


def customer(rows: Rows, id: str) -> Json:
    """What store credit a customer has, by currency."""
    balances = {one.currency: one.balance for one in rows.all(Purse, id) if one.kind == "store_credit"}
    return {"object": "store_credit", "customer": id, "balances": {**balances}}


def history(rows: Rows, purses: list[Purse]) -> Json:
    """Every change of some purses, newest first."""
    names = {one.id for one in purses}
    return {"object": "list", "data": [shown(one) for one in rows.all(Movement) if one.purse in names]}


def found(rows: Rows, reference: str) -> Json:
    """The credits that carry a caller's reference, newest first; voids are no credits."""
    hits = [one for one in rows.all(Movement) if one.reference == reference and one.kind in ("issue", "credit")]
    return {"object": "list", "data": [shown(one) for one in hits]}


def shown(one: Movement) -> Json:
    """A change for callers."""
    return {
        "id": one.id,
        "object": "credit",
        "account": one.purse,
        "kind": one.kind,
        "amount": one.amount,
        "currency": one.currency,
        "balance": one.balance,
        "reference": one.reference,
        "created_at": one.created,
        "voided": one.voided,
    }


def _move(
    rows: Rows, purse: Purse, kind: Literal["issue", "credit", "debit", "spend", "void"], amount: int, reference: str
) -> Movement:
    after = purse.model_copy(update={"balance": purse.balance + amount})
    rows.put(after.id, after, owner=after.customer or "")
    made = Movement(
        id="cr_" + secrets.token_hex(8),
        purse=purse.id,
        kind=kind,
        amount=amount,
        currency=purse.currency,
        balance=after.balance,
        reference=reference,
        created=clock.now(rows),
    )
    rows.put(made.id, made, owner=purse.id)
    return made


def _check_currency(currency: str) -> None:
    try:
        money.exponent(currency)
    except ValueError:
        raise StorefrontError(400, "invalid", f"currency: {currency} is no currency") from None
