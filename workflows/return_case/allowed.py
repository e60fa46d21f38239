"""Purely: whether a return takes a message as it stands."""

from __future__ import annotations

from domain.inspection import Inspection, Receipt, units
from domain.money import Money
from domain.notice import NoticeKind
from domain.notice_ids import plain_notice
from domain.override import Override
from domain.overriding import may_override
from domain.parcel import OtherParcel, Scan
from domain.policy import Verdict
from domain.verbs import Refusal, Verb
from workflows.return_case.said import Approve, ForceClose, Lost, Resend
from workflows.return_case.state import CaseState

MOST_AGAIN = 5
"""So often a mail is made anew; whoever does not get it then will not."""
MOST_PARCELS = 50
"""Whoever ties more to one return has made a mistake."""


def allowed(verb: Verb, state: CaseState, said: object = None) -> Refusal | None:
    """Whether the return takes this message now; None is yes. The same fact again is always a yes."""
    if state.request is None or (state.decision is None and verb is not Verb.RETRY_NOW):
        return Refusal(code="not_decided", message="This return has not been decided yet; try again in a moment.")
    if state.outcome is not None and not isinstance(said, Override):
        return Refusal(
            code="closed", message=f"This return is closed ({state.outcome}); nothing can change it any more."
        )
    match said:
        case Receipt():
            return _may_receive(state, said)
        case Inspection():
            return _may_inspect(state, said)
        case OtherParcel():
            return _may_add(state, said)
        case Scan():
            return _may_scan(state, said)
        case Approve():
            return _may_agree(state, said, said.override) if said.override else _may_approve(state, said)
        case Override():
            return _may_override(state, said)
        case ForceClose():
            return _may_close(state)
        case Lost():
            return _may_lose(state)
        case Resend():
            return _may_resend(state, said)
    if verb is Verb.ASSIGN and state.turn.owner in ("backhaul", "nobody"):
        return Refusal(code="nobody_waits", message="Nobody has to act on this return now: it goes on by itself.")
    if verb is Verb.CANCEL:
        return _may_cancel(state)
    if verb is Verb.RETRY_NOW and not state.troubles and state.look_at is None:
        return Refusal(code="nothing_waits", message="No step of this return waits to be tried again.")
    if verb is Verb.REPLAN and state.plan is None:
        return Refusal(code="no_plan", message="Nothing of this return was planned yet; it will be, from what is left.")
    return None


def _may_cancel(state: CaseState) -> Refusal | None:
    if state.called_off:
        return None
    if state.decision is not None and state.decision.verdict is Verdict.DECLINE:
        return Refusal(code="declined", message="This return was declined, so there is nothing to cancel.")
    if state.lost:
        return Refusal(code="lost", message="Its parcel is recorded as lost and is being paid for, so nothing is left.")
    if state.receipts:
        return Refusal(
            code="already_received", message="The goods have arrived, so the return cannot be cancelled any more."
        )
    return None


def _may_close(state: CaseState) -> Refusal | None:
    if state.force_closed:
        return None
    if state.called_off or state.expired or _decided_for_good(state):
        return Refusal(code="ends_already", message="This return ends already; it needs no closing.")
    if state.lost or state.inspection is not None:
        text = f"Its goods are judged or lost, so money is owed or on its way ({state.next_action.action})"
        instead = "see to the refund: `approve`, `retry`, `consent` or `paid-by-hand`; it closes by itself then"
        return Refusal(code="money_is_owed", message=f"{text}; {instead}.")
    if state.receipts:
        text = "The goods are here and nobody has judged them; `inspect` them first, and the return goes on from there."
        return Refusal(code="already_received", message=text)
    return None


def _may_lose(state: CaseState) -> Refusal | None:
    if state.lost:
        return None
    if state.stopped:
        return Refusal(code="ends_already", message="This return ends already, so nothing of it is waited for.")
    if state.receipts:
        text = "Goods of this return have arrived; `inspect` them, and what did not come stays with the shopper."
        return Refusal(code="already_received", message=text)
    if not state.moving:
        text = "No carrier has seen this parcel, so none has lost it; the shopper still has it, or `scan` it first."
        return Refusal(code="not_sent", message=text)
    return None


def _may_resend(state: CaseState, said: Resend) -> Refusal | None:
    told = plain_notice(said.notice)
    if told is None or state.request is None or told[0] != state.request.id or told[1] not in list(NoticeKind):
        text = "is no mail about this return as a whole; `starter.py mails --return` shows their keys"
        return Refusal(code="no_mail", message=f"{said.notice} {text}.")
    if sum(one.startswith(f"{said.notice}:") for one in state.sent_again) >= MOST_AGAIN:
        text = f"This mail was sent {MOST_AGAIN} times more already; reach the shopper another way."
        return Refusal(code="too_many", message=text)
    return None


def _may_approve(state: CaseState, said: Approve) -> Refusal | None:
    plan, approval = state.plan, state.approval
    if approval is not None and not state.needs_approval:
        if (approval.by, approval.amount) == (said.by, said.amount):
            return None
        text = f"{approval.by} has approved this refund already; nothing waits for another approval."
        return Refusal(code="approved_already", message=text)
    if plan is None or not state.needs_approval:
        return Refusal(code="nothing_to_approve", message="No refund of this return waits for an approval.")
    if said.amount != plan.total:
        total = Money(minor=plan.total, currency=plan.currency)
        return Refusal(code="other_amount", message=f"This return pays back {total}; approve exactly that.")
    return None


def _may_agree(state: CaseState, said: Approve, override: str) -> Refusal | None:
    known = next((one for one in state.overrides if one.update_id == override), None)
    if known is not None and known.agreed_by:
        text = f"{known.agreed_by} has agreed to this override already."
        return None if known.agreed_by == said.by else Refusal(code="approved_already", message=text)
    if known is None or state.proposed != known or _decided_for_good(state):
        text = f"No override {override} of this return waits for a second person; look again."
        return Refusal(code="nothing_to_approve", message=text)
    if said.amount != known.worth:
        worth = Money(minor=known.worth, currency=known.currency)
        return Refusal(code="other_amount", message=f"This override is worth {worth}; agree to exactly that.")
    return None


def _may_override(state: CaseState, said: Override) -> Refusal | None:
    known = next((one for one in state.overrides if one.update_id == said.update_id), None)
    if known is not None:
        same = (known.by, known.change, known.reason) == (said.by, said.change, said.reason)
        return None if same else _other_content("override", said.update_id)
    if state.called_off:
        return Refusal(code="cancelled", message="This return was called off; start a new one, and override that.")
    if _decided_for_good(state):
        text = "This return was declined and ends now"
        if state.request is None or not state.request.appeals:
            text += "; start a new return that appeals it: `starter.py start --appeal`"
        return Refusal(code="declined", message=f"{text}.")
    return may_override(state, said.change)


def _decided_for_good(state: CaseState) -> bool:
    return state.declined and state.appeal_until is None


def _may_scan(state: CaseState, scan: Scan) -> Refusal | None:
    known = next((one for one in state.scans if one.id == scan.id), None)
    if known is not None:
        same = (known.status, known.tracking_number) == (scan.status, scan.tracking_number)
        return None if same else _other_content("scan", scan.id)
    if scan.tracking_number in state.tracking_numbers:
        return None
    numbers = ", ".join(state.tracking_numbers) or "none yet"
    text = f"This return's tracking number is {numbers}; `starter.py parcel add` ties another parcel to it."
    return Refusal(code="other_parcel", message=text)


def _may_add(state: CaseState, parcel: OtherParcel) -> Refusal | None:
    if parcel.tracking_number in state.tracking_numbers:
        return None
    if state.stopped:
        return Refusal(code="cancelled", message="Nothing comes back of this return, so it has no parcels.")
    if len(state.tracking_numbers) >= MOST_PARCELS:
        text = f"This return has {MOST_PARCELS} parcels, the most that are taken; look at their numbers."
        return Refusal(code="too_many", message=text)
    return None


def _may_receive(state: CaseState, receipt: Receipt) -> Refusal | None:
    known = next((one for one in state.receipts if one.id == receipt.id), None)
    if known is not None:
        return None if known.lines == receipt.lines else _other_content("receipt", receipt.id)
    if state.called_off:
        return Refusal(code="cancelled", message="This return was cancelled; ask ops what to do with the goods.")
    if state.expired:
        text = "Nothing of this return came in time, so it ends; take the box in as one that nobody announced."
        return Refusal(code="expired", message=text)
    if state.lost:
        text = "This parcel is recorded as lost and paid for; take the box in as one that nobody announced"
        return Refusal(code="lost", message=f"{text} (`receive --unknown`), and tell finance.")
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
    if state.lost:
        return Refusal(code="lost", message="This parcel is recorded as lost, so there is nothing to inspect.")
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
