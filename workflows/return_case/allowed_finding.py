"""Purely: whether a return takes what was found, and what becomes of it."""

from __future__ import annotations

from domain.finding import Finding, FindingCode, FindingSettled
from domain.verbs import Refusal
from workflows.return_case.allowed_goods import other_content
from workflows.return_case.state import CaseState

MOST_FINDINGS = 100
"""Whoever finds more in one return makes a mistake."""


def may_find(state: CaseState, said: Finding | FindingSettled) -> Refusal | None:
    """Something was found, or what was found is settled."""
    return _may_settle(state, said) if isinstance(said, FindingSettled) else _may_record(state, said)


def _may_record(state: CaseState, said: Finding) -> Refusal | None:
    known = next((one.finding for one in state.findings if one.finding.id == said.id), None)
    if known is not None:
        return None if known.same(said) else other_content("finding", said.id)
    if state.inspection is not None or state.stopped or state.rest_over:
        text = "The goods of this return are judged, or nothing comes back of it; take in what else there is as a box"
        return Refusal(code="already_inspected", message=f"{text} that nobody announced (`receive --unknown`).")
    lines = state.decision.lines if state.decision else ()
    of_return = said.line_id is not None and said.code is not FindingCode.EXTRA_ITEM
    if of_return and said.line_id not in {line.line_id for line in lines}:
        return Refusal(code="unknown_line", message=f"This return has no line {said.line_id}.")
    if said.code is FindingCode.EMPTY_BOX and state.receipts:
        text = "Goods of this return were counted already; what did not come is `short`, by its line."
        return Refusal(code="already_received", message=text)
    if len(state.findings) >= MOST_FINDINGS:
        text = f"This return has {MOST_FINDINGS} findings, the most that are taken."
        return Refusal(code="too_many", message=text)
    return None


def _may_settle(state: CaseState, said: FindingSettled) -> Refusal | None:
    known = next((one for one in state.settled if one.finding == said.finding), None)
    if known is not None:
        same = (known.ending, known.tracking_number) == (said.ending, said.tracking_number)
        return None if same else other_content("end of finding", said.finding)
    if said.finding not in {one.finding.id for one in state.unsettled}:
        waiting = ", ".join(one.finding.id for one in state.unsettled) or "none"
        text = f"No goods of finding {said.finding} wait for an end; those that do: {waiting}."
        return Refusal(code="not_found", message=text)
    return None
