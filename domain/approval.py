"""A person agrees to a refund above the automatic limit, or to an override: what is signed, and who may not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, PublicKey, Signature
from domain.verbs import Refusal, Verb


class Approval(Model):
    """A recorded agreement to pay `amount` minor units, the total of the `plan`-th plan; or, with plan 0, to the
    `override` of this id, which costs so much.

    The signature is by `public_key` over `statement(...)`; both are kept, so that it can be checked for ever.
    """

    by: Id
    plan: Annotated[int, Field(strict=True, ge=0)]
    override: str = ""
    amount: Minor
    currency: Currency
    update_id: Id
    public_key: PublicKey
    signature: Signature


def statement(case: str, amount: int, currency: str, update_id: str) -> dict[str, object]:
    """What is signed: one amount of one return, said once under one id, so that it means nothing anywhere else."""
    return {
        "case": case,
        "verb": Verb.APPROVE.value,
        "amount": amount,
        "currency": currency,
        "update_id": update_id,
    }


def statement_of_override(case: str, override: str, amount: int, currency: str, update_id: str) -> dict[str, object]:
    """What a second person signs: that they agree to this override of this return, which costs so much."""
    said = statement(case, amount, currency, update_id)
    return {**said, "verb": Verb.OVERRIDE.value, "override": override}


def statement_by_hand(case: str, payment: str, reference: str, update_id: str) -> dict[str, object]:
    """What is signed: that what this return pays to this payment was paid by hand, under the bank's reference."""
    said = {"case": case, "verb": Verb.PAID_BY_HAND.value, "payment": payment, "reference": reference}
    return {**said, "update_id": update_id}


def involved(who: str, requested_by: str, inspected_by: tuple[str, ...]) -> Refusal | None:
    """Why this person is not the second one: nobody approves what they asked for or graded themselves."""
    if who == requested_by:
        text = f"{who} asked for this return, so somebody else has to approve its refund."
        return Refusal(code="same_person", message=text)
    if who in inspected_by:
        text = f"{who} inspected the goods of this return, so somebody else has to approve its refund."
        return Refusal(code="same_person", message=text)
    return None
