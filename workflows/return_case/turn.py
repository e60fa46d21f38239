"""Purely: whose turn it is, what they do, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from domain.box import due
from domain.money import Money
from domain.parcel import BROUGHT, UNMOVED, TrackingStatus, delivered, newest
from workflows.options import APPROVAL_PATIENCE
from workflows.return_case.deciders import DECIDED, who_decides
from workflows.return_case.stage import NextAction, Stage

if TYPE_CHECKING:
    from domain.policy import Decision
    from workflows.return_case.state import CaseState


def turn_of(state: CaseState) -> NextAction:
    """Whose turn it is by itself. Always something: a return that waits for nobody would be forgotten."""
    return next((one for look in _FIRST_OF if (one := look(state)) is not None), by_stage(state))


def _refused(state: CaseState) -> NextAction | None:
    if not state.refused:
        return None
    return NextAction(owner="nobody", action=f"Nothing: the request was refused. {state.refused}")


def _in_trouble(state: CaseState) -> NextAction | None:
    if not state.troubles:
        return None
    first = state.troubles[0]
    return NextAction(owner=first.owner, action=f"{first.step}: {first.message}", due_at=first.due_at)


def _evidence_wanted(state: CaseState) -> NextAction | None:
    if (wanted := state.evidence_wanted) is None:
        return None
    told = ", ".join(f"{one.proof} of line {one.line_id}" for one in wanted.wanted)
    return NextAction(owner="shopper", action=f"Show {told}: `evidence give`", due_at=wanted.until)


def _pressed(state: CaseState) -> NextAction | None:
    """The refund is due, so finance sees to it, whoever holds it up."""
    due = state.clock.due
    if not (state.due_soon or state.refund_overdue) or due is None or state.refund_settled:
        return None
    held = _unapproved(state) or _undecided(state) or by_stage(state)
    when = "was due" if state.refund_overdue else "is due"
    action = f"The refund {when} by {due:%d %B %Y %H:%M} UTC; it waits for {held.owner}: {held.action}"
    return NextAction(owner="finance", action=action, due_at=due)


def _overdue(state: CaseState) -> NextAction | None:
    if not state.overdue:
        return None
    silent = state.stage is Stage.IN_TRANSIT and not delivered(state.scans)
    silent |= bool(state.parts) and state.stage is Stage.AWAITING_PARCEL and state.in_several
    hint = "; claim it at the carrier (`claim open`)" if silent and not state.open_claim else ""
    waits = (found.due_at for look in _FIRST_OF[_FIRST_OF.index(_overdue) + 1 :] if (found := look(state)))
    mine = NextAction(owner="ops", action=state.overdue + hint, due_at=due_of(state) or next(waits, None))
    return _both(mine, _unapproved(state) or _undecided(state))


def _both(overdue: NextAction, other: NextAction | None) -> NextAction:
    """What is overdue hides no money that waits for a person: both are named, and the one that is due first leads."""
    if other is None or other.owner not in ("finance", "shopper") or other.action in overdue.action:
        return overdue
    first, then = sorted((overdue, other), key=lambda one: (one.due_at is None, one.due_at and one.due_at.timestamp()))
    return first.model_copy(update={"action": f"{first.action}; besides, {then.owner}: {then.action}"})


def _override_waits(state: CaseState) -> NextAction | None:
    if (waiting := state.proposed) is None:
        return None
    worth = Money(minor=waiting.worth, currency=waiting.currency)
    action = f"Approve the override by {waiting.by}, worth {worth}"
    if state.asked_again == waiting.update_id:
        action = f"Overdue: {action}, or it lapses"
        return NextAction(owner="ops", action=action, due_at=waiting.at + 2 * APPROVAL_PATIENCE)
    return NextAction(owner="finance", action=action, due_at=waiting.at + APPROVAL_PATIENCE)


def _appealed(state: CaseState) -> NextAction | None:
    if state.appeal_until is None or state.request is None:
        return None
    action = f"Override it to grant the appeal of {state.request.appeals}; else it stays declined"
    return NextAction(owner="ops", action=action, due_at=state.look_by(1))


def _in_review(state: CaseState) -> NextAction | None:
    if state.review_until is None:
        return None
    named = ", ".join(line.line_id for line in (state.decision.in_review if state.decision else ()))
    action = f"Look at line {named}, and override to approve or to decline; no label goes out before"
    return NextAction(owner="ops", action=action, due_at=state.look_by(1))


def _empty(state: CaseState) -> NextAction | None:
    if state.empty_box is None or state.stopped or state.lost:
        return None
    action = "Decide on the empty box: `lost` pays, `close` ends it; goods that come after all are received"
    return NextAction(owner="ops", action=action, due_at=state.empty_box.until)


def _to_settle(state: CaseState) -> NextAction | None:
    if not state.unsettled or state.stage is not Stage.CLOSING:
        return None
    first = state.unsettled[0]
    action = f"Say what becomes of finding {first.finding.id}, {first.finding}: `finding settle`"
    return NextAction(owner="warehouse", action=action, due_at=first.until)


def _offered(state: CaseState) -> NextAction | None:
    if state.offer is None or state.plan is None:
        return None
    total = Money(minor=state.plan.total, currency=state.plan.currency)
    owner, action = "shopper", f"Answer the offer of {total}: accept it, appeal it, or have the goods back"
    if state.appealed_at is not None:
        owner, action = "ops", f"Look at the appeal of the offer of {total}: override to give more, or uphold it"
    elif state.last_answer is not None:
        action = f"Answer the offer of {total}, which stands: accept it, or have the goods back"
    return NextAction(owner=owner, action=action, due_at=state.answer_until)


def _unapproved(state: CaseState) -> NextAction | None:
    if state.plan is None or not state.needs_approval:
        return None
    total = Money(minor=state.plan.total, currency=state.plan.currency)
    return NextAction(owner="finance", action=f"Approve the refund of {total}", due_at=due_of(state))


def _goods_owed(state: CaseState) -> NextAction | None:
    """Who has to act until what goes out for the goods is on its way."""
    if state.sent or not (state.owes_goods or state.pay_url or state.send_by):
        return None
    if state.pay_url and state.payment_asked:
        missing = Money(minor=state.payment_asked.amount, currency=state.payment_asked.currency)
        return NextAction(owner="shopper", action=f"Pay {missing} for the exchange", due_at=state.pay_until)
    if state.mend_by:
        action = "Mend the goods, then say `repair` with what came of it"
        return NextAction(owner="warehouse", action=action, due_at=state.mend_by)
    if state.send_by:
        action = "Send what goes out; where nothing tells of it by itself, say `shipped`"
        return NextAction(owner="warehouse", action=action, due_at=state.send_by)
    return None


def _undecided(state: CaseState) -> NextAction | None:
    added = (state.added_back,) if state.added_back else ()
    if not (on_their_way := [one for one in (*state.refunds, *added) if one.status not in DECIDED]):
        return None
    owner, action = who_decides(on_their_way[0])
    # While the parcel of a refund before its goods is on its way, only people come before the carrier.
    apart = on_their_way[0] in added or (state.early and owner in ("finance", "shopper"))
    if state.stage not in (Stage.REFUND, Stage.REMEDY) and not apart:
        return None
    return NextAction(owner=owner, action=action, due_at=state.look_at)


def _carrier_claim(state: CaseState) -> NextAction | None:
    claim, last = state.open_claim, newest(state.scans)
    if claim is None:
        return None
    if state.receipts:  # of another parcel, whose goods come first
        waits = state.claims_rest and (not state.ungraded or state.stage is Stage.CLOSING)
    else:
        unseen = not delivered(state.scans) and (last is None or last.at <= claim.at)
        waits = bool(state.lost) or unseen  # what was paid as lost waits for the carrier's word all the same
    if not waits:
        return None
    return NextAction(owner="carrier", action=f"Answer the claim {claim.reference}", due_at=claim.answer_by)


def _shopper_owes(state: CaseState) -> NextAction | None:
    if state.owed_by_shopper is None or state.early_end is None:
        return None
    action = f"Get {state.owed_by_shopper} from the shopper, who got it before the goods came, or let it go: `settle`"
    return NextAction(owner="finance", action=action, due_at=state.early_end.answer_by)


_FIRST_OF = (
    _refused,
    _in_trouble,
    _pressed,
    _evidence_wanted,
    _overdue,
    _override_waits,
    _appealed,
    _in_review,
    _empty,
    _offered,
    _unapproved,
    _undecided,
    _shopper_owes,
    _carrier_claim,
    _goods_owed,
    _to_settle,
)
"""What waits for somebody whatever the stage; the first that does is shown."""


def by_stage(state: CaseState) -> NextAction:
    """Whose turn it is where nothing else waits."""
    if (waits := _empty(state) or _carrier_claim(state)) is not None:
        return waits
    if state.parts and state.stage is Stage.AWAITING_PARCEL:
        owner, action = ("carrier", "Deliver") if state.in_several else ("shopper", "Send")
        return NextAction(owner=owner, action=f"{action} the rest of what was announced", due_at=due_of(state))
    owner, action = _in_transit(state) if state.stage is Stage.IN_TRANSIT else _NEXT[state.stage]
    if state.stage is Stage.AWAITING_PARCEL and state.request and state.request.box:
        owner, action = "warehouse", f"Count box {state.request.box}: match it to this return again"
    elif state.stage is Stage.LABEL and state.decision and state.decision.keeps:
        action = "Record that the shopper keeps the goods"
    elif state.stage is Stage.AWAITING_PARCEL and state.wants_label:
        owner, action = "backhaul", "Give the label back and issue another one"
    elif state.stage is Stage.AWAITING_PARCEL and state.label_void:
        action = "Ask for another label, or send the parcel another way and tell its number"
    elif state.stage is Stage.AWAITING_PARCEL and state.back_since:
        action = "Send the parcel again: the carrier took it back to its sender"
    elif state.stage is Stage.AWAITING_PARCEL and state.label and state.label.method in BROUGHT:
        action = BROUGHT[state.label.method]
    return NextAction(owner=owner, action=action, due_at=due_of(state))


def _in_transit(state: CaseState) -> tuple[str, str]:
    last = newest(state.scans)
    if delivered(state.scans):
        return _RECEIVE
    return _ASK_CARRIER if last and last.status is TrackingStatus.FAILURE else _NEXT[Stage.IN_TRANSIT]


def due_of(state: CaseState) -> datetime | None:
    """Until when, by the stage."""
    if state.stage in (Stage.OFFER, Stage.SENDING_BACK):
        return state.answer_until
    if state.needs_approval:
        return state.approve_until
    if (wanted := state.evidence_wanted) is not None:
        return wanted.until
    if state.review_until is not None:
        return state.look_by(1)
    if state.stage is Stage.INSPECTION or (state.overdue and state.uninspected and state.graded is None):
        return state.inspect_until
    if state.stage is Stage.REMEDY:
        return (state.pay_until if state.pay_url else None) or state.mend_by or state.send_by
    if state.decision is None or state.stage not in (Stage.AWAITING_PARCEL, Stage.IN_TRANSIT):
        return None
    if state.stage is Stage.IN_TRANSIT:
        return _in_transit_until(state, state.decision)
    last = max(state.decision.send_back_until, state.patient_until or state.decision.send_back_until)
    if back := state.back_since:
        last = max(last, back + state.decision.days(state.decision.answer_days))
    return last


def _in_transit_until(state: CaseState, decision: Decision) -> datetime | None:
    """The carrier is asked once nothing was heard of the parcel for long. That is looked at so long after the first
    word, and then after the last: a due time that moved with every scan would cost an action each."""
    if came := delivered(state.scans):
        return due(came, 1)
    told = _words_of_parcel(state)
    first = min(told) + decision.days(decision.lost_after_days) if told else None
    return max((one for one in (first, state.patient_until) if one is not None), default=None)


def silent_until(state: CaseState) -> datetime | None:
    """When nothing will have been heard of a parcel on its way for long; None where that is not what is waited for."""
    told, decision = _words_of_parcel(state), state.decision
    others = delivered(state.scans) or _empty(state) or _carrier_claim(state)
    if state.stage is not Stage.IN_TRANSIT or others or not told or decision is None:
        return None
    return max(told) + decision.days(decision.lost_after_days)


def _words_of_parcel(state: CaseState) -> list[datetime]:
    seen = [one.at for one in state.scans if one.status not in UNMOVED]
    return [*seen, *([at] if (at := state.handed_over_at) else [])]


_ASK_CARRIER = ("ops", "Ask the carrier what it wants: it cannot deliver the parcel")
_RECEIVE = ("warehouse", "Receive the parcel, which the carrier delivered")
_SEND_BACK = "Send the goods back to the shopper, then say `sent-back` with the parcel's number"
_NEXT = {
    Stage.REQUESTED: ("backhaul", "Decide on the request"),
    Stage.APPEAL: ("ops", "Look at the appeal"),
    Stage.REVIEW: ("ops", "Look at what the policy leaves to a person"),
    Stage.LABEL: ("backhaul", "Issue the return label"),
    Stage.AWAITING_PARCEL: ("shopper", "Send the parcel"),
    Stage.IN_TRANSIT: ("carrier", "Deliver the parcel"),
    Stage.INSPECTION: ("warehouse", "Inspect what arrived"),
    Stage.OFFER: ("shopper", "Answer the offer"),
    Stage.SENDING_BACK: ("warehouse", _SEND_BACK),
    Stage.REFUND: ("backhaul", "Pay the refund and put the goods away"),
    Stage.REMEDY: ("backhaul", "Compute what goes out, and put the goods away"),
    Stage.CLOSING: ("backhaul", "Send the last mails and close"),
    Stage.CLOSED: ("nobody", "Nothing: the return is closed"),
}
