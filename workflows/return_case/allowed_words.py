"""Purely: whether a return takes what the shopper wants otherwise, and what staff mends, as it stands."""

from __future__ import annotations

from domain.editing import Edit, may_edit
from domain.evidence import AskEvidence, GiveEvidence
from domain.inspection import units
from domain.mending import CorrectCount, Deadline, Extend, Regrade, sum_of
from domain.parts import may_grade_anew, under_way
from domain.policy import Verdict
from domain.verbs import Refusal
from workflows.return_case.allowed_goods import other_content
from workflows.return_case.facts import known
from workflows.return_case.state import CaseState

MOST_ASKED = 10
"""Whoever is asked more often is asked for something that they do not have."""


def may_ask(state: CaseState, said: AskEvidence) -> Refusal | None:
    """Staff asks the shopper to show something."""
    if known(state, said):
        return None
    if state.review_until is None and state.appeal_until is None:
        text = "Nothing of this return waits for a person's look, so nothing has to be shown."
        return Refusal(code="not_in_review", message=text)
    if state.evidence_wanted is not None:
        text = f"The shopper is asked already: {state.evidence_wanted}; wait for that, or decide without."
        return Refusal(code="asked_already", message=text)
    lines = state.decision.lines if state.decision else ()
    looked_at = [one.line_id for one in lines if one.verdict is not Verdict.APPROVE]
    if wrong := [one.line_id for one in said.wanted if one.line_id not in looked_at]:
        text = f"Line {', '.join(wrong)} needs nobody's look; those that do: {', '.join(looked_at)}."
        return Refusal(code="not_in_review", message=text)
    if len(state.evidence) >= MOST_ASKED:
        text = f"The shopper was asked {MOST_ASKED} times; decide by what is there, or ask them in person."
        return Refusal(code="too_many", message=text)
    return None


def may_give(state: CaseState, said: GiveEvidence) -> Refusal | None:
    """The shopper shows something; late is better than never, as long as a person looks."""
    if (before := next((one for one in state.shown if one.id == said.id), None)) is not None:
        same = (before.notes, before.photos) == (said.notes, said.photos)
        return None if same else other_content("evidence", said.id)
    if not state.evidence or (state.review_until is None and state.appeal_until is None):
        return Refusal(code="nothing_wanted", message="Nothing has to be shown for this return now.")
    return None


def may_change(state: CaseState, said: Edit) -> Refusal | None:
    """The shopper wants something else."""
    if said.id in state.edits:
        same = state.request is not None and said.of(state.request) == state.request
        return None if same or said.id != state.edits[-1] else other_content("change", said.id)
    return may_edit(state, said, state.request.id if state.request else "RETURN")


def may_correct(state: CaseState, said: CorrectCount) -> Refusal | None:
    """A box was counted wrongly."""
    box = next((one for one in state.receipts if one.id == said.receipt), None)
    if said.receipt in state.not_ours and not said.lines:
        return None
    if box is None:
        names = ", ".join(one.id for one in state.receipts) or "none"
        text = f"This return has no receipt {said.receipt}; it has {names}. What was never counted is received."
        return Refusal(code="unknown_receipt", message=text)
    if box.lines == said.lines:
        return None
    if box.id in state.judged_boxes or (state.inspection is not None and not state.waits_for_rest):
        text = "This box was inspected as it was counted; its grades can be corrected (`regrade`) until it is paid."
        return Refusal(code="already_inspected", message=text)
    if not said.lines and len(state.receipts) == 1 and state.label is None and not state.came_first:
        text = "Nothing else of this return is here, and its shopper has no label; ask ops to `close` it"
        return Refusal(code="nothing_left", message=f"{text}, or count what is there.")
    return None


def may_regrade(state: CaseState, said: Regrade) -> Refusal | None:
    """The goods are in another condition than was said."""
    if state.inspection is None or state.lost:
        text = "No inspected goods of this return wait to be paid; `inspect` what is here. What is paid stays as it is."
        return Refusal(code="not_inspected", message=text)
    if sum_of(said) != units(state.inspection.lines):
        counted = ", ".join(f"{count} of line {line}" for line, count in units(state.inspection.lines).items())
        text = f"Grade all that was inspected anew, no more and no less: {counted}."
        return Refusal(code="not_what_was_inspected", message=text)
    if known(state, said):
        return None
    if (no := may_grade_anew(state)) is not None:
        return no
    if under_way(state):
        text = "The refund is under way, so grades change nothing of it any more; finance pays what is owed beyond it."
        return Refusal(code="money_is_asked_for", message=text)
    return None


def may_extend(state: CaseState, said: Extend) -> Refusal | None:
    """Somebody gets more time; only who is waited for."""
    waits = {
        Deadline.SEND_BACK: state.label is not None and not (state.receipts or state.stopped or state.lost),
        Deadline.REVIEW: state.review_until is not None or state.appeal_until is not None,
        Deadline.EVIDENCE: state.evidence_wanted is not None,
        Deadline.INSPECTION: bool(state.receipts) and state.inspection is None,
    }
    if waits[said.deadline]:
        return None
    could = ", ".join(one for one, now in waits.items() if now) or "none"
    text = f"Nobody is waited for with the {said.deadline.replace('_', ' ')} now; deadlines that run: {could}."
    return Refusal(code="nobody_waits", message=text)
