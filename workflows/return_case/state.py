"""The state of a return and, purely, what may happen to it next."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.case import CaseSoFar
from domain.inspection import Inspection, Receipt, units
from domain.model import Model, UtcDatetime
from domain.parcel import Scan, TrackingStatus
from domain.policy import Verdict
from domain.refund import FINAL_NO, Refund, RefundStatus
from domain.request import ReturnRequest
from workflows.return_case.said import Cancel, Verb


class Stage(StrEnum):
    """Where a return stands, for lists."""

    REQUESTED = "requested"
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
    """Everything that a return knows: the recorded facts, and what was said and is not recorded yet."""

    request: ReturnRequest | None = None
    cancel: Cancel | None = None
    troubles: tuple[Trouble, ...] = ()
    overdue: str = ""
    refused: str = ""
    """Why the input was wrong; such a return fails at once, and nobody has to act on it."""
    look_at: UtcDatetime | None = None
    """When an undecided refund is looked at again."""
    patient_until: UtcDatetime | None = None
    """The new due time of a parcel of which word came after the first one."""

    @property
    def stage(self) -> Stage:
        """The stage that the facts amount to."""
        if self.outcome is not None or self.refused:
            return Stage.CLOSED
        if self.called_off or (self.restocked and self.refund_status is RefundStatus.SUCCEEDED):
            return Stage.CLOSING
        if self.inspection is not None:
            return Stage.REFUND
        if self.receipts:
            return Stage.INSPECTION
        if self.moving:
            return Stage.IN_TRANSIT
        if self.label is not None:
            return Stage.AWAITING_PARCEL
        return Stage.LABEL if self.decision is not None else Stage.REQUESTED

    @property
    def refund_status(self) -> RefundStatus | None:
        """The refund's own axis: the status of the leg that is furthest behind; None before a plan."""
        if self.plan is None:
            return None
        latest = {refund.payment: refund.status for refund in self.refunds}
        legs = [latest.get(leg.tender_id, RefundStatus.PENDING) for leg in self.plan.legs]
        behind = [status for status in legs if status is not RefundStatus.SUCCEEDED]
        return behind[0] if behind else RefundStatus.SUCCEEDED

    @property
    def next_action(self) -> NextAction:
        """Always something: a return that waits for nobody would be forgotten."""
        if self.refused:
            return NextAction(owner="nobody", action=f"Nothing: the request was refused. {self.refused}")
        if self.troubles:
            first = self.troubles[0]
            return NextAction(owner=first.owner, action=f"{first.step}: {first.message}", due_at=first.due_at)
        if self.overdue:
            return NextAction(owner="ops", action=self.overdue, due_at=self._due)
        if self.stage is Stage.REFUND and any(one.status not in _DECIDED for one in self.refunds):
            return NextAction(owner="provider", action="Confirm the refund", due_at=self.look_at)
        owner, action = _NEXT[self.stage]
        return NextAction(owner=owner, action=action, due_at=self._due)

    @property
    def _due(self) -> datetime | None:
        if self.stage is Stage.INSPECTION:
            return self.inspect_until
        if self.decision is None or self.stage not in (Stage.AWAITING_PARCEL, Stage.IN_TRANSIT):
            return None
        return max(self.decision.send_back_until, self.patient_until or self.decision.send_back_until)

    @property
    def called_off(self) -> bool:
        """Whether the return was cancelled, recorded or just said."""
        return self.cancel is not None or self.cancelled is not None

    @property
    def moving(self) -> bool:
        """Whether the carrier has the parcel."""
        return any(scan.status not in (TrackingStatus.UNKNOWN, TrackingStatus.PRE_TRANSIT) for scan in self.scans)


_DECIDED = (RefundStatus.SUCCEEDED, *FINAL_NO)


_NEXT = {
    Stage.REQUESTED: ("backhaul", "Decide on the request"),
    Stage.LABEL: ("backhaul", "Issue the return label"),
    Stage.AWAITING_PARCEL: ("shopper", "Send the parcel"),
    Stage.IN_TRANSIT: ("carrier", "Deliver the parcel"),
    Stage.INSPECTION: ("warehouse", "Inspect what arrived"),
    Stage.REFUND: ("backhaul", "Pay the refund and put the goods away"),
    Stage.CLOSING: ("backhaul", "Send the last mails and close"),
    Stage.CLOSED: ("nobody", "Nothing: the return is closed"),
}


class Refusal(Model):
    """Why a message is not taken: a code, and what is allowed instead."""

    code: str
    message: str


def allowed(verb: Verb, state: CaseState, said: object = None) -> Refusal | None:
    """Whether the return takes this message now; None is yes. The same fact again is always a yes."""
    if state.request is None or (state.decision is None and verb is not Verb.RETRY_NOW):
        return Refusal(code="not_decided", message="This return has not been decided yet; try again in a moment.")
    if state.outcome is not None:
        return Refusal(
            code="closed", message=f"This return is closed ({state.outcome}); nothing can change it any more."
        )
    match said:
        case Receipt():
            return _may_receive(state, said)
        case Inspection():
            return _may_inspect(state, said)
        case Scan():
            return _may_scan(state, said)
    if verb is Verb.CANCEL:
        return _may_cancel(state)
    if verb is Verb.RETRY_NOW and not state.troubles and state.look_at is None:
        return Refusal(code="nothing_waits", message="No step of this return waits to be tried again.")
    return None


def _may_cancel(state: CaseState) -> Refusal | None:
    if state.called_off:
        return None
    if state.decision is not None and state.decision.verdict is Verdict.DECLINE:
        return Refusal(code="declined", message="This return was declined, so there is nothing to cancel.")
    if state.receipts:
        return Refusal(
            code="already_received", message="The goods have arrived, so the return cannot be cancelled any more."
        )
    return None


def _may_scan(state: CaseState, scan: Scan) -> Refusal | None:
    known = next((one for one in state.scans if one.id == scan.id), None)
    if known is not None:
        same = (known.status, known.tracking_number) == (scan.status, scan.tracking_number)
        return None if same else _other_content("scan", scan.id)
    if state.label is None or scan.tracking_number != state.label.tracking_number:
        expected = state.label.tracking_number if state.label else "none yet"
        return Refusal(code="other_parcel", message=f"This return's tracking number is {expected}.")
    return None


def _may_receive(state: CaseState, receipt: Receipt) -> Refusal | None:
    known = next((one for one in state.receipts if one.id == receipt.id), None)
    if known is not None:
        return None if known.lines == receipt.lines else _other_content("receipt", receipt.id)
    if state.called_off:
        return Refusal(code="cancelled", message="This return was cancelled; ask ops what to do with the goods.")
    if state.inspection is not None:
        return Refusal(
            code="already_inspected", message="This return was inspected; ask ops what to do with late goods."
        )
    for line_id, quantity in units(receipt.lines).items():
        left = state.expected.get(line_id, 0)
        if quantity > left:
            message = f"{quantity} of line {line_id} counted, but this return expects {left}: {_list(state.expected)}."
            return Refusal(code="more_than_expected", message=message)
    return None


def _may_inspect(state: CaseState, inspection: Inspection) -> Refusal | None:
    if state.inspection is not None:
        same = state.inspection == inspection
        return None if same else _other_content("inspection", state.inspection.id)
    if not state.receipts:
        return Refusal(code="nothing_received", message="Nothing of this return has been received; receive it first.")
    if units(inspection.lines) != state.received:
        message = f"An inspection grades all that was received, no more and no less: {_list(state.received)}."
        return Refusal(code="not_what_was_received", message=message)
    return None


def _other_content(what: str, known: str) -> Refusal:
    return Refusal(code="recorded_differently", message=f"The {what} {known} is recorded with other content.")


def _list(quantities: dict[str, int]) -> str:
    return ", ".join(f"{quantity} of {line_id}" for line_id, quantity in quantities.items()) or "nothing"


def attempts(state: CaseState, payment: str) -> int:
    """Which attempt at a leg is the current one: one more than the provider's final noes."""
    return 1 + sum(1 for one in state.refunds if one.payment == payment and one.status in FINAL_NO)


def latest(state: CaseState, payment: str) -> Refund | None:
    """What is known last of the refund to a payment."""
    return next((one for one in reversed(state.refunds) if one.payment == payment), None)
