"""The state of a return and, purely, what may happen to it next."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from domain import ids
from domain.box import due
from domain.case import Assigned, CaseSoFar
from domain.model import Model, UtcDatetime
from domain.money import Money
from domain.news import DisputeNews
from domain.parcel import BROUGHT, delivered, moved
from domain.policy import Verdict
from domain.refund import BY_HAND, FINAL_NO, STORED_FAULT, Refund, RefundStatus
from domain.request import ReturnRequest
from workflows.options import APPROVAL_PATIENCE
from workflows.return_case.said import Cancel


class Stage(StrEnum):
    """Where a return stands, for lists."""

    REQUESTED = "requested"
    APPEAL = "appeal"
    REVIEW = "review"
    LABEL = "label"
    AWAITING_PARCEL = "awaiting_parcel"
    IN_TRANSIT = "in_transit"
    INSPECTION = "inspection"
    REFUND = "refund"
    CLOSING = "closing"
    CLOSED = "closed"


class Trouble(Model):
    """A step that got no answer and waits: who is needed, for what, and when it is tried again by itself."""

    owner: str
    step: str
    message: str
    retry_at: UtcDatetime | None = None
    due_at: UtcDatetime
    """When somebody should have looked: the next try by itself, or where there is none, a working day later."""


class NextAction(Model):
    """What happens next, who does it, and until when."""

    owner: str
    action: str
    due_at: UtcDatetime | None = None


class CaseState(CaseSoFar):
    """Everything that a return knows: the recorded facts, and what it waits for."""

    request: ReturnRequest | None = None
    cancel: Cancel | None = None
    troubles: tuple[Trouble, ...] = ()
    overdue: str = ""
    refused: str = ""
    """Why the input was wrong; such a return fails at once, and nobody has to act on it."""
    disputes: tuple[DisputeNews, ...] = ()
    """Open ones, of the order's payments."""
    look_at: UtcDatetime | None = None
    """When an undecided refund is looked at again."""
    approve_until: UtcDatetime | None = None
    """When somebody should have approved the refund."""
    appeal_until: UtcDatetime | None = None
    """Until when a person may grant an appeal."""
    review_until: UtcDatetime | None = None
    """Until when a person should have looked at what the policy leaves to one; no label goes out before."""
    patient_until: UtcDatetime | None = None
    """The new due time of a parcel of which word came after the first one."""
    write_by: UtcDatetime | None = None
    """By when the shopper was told to hear of goods that took longer to be looked at."""

    @property
    def stage(self) -> Stage:
        """The stage that the facts amount to."""
        if self.outcome is not None or self.refused:
            return Stage.CLOSED
        seen_to = bool(self.restocked or self.lost)  # of what was lost there is nothing to put away
        if self.called_off or self.expired or (seen_to and self.refund_status is RefundStatus.SUCCEEDED):
            return Stage.CLOSING
        if self.inspection is not None:
            return Stage.REFUND
        if self.receipts:
            return Stage.INSPECTION
        if self.moving:
            return Stage.IN_TRANSIT
        if self.label is not None or (self.came_first and self.decision is not None and not self.declined):
            return Stage.AWAITING_PARCEL
        if self.appeal_until is not None and self.declined:
            return Stage.APPEAL
        if self.review_until is not None:
            return Stage.REVIEW
        return Stage.LABEL if self.decision is not None else Stage.REQUESTED

    @property
    def planned(self) -> Money | None:
        """What goes back in the end: by the plan that stands, and by one that it goes on from; None before a plan."""
        if self.plan is None:
            return None
        before = [one.amount for one in self.refunds if one.status is RefundStatus.SUCCEEDED and not of_plan(self, one)]
        return Money(minor=sum(before) + self.plan.total, currency=self.plan.currency)

    @property
    def refund_status(self) -> RefundStatus | None:
        """The refund's own axis: the status of the leg that is furthest behind; None before a plan."""
        if self.plan is None:
            return None
        latest = {refund.payment: refund.status for refund in self.refunds if of_plan(self, refund)}
        legs = [latest.get(leg.tender_id, RefundStatus.PENDING) for leg in self.plan.legs]
        behind = [status for status in legs if status is not RefundStatus.SUCCEEDED]
        return behind[0] if behind else RefundStatus.SUCCEEDED

    @property
    def assignment(self) -> Assigned | None:
        """Whom staff asked to do what comes next; it ends with the next step."""
        last = self.assigned[-1] if self.assigned else None
        return last if last is not None and last.action == self.turn.action else None

    @property
    def next_action(self) -> NextAction:
        """What happens next, by whom staff asked to do it."""
        asked = self.assignment
        return self.turn.model_copy(update={"owner": asked.to}) if asked else self.turn

    @property
    def turn(self) -> NextAction:
        """Whose turn it is by itself. Always something: a return that waits for nobody would be forgotten."""
        if self.refused:
            return NextAction(owner="nobody", action=f"Nothing: the request was refused. {self.refused}")
        if self.troubles:
            first = self.troubles[0]
            return NextAction(owner=first.owner, action=f"{first.step}: {first.message}", due_at=first.due_at)
        if self.overdue:
            return NextAction(owner="ops", action=self.overdue, due_at=self._due)
        if waiting := self.proposed:
            worth = Money(minor=waiting.worth, currency=waiting.currency)
            action = f"Approve the override by {waiting.by}, worth {worth}"
            return NextAction(owner="finance", action=action, due_at=waiting.at + APPROVAL_PATIENCE)
        if self.appeal_until and self.request:
            action = f"Override it to grant the appeal of {self.request.appeals}; else it stays declined"
            return NextAction(owner="ops", action=action, due_at=self.appeal_until)
        if self.review_until:
            return NextAction(owner="ops", action=self._to_review, due_at=self.review_until)
        if self.plan and self.needs_approval:
            total = Money(minor=self.plan.total, currency=self.plan.currency)
            return NextAction(owner="finance", action=f"Approve the refund of {total}", due_at=self._due)
        on_their_way = [one for one in self.refunds if one.status not in DECIDED]
        if self.stage is Stage.REFUND and on_their_way:
            owner, action = who_decides(on_their_way[0])
            return NextAction(owner=owner, action=action, due_at=self.look_at)
        owner, action = _RECEIVE if self.stage is Stage.IN_TRANSIT and delivered(self.scans) else _NEXT[self.stage]
        if self.stage is Stage.AWAITING_PARCEL and self.request and self.request.box:
            owner, action = "warehouse", f"Count box {self.request.box}: match it to this return again"
        elif self.stage is Stage.AWAITING_PARCEL and self.label and self.label.method in BROUGHT:
            action = BROUGHT[self.label.method]
        return NextAction(owner=owner, action=action, due_at=self._due)

    @property
    def _to_review(self) -> str:
        named = ", ".join(line.line_id for line in (self.decision.in_review if self.decision else ()))
        return f"Look at line {named}, and override to approve or to decline; no label goes out before"

    @property
    def _due(self) -> datetime | None:
        if self.needs_approval:
            return self.approve_until
        if self.review_until is not None:
            return self.review_until
        if self.stage is Stage.INSPECTION:
            return self.inspect_until
        if self.decision is None or self.stage not in (Stage.AWAITING_PARCEL, Stage.IN_TRANSIT):
            return None
        if self.stage is Stage.IN_TRANSIT and (came := delivered(self.scans)):
            return due(came, 1)
        return max(self.decision.send_back_until, self.patient_until or self.decision.send_back_until)

    @property
    def came_first(self) -> bool:
        """Whether the goods came before anybody asked for this return."""
        return self.request is not None and self.request.box is not None

    @property
    def called_off(self) -> bool:
        """Whether the return was cancelled, or ended by staff."""
        return self.cancel is not None or self.cancelled is not None or self.force_closed is not None

    @property
    def declined(self) -> bool:
        """Whether every line is declined, by the policy or by a person."""
        return self.decision is not None and self.decision.verdict is Verdict.DECLINE

    @property
    def in_review(self) -> bool:
        """Whether a person still has to look at any line."""
        return self.decision is not None and self.decision.verdict is Verdict.REVIEW

    @property
    def stopped(self) -> bool:
        """Whether nothing comes back of this return."""
        return self.called_off or self.declined or self.expired

    @property
    def silent(self) -> bool:
        """Whether the shopper has the label, and nobody has seen the parcel yet."""
        return self.label is not None and not (self.moving or self.receipts or self.stopped)

    @property
    def ends_at(self) -> datetime | None:
        """When a return of which nobody hears anything ends; never where a law gives the shopper the money back."""
        if self.label is None or self.decision is None or not self.silent:
            return None
        if any(line.statutes for line in self.decision.approved):
            return None
        label_until = self.label.bought_at + timedelta(days=self.decision.label_days)
        return max(label_until, self._due or label_until)

    def reminder_after(self, then: datetime) -> datetime | None:
        """The next time to remind the shopper of the parcel, counted back from the last day to send it."""
        if self.decision is None or not self.silent:
            return None
        times = (self.decision.send_back_until - timedelta(days=days) for days in self.decision.reminder_days)
        return min((one for one in times if one > then), default=None)

    @property
    def moving(self) -> bool:
        """Whether the carrier has the parcel."""
        return moved(self.scans)


DECIDED = (RefundStatus.SUCCEEDED, *FINAL_NO)
"""The provider's last words; of these alone a refund needs no further look."""
_UNDECIDED = {
    "insufficient_funds": ("finance", "Top up the balance at the provider: the refund waits for money"),
    "charge_pending": ("provider", "Confirm the payment, which is pending itself, then the refund"),
    STORED_FAULT: ("provider", "Confirm the refund; it answers with a fault of its own, and is looked at again"),
}
"""Who has to act on an undecided refund, by the provider's reason."""


def who_decides(refund: Refund) -> tuple[str, str]:
    """Who has to act on a refund that is not decided, and what they do."""
    if refund.reason == BY_HAND:
        money = Money(minor=refund.amount, currency=refund.currency)
        to = f"the shopper's bank account instead of {refund.payment}" if refund.instead else refund.payment
        return "finance", f"Pay {money} to {to} by hand, then say `paid_by_hand` with the bank's reference"
    if refund.status is RefundStatus.REQUIRES_ACTION:
        return "shopper", "Do what the payment provider asked for by mail, so that the refund can be paid"
    if refund.status is RefundStatus.UNKNOWN and not refund.reason:
        return "finance", "Look at the refund at the provider: its status is a word that is not known here yet"
    return _UNDECIDED.get(refund.reason, ("provider", "Confirm the refund"))


_RECEIVE = ("warehouse", "Receive the parcel, which the carrier delivered")
_NEXT = {
    Stage.REQUESTED: ("backhaul", "Decide on the request"),
    Stage.APPEAL: ("ops", "Look at the appeal"),
    Stage.REVIEW: ("ops", "Look at what the policy leaves to a person"),
    Stage.LABEL: ("backhaul", "Issue the return label"),
    Stage.AWAITING_PARCEL: ("shopper", "Send the parcel"),
    Stage.IN_TRANSIT: ("carrier", "Deliver the parcel"),
    Stage.INSPECTION: ("warehouse", "Inspect what arrived"),
    Stage.REFUND: ("backhaul", "Pay the refund and put the goods away"),
    Stage.CLOSING: ("backhaul", "Send the last mails and close"),
    Stage.CLOSED: ("nobody", "Nothing: the return is closed"),
}


def of_plan(state: CaseState, refund: Refund) -> bool:
    """Whether a refund pays a leg of the plan that stands now; an earlier plan was overtaken."""
    if state.request is None or state.plan is None:
        return False
    return refund.key.startswith(ids.refunds_of(state.request.id, state.plan.number))


def with_refund(state: CaseState, refund: Refund) -> tuple[Refund, ...]:
    """All refunds with this one as it stands now, in its place. A final no stays one, whatever was read before it."""
    known = next((one for one in state.refunds if one.key == refund.key), None)
    if known is None:
        return (*state.refunds, refund)
    if known.status in FINAL_NO and refund.status not in FINAL_NO:
        return state.refunds
    return tuple(refund if one.key == refund.key else one for one in state.refunds)


def attempts(state: CaseState, payment: str) -> int:
    """Which attempt at a leg is the current one: one more than the provider's final noes."""
    mine = (one for one in state.refunds if one.payment == payment and of_plan(state, one))
    return 1 + sum(1 for one in mine if one.status in FINAL_NO)


def latest(state: CaseState, payment: str) -> Refund | None:
    """What is known last of the refund to a payment."""
    return next((one for one in reversed(state.refunds) if one.payment == payment and of_plan(state, one)), None)
