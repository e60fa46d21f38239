"""What the merchant promises: a versioned document, and the pure function that applies it to a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.canonical import canonical_json, sha256
from domain.model import Id, Minor, Model, Quantity, UtcDatetime
from domain.money import ListedCurrency
from domain.order import Order, OrderLine
from domain.request import RequestedLine, ReturnRequest


class ShippingRule(StrEnum):
    """Whether the shopper gets back what delivery cost."""

    NEVER = "never"
    WHEN_ALL_RETURNED = "when_all_returned"
    BY_VALUE = "by_value"


class Policy(Model):
    """One version of a return policy. `window_days` count from delivery; `send_back_days` from the
    decision, `inspection_days` from the receipt.

    `automatic_limit` is the largest refund, in minor units of a currency, that nobody has to approve; a currency that
    is not named has no such limit."""

    id: Id
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    window_days: Annotated[int, Field(strict=True, ge=0, le=3650)]
    send_back_days: Annotated[int, Field(strict=True, ge=1, le=365)] = 14
    inspection_days: Annotated[int, Field(strict=True, ge=1, le=90)] = 3
    refund_shipping: ShippingRule = ShippingRule.WHEN_ALL_RETURNED
    automatic_limit: Mapping[ListedCurrency, Minor] = {}

    def limit_below(self, amount: int, currency: str) -> int | None:
        """The automatic limit that an amount exceeds; None if nobody has to approve it."""
        limit = self.automatic_limit.get(currency)
        return limit if limit is not None and amount > limit else None


class PublishedPolicy(Model):
    """A policy that took effect. `version` is the SHA-256 of the document as it was written, so that it stays the
    same when the model learns new fields."""

    policy: Policy
    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    effective_from: UtcDatetime

    @property
    def ref(self) -> str:
        """How decisions and journal entries name it: `id@version`, the version cut to 12 characters."""
        return f"{self.policy.id}@{self.version[:12]}"


def version_of(document: Mapping[str, object]) -> str:
    """The content hash of a policy document, as read from its file."""
    return sha256(canonical_json(document))


class Verdict(StrEnum):
    """What the policy says of a line, and folded over the lines, of the request."""

    APPROVE = "approve"
    DECLINE = "decline"


class Reason(Model):
    """One rule's word: a stable code, the sentence for people, and whether it speaks for or against."""

    code: str
    verdict: Verdict
    text: str


class LineDecision(Model):
    """The verdict on one requested line with every reason; `quantity` is what may come back."""

    line_id: Id
    quantity: Quantity
    verdict: Verdict
    reasons: tuple[Reason, ...]
    returnable_until: UtcDatetime | None = None


class Decision(Model):
    """The policy's answer to a request: approved if any line is; declined lines stay with the customer."""

    verdict: Verdict
    policy: str
    lines: tuple[LineDecision, ...]
    decided_at: UtcDatetime
    send_back_until: UtcDatetime

    @property
    def approved(self) -> tuple[LineDecision, ...]:
        """The lines that may come back."""
        return tuple(line for line in self.lines if line.verdict is Verdict.APPROVE)

    @property
    def reason_codes(self) -> tuple[str, ...]:
        """All codes once, in the order of the lines."""
        return tuple(dict.fromkeys(reason.code for line in self.lines for reason in line.reasons))


def decide(
    order: Order, request: ReturnRequest, policy: PublishedPolicy, returnable: Mapping[str, int], now: datetime
) -> Decision:
    """Apply the policy: every rule speaks, every reason is kept, then they are folded.

    `returnable` is how many units of each line are still with the customer and in no other return.
    """
    lines = tuple(_decide_line(order, wanted, policy.policy, returnable, now) for wanted in request.lines)
    approved = any(line.verdict is Verdict.APPROVE for line in lines)
    return Decision(
        verdict=Verdict.APPROVE if approved else Verdict.DECLINE,
        policy=policy.ref,
        lines=lines,
        decided_at=now,
        send_back_until=now + timedelta(days=policy.policy.send_back_days),
    )


def _decide_line(
    order: Order, wanted: RequestedLine, policy: Policy, returnable: Mapping[str, int], now: datetime
) -> LineDecision:
    line = order.line(wanted.line_id)
    if line is None:
        raise ValueError(f"order {order.id} has no line {wanted.line_id}")
    window, until = _window(line, policy, now)
    reasons = (window, _units(wanted, returnable.get(line.id, 0)))
    against = any(reason.verdict is Verdict.DECLINE for reason in reasons)
    return LineDecision(
        line_id=line.id,
        quantity=wanted.quantity,
        verdict=Verdict.DECLINE if against else Verdict.APPROVE,
        reasons=reasons,
        returnable_until=until,
    )


def _window(line: OrderLine, policy: Policy, now: datetime) -> tuple[Reason, datetime | None]:
    if line.delivered_at is None:
        text = f"The {policy.window_days} days to return it begin with delivery, which is not known yet."
        return Reason(code="delivery_unknown", verdict=Verdict.APPROVE, text=text), None
    until = line.delivered_at + timedelta(days=policy.window_days)
    day = f"{until:%d %B %Y}"
    if now <= until:
        text = f"It can be returned until {day}, {policy.window_days} days after delivery."
        return Reason(code="within_window", verdict=Verdict.APPROVE, text=text), until
    text = f"The {policy.window_days} days after delivery in which it could be returned ended on {day}."
    return Reason(code="return_period_ended", verdict=Verdict.DECLINE, text=text), until


def _units(wanted: RequestedLine, left: int) -> Reason:
    if wanted.quantity <= left:
        return Reason(code="units_available", verdict=Verdict.APPROVE, text="These units have not been returned yet.")
    text = f"{wanted.quantity} asked for, but only {left} can still be returned; the others came back or are under way."
    return Reason(code="already_returned", verdict=Verdict.DECLINE, text=text)
