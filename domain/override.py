"""A person decides otherwise than the policy: what is said, what is signed, and what is recorded of it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Currency, Id, Minor, Model, PublicKey, Quantity, ShortText, Signature, UtcDatetime
from domain.money import Money
from domain.policy.judgement import Verdict
from domain.verbs import Verb


class OverrideReason(StrEnum):
    """Why a person decides otherwise than the policy."""

    LOYAL_CUSTOMER = "loyal_customer"
    OUR_MISTAKE = "our_mistake"
    PROOF_SEEN = "proof_seen"
    SPECIAL_CASE = "special_case"
    SUSPECTED_ABUSE = "suspected_abuse"


class Waived(StrEnum):
    """What of the terms a person lets go."""

    RESTOCKING = "restocking"
    LOST_VALUE = "lost_value"
    LABEL = "label"


class Change(Model):
    """What a person changes about some lines of a decision.

    `verdict` approves or declines. `waive` and `send_back_until` make terms better. Of a line for which nothing but
    goodwill speaks, `refund_percent` is how much of the goods' worth is paid back, and `label_fee`, in minor units,
    what our label costs the shopper; without them all is paid back and the shop pays the way. Of one line in review
    that is approved, `units` are how many come back; the others stay with the shopper.
    """

    lines: Annotated[tuple[Id, ...], Field(min_length=1, max_length=200)]
    verdict: Verdict | None = None
    units: Quantity | None = None
    waive: Annotated[tuple[Waived, ...], Field(max_length=3)] = ()
    send_back_until: date | None = None
    refund_percent: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    label_fee: Minor | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        terms = [self.waive, self.send_back_until, self.refund_percent, self.label_fee]
        better = any(one not in (None, ()) for one in terms)
        if self.verdict is Verdict.REVIEW:
            raise ValueError("verdict: a person approves or declines")
        if self.verdict is Verdict.DECLINE and better:
            raise ValueError("verdict: what is declined has no terms; leave them out")
        if self.verdict is None and not better:
            raise ValueError("say what changes: a verdict, what is waived, or another term")
        if self.units is not None and (self.verdict is not Verdict.APPROVE or len(self.lines) > 1):
            raise ValueError("units: they are of one line that is approved: --verdict approve")
        if len(set(self.lines)) < len(self.lines):
            raise ValueError("lines: a line is named twice")
        return self

    def __str__(self) -> str:
        """`line 1, 2: approve, no restocking`."""
        told = [self.verdict.value] if self.verdict else []
        told += [f"{self.units} of it"] if self.units else []
        told += [f"no {one}".replace("_", " ") for one in self.waive]
        told += [f"to be sent by {self.send_back_until:%d %B %Y}"] if self.send_back_until else []
        told += [f"{self.refund_percent} % paid back"] if self.refund_percent is not None else []
        told += ["the shopper pays for the label"] if self.label_fee else []
        return f"line {', '.join(self.lines)}: {', '.join(told)}"


class Override(Model):
    """What a person says. `update_id` is this Update's own id; with return and change it is what is signed.

    `remark` is for staff, at most 200 characters, and stays out of the journal; do not name people in it.
    """

    by: Id
    reason: OverrideReason
    change: Change
    remark: ShortText = ""
    update_id: Id
    signature: Signature


class Second(StrEnum):
    """Why an override does not count before a second person has agreed."""

    OVER_OWN_LIMIT = "over_own_limit"
    OVER_SECOND_APPROVER = "second_approver_above"
    INVOLVED = "involved"


class OverrideState(StrEnum):
    """What became of an override."""

    EFFECTIVE = "effective"
    WAITS = "waits"
    LAPSED = "lapsed"
    """Nobody agreed before another one, the plan or the end."""


class Overridden(Model):
    """A recorded override. `worth` in minor units: what all overrides of the return so far cost beyond the policy.

    Where `second` says why, it is in force only after `agreed_by` has agreed.
    """

    by: Id
    reason: OverrideReason
    change: Change
    worth: Minor
    currency: Currency
    second: Second | None = None
    agreed_by: str = ""
    lapsed_at: UtcDatetime | None = None
    at: UtcDatetime
    update_id: Id
    public_key: PublicKey
    signature: Signature

    @property
    def waits(self) -> bool:
        """Whether a second person has to agree."""
        return self.second is not None and not self.agreed_by and self.lapsed_at is None

    @property
    def in_force(self) -> bool:
        """Whether the decision goes by it."""
        return self.second is None or bool(self.agreed_by)

    def __str__(self) -> str:
        """`fay: line 1: approve (our mistake), 12.00 EUR beyond the policy`."""
        return self.told(OverrideState.EFFECTIVE if self.in_force else OverrideState.WAITS)

    def told(self, state: OverrideState) -> str:
        """The same, with what became of it."""
        worth = Money(minor=self.worth, currency=self.currency)
        agreed = f", agreed by {self.agreed_by}" if self.agreed_by else ""
        ends = {
            OverrideState.WAITS: ", waits for a second person",
            OverrideState.LAPSED: ", lapsed: no second person agreed in time",
        }
        reason = self.reason.replace("_", " ")
        return f"{self.by}: {self.change} ({reason}), {worth} beyond the policy{agreed}{ends.get(state, '')}"


def override_statement(case: str, change: Change, reason: str, update_id: str) -> dict[str, object]:
    """What is signed: one change of one return, said once under one id."""
    asked = change.model_dump(mode="json", exclude_none=True)
    return {"case": case, "verb": Verb.OVERRIDE.value, "change": asked, "reason": reason, "update_id": update_id}
