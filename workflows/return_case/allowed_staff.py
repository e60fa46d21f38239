"""Purely: whether a return takes what staff says as it stands."""

from __future__ import annotations

from domain import overriding
from domain.money import Money
from domain.notice import NoticeKind
from domain.notice_ids import plain_notice
from domain.override import Override
from domain.verbs import Refusal
from workflows.return_case.allowed_early import paid_early
from workflows.return_case.allowed_goods import other_content
from workflows.return_case.said import Approve, Resend
from workflows.return_case.state import CaseState

MOST_AGAIN = 5
"""So often a mail is made anew; whoever does not get it then will not."""


def may_close(state: CaseState) -> Refusal | None:
    """Staff ends it."""
    if state.force_closed:
        return None
    if state.called_off or state.expired or _decided_for_good(state):
        return Refusal(code="ends_already", message="This return ends already; it needs no closing.")
    if state.lost or state.inspection is not None:
        text = f"Its goods are judged or lost, so money is owed or on its way ({state.next_action.action})"
        instead = "see to the refund: `approve`, `retry`, `consent` or `paid-by-hand`; it closes by itself then"
        return Refusal(code="money_is_owed", message=f"{text}; {instead}.")
    if state.early:
        return paid_early(state.early)
    if state.receipts:
        text = "The goods are here and nobody has judged them; `inspect` them first, and the return goes on from there."
        return Refusal(code="already_received", message=text)
    return None


def may_resend(state: CaseState, said: Resend) -> Refusal | None:
    """A mail once more."""
    told = plain_notice(said.notice)
    if told is None or state.request is None or told[0] != state.request.id or told[1] not in list(NoticeKind):
        text = "is no mail about this return as a whole; `starter.py mails --return` shows their keys"
        return Refusal(code="no_mail", message=f"{said.notice} {text}.")
    if sum(one.startswith(f"{said.notice}:") for one in state.sent_again) >= MOST_AGAIN:
        text = f"This mail was sent {MOST_AGAIN} times more already; reach the shopper another way."
        return Refusal(code="too_many", message=text)
    return None


def may_approve(state: CaseState, said: Approve) -> Refusal | None:
    """Somebody agrees to the refund."""
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


def may_agree(state: CaseState, said: Approve, override: str) -> Refusal | None:
    """A second person agrees to an override."""
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


def may_override(state: CaseState, said: Override) -> Refusal | None:
    """A person decides otherwise."""
    known = next((one for one in state.overrides if one.update_id == said.update_id), None)
    if known is not None:
        same = (known.by, known.change, known.reason) == (said.by, said.change, said.reason)
        return None if same else other_content("override", said.update_id)
    if state.called_off:
        return Refusal(code="cancelled", message="This return was called off; start a new one, and override that.")
    if _decided_for_good(state):
        text = "This return was declined and ends now"
        if state.request is None or not state.request.appeals:
            text += "; start a new return that appeals it: `starter.py start --appeal`"
        return Refusal(code="declined", message=f"{text}.")
    return overriding.may_override(state, said.change)


def _decided_for_good(state: CaseState) -> bool:
    return state.declined and state.appeal_until is None
