"""The state of a return and, purely, what may happen to it next."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

from domain import ids
from domain.case import Assigned, CaseSoFar, Outcome
from domain.evidence import Evidence
from domain.model import UtcDatetime
from domain.money import Money
from domain.parcel import back_with_sender
from domain.policy import Verdict
from domain.refund import Refund, RefundStatus
from domain.refund_due import Clock, refund_due
from domain.request import ReturnRequest
from domain.resolution import IN_GOODS
from workflows.options import PARCEL_PATIENCE
from workflows.return_case.said import Cancel
from workflows.return_case.stage import NextAction, Stage, Trouble
from workflows.return_case.turn import due_of, turn_of


class CaseState(CaseSoFar):
    """Everything that a return knows: the recorded facts, and what it waits for."""

    request: ReturnRequest | None = None
    cancel: Cancel | None = None
    troubles: tuple[Trouble, ...] = ()
    overdue: str = ""
    refused: str = ""
    """Why the input was wrong; such a return fails at once, and nobody has to act on it."""
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
    rest_over: bool = False
    """The rest of what was announced is not waited for any more."""
    added_back: Refund | None = None
    """How far what was paid on top of an exchange is on its way back, where that gave way."""
    pay_url: str = ""
    """Where the shopper pays what is missing, as long as it is open."""
    send_by: UtcDatetime | None = None
    """When what goes out should be on its way."""
    mend_by: UtcDatetime | None = None
    """When the workshop should have said something."""
    asked_again: str = ""
    """The override that ops were asked to find a second person for."""
    due_soon: bool = False
    """Whether the day is near, or over, by which the refund is due by law or by promise."""
    write_by: UtcDatetime | None = None
    """By when the shopper was told to hear of goods that took longer to be looked at."""

    def __copy__(self) -> Self:
        """Without what was worked out of the fields before, for whoever copies a state changes them."""
        copied = super().__copy__()
        for name in ("stage", "turn"):
            copied.__dict__.pop(name, None)
        return copied

    @cached_property
    def stage(self) -> Stage:
        """The stage that the facts amount to."""
        if self.outcome is not None or self.refused:
            return Stage.CLOSED
        seen_to = bool(self.restocked or self.never_came) or not self.to_put_away
        if self.owes_goods:
            return Stage.REMEDY
        judged = self.inspection is not None or self.never_came
        goods_out = judged and bool(self.sent) and (self.plan is None or self.refund_status is RefundStatus.SUCCEEDED)
        if self.called_off or self.expired or goods_out or (seen_to and self.refund_status is RefundStatus.SUCCEEDED):
            return Stage.CLOSING
        if self.wants_goods is not None:
            return Stage.CLOSING if self.sent_back is not None else Stage.SENDING_BACK
        if self.offer is not None:
            return Stage.OFFER
        if self.uninspected and self.graded is None and self.refund_status is RefundStatus.SUCCEEDED:
            return Stage.INSPECTION
        if self.inspection is not None:
            return Stage.REFUND
        if self.parts and not self.ungraded:
            return Stage.CLOSING if self.rest_over else Stage.AWAITING_PARCEL
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
    def owes_goods(self) -> bool:
        """Whether the goods were judged, and others, or the same mended, have to go out for them."""
        return self.inspection is not None and not self.stopped and self.resolution in IN_GOODS and not self.sent

    @property
    def to_put_away(self) -> bool:
        """Whether there are goods to put away, once they are judged; not of what was lost, or is kept."""
        return not (self.lost or self.kept)

    @property
    def planned(self) -> Money | None:
        """What goes back in the end: by the plan that stands, and by one that it goes on from; None before a plan."""
        if self.plan is None:
            return None
        mine = (one for one in self.refunds if not of_earlier_part(self, one))
        before = [one.amount for one in mine if one.status is RefundStatus.SUCCEEDED and not of_plan(self, one)]
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
    def refund_settled(self) -> bool:
        """Whether the refund is paid, or none is owed."""
        return self.stopped or self.outcome is not None or self.refund_status is RefundStatus.SUCCEEDED

    @property
    def clock(self) -> Clock:
        """By when the refund is due, counted from the shopper's statement."""
        if self.request is None or self.decision is None:
            return Clock()
        return refund_due(self, self.request.requested_at or self.decision.decided_at)

    @property
    def assignment(self) -> Assigned | None:
        """Whom staff asked to do what comes next; it ends with the next step."""
        last = self.assigned[-1] if self.assigned else None
        return last if last is not None and last.action == self.turn.action else None

    @property
    def next_action(self) -> NextAction:
        """What happens next, by whom staff asked to do it."""
        return self.turn.model_copy(update={"owner": asked.to}) if (asked := self.assignment) else self.turn

    @cached_property
    def turn(self) -> NextAction:
        """Whose turn it is by itself."""
        return turn_of(self)

    @property
    def came_first(self) -> bool:
        """Whether the goods came before anybody asked for this return."""
        return self.request is not None and self.request.box is not None

    @property
    def owed_by_shopper(self) -> Money | None:
        """What the shopper owes for goods that were paid for early, while nobody has settled it."""
        if self.early is None or self.early_end is None or self.early_settled or not self.early_end.short:
            return None
        return Money(minor=self.early_end.short, currency=self.early.currency)

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

    def look_by(self, periods: int) -> datetime:
        """When a person should have looked; when the shopper was waited for, nobody could. ValueError if undecided."""
        if self.decision is None:
            raise ValueError("nobody looks at what is not decided")
        period = self.decision.days(self.decision.review_days)
        first = self.decision.decided_at + period + sum((one.waited for one in self.evidence), timedelta(0))
        return max(first, self.look_until or first) + (periods - 1) * period

    @property
    def evidence_wanted(self) -> Evidence | None:
        """What the shopper is asked to show now, for a person who waits for it."""
        looks = self.review_until is not None or self.appeal_until is not None
        last = self.evidence[-1] if self.evidence else None
        return last if last is not None and last.ended_at is None and looks else None

    @property
    def ends_as(self) -> Outcome | None:
        """How a return ends of which nothing comes back; None for all others."""
        if self.force_closed:
            return Outcome.CLOSED_BY_STAFF
        if self.declined:
            return Outcome.DECLINED
        if self.called_off:
            return Outcome.CANCELLED
        return Outcome.EXPIRED if self.expired else None

    @property
    def stopped(self) -> bool:
        """Whether nothing comes back of this return."""
        return self.ends_as is not None

    @property
    def silent(self) -> bool:
        """Whether the shopper has the label, and nobody has seen the parcel yet."""
        return self.label is not None and not (self.moving or self.receipts or self.stopped)

    @property
    def ends_at(self) -> datetime | None:
        """When a silent return ends; never where a law gives the shopper the money back, unless they have it."""
        if self.label is None or self.decision is None or not self.silent:
            return None
        by_law = self.early is None and any(line.statutes for line in self.decision.approved)
        if by_law or self.label_until is None:
            return None
        return max(self.label_until, due_of(self) or self.label_until)

    @property
    def label_until(self) -> datetime | None:
        """Until when the label, or what stands for one, may be used; as long as a person has given the shopper to send,
        if anybody has."""
        if self.label is None or self.decision is None:
            return None
        given = any(one.change.send_back_until is not None and not one.waits for one in self.overrides)
        until = self.label.bought_at + self.decision.days(self.decision.label_days)
        return max(until, self.decision.send_back_until) if given else until

    @property
    def lapses_at(self) -> datetime | None:
        """When an unused label is given back although its return goes on; where that ends with it, it is then."""
        if self.label is None or not self.label.ours or not self.silent or self.label_void:
            return None
        return None if self.ends_at is not None and self.ends_at == self.label_until else self.label_until

    @property
    def label_warning_at(self) -> datetime | None:
        """When the shopper is told that the label's end is near; None where there is nothing to tell."""
        if self.label is None or self.decision is None or self.label_until is None or self.label_void:
            return None
        days = self.decision.label_warning_days
        at = self.label_until - self.decision.days(days)
        return at if days and self.label.ours and self.silent and at > self.label.bought_at else None

    @property
    def wants_label(self) -> bool:
        """Whether another label was asked for, and nobody has seen a parcel yet."""
        return self.new_label is not None and self.new_label.number > self.label_number and self.silent

    @property
    def pays_at(self) -> datetime | None:
        """When goods that nobody inspects are paid as quoted; None where the policy lets them wait."""
        waits = self.stage is Stage.INSPECTION and self.inspection is None and not self.parts
        if not waits or self.inspect_until is None or self.decision is None or not self.decision.pays_uninspected:
            return None
        return self.inspect_until + self.decision.days(self.decision.inspection_days or 0)

    @property
    def claim_ends_at(self) -> datetime | None:
        """When a claim that nobody answers counts as lost."""
        claim, here = self.open_claim, self.lost or self.ungraded or (self.receipts and not self.in_several)
        return claim.answer_by + PARCEL_PATIENCE if claim and not here else None

    def reminder_after(self, then: datetime) -> datetime | None:
        """The next time to remind the shopper of the parcel, counted back from the last day to send it."""
        if self.decision is None or not self.silent:
            return None
        times = (self.decision.send_back_until - self.decision.days(days) for days in self.decision.reminder_days)
        return min((one for one in times if one > then), default=None)

    @property
    def back_since(self) -> datetime | None:
        """When the carrier took the parcel back to the shopper; None if it is not there."""
        return None if self.receipts else back_with_sender(self.scans)


def of_plan(state: CaseState, refund: Refund) -> bool:
    """Whether a refund pays a leg of the plan that stands now; an earlier plan was overtaken."""
    if state.request is None or state.plan is None:
        return False
    return refund.key.startswith(ids.refunds_of(state.request.id, state.plan.number))


def of_earlier_part(state: CaseState, refund: Refund) -> bool:
    """Whether a refund paid goods that came, and were inspected, before those of now."""
    return (key := ids.refund_of(refund.key)) is not None and key.plan <= state.plans_before
