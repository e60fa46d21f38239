"""The shopper wants something else of their return: what may change, and what is decided of it then."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.case import CaseSoFar
from domain.errors import Refused
from domain.method import Method
from domain.model import Id, Model
from domain.policy.decision import Decision, LineDecision
from domain.policy.judgement import Verdict
from domain.request import Basis, RequestedLine, ReturnRequest
from domain.resolution import Resolution
from domain.verbs import Refusal

MOST_EDITS = 20
"""Whoever changes their mind more often talks to a person."""


class Edit(Model):
    """All lines that shall come back from now on, with their reasons; without a basis or a method, those of before.
    The same `id` counts once."""

    id: Id
    by: Id
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=200)]
    basis: Basis | None = None
    method: Method | None = None

    def of(self, request: ReturnRequest) -> ReturnRequest:
        """The request as it is now."""
        kept = {"basis": self.basis or request.basis, "method": self.method or request.method}
        return request.model_copy(update={"lines": self.lines, **kept})


def may_edit(known: CaseSoFar, said: Edit, case: str) -> Refusal | None:
    """Whether the shopper may still ask for something else, as return `case` stands; None is yes."""
    if known.outcome is not None or known.cancelled is not None or known.force_closed is not None or known.expired:
        return Refusal(code="ends_already", message="This return ends already; start a new one for what is left.")
    if known.receipts or known.lost or known.inspection:
        text = "The goods have arrived, or are lost, so it is too late to change what comes back; start a new return."
        return Refusal(code="already_received", message=text)
    if known.decision is not None and known.decision.keeps is not None:
        text = "The shopper keeps the goods of this return and is paid for them; start a new one for something else."
        return Refusal(code="kept", message=text)
    if known.resolution is Resolution.EXCHANGE and any(line.exchange_for is None for line in said.lines):
        text = "Say of each line what it is exchanged for (`exchange_for`), or choose another resolution first."
        return Refusal(code="no_exchange", message=text)
    if known.promised:
        text = "What goes out for these goods was promised already; cancel the return and start one for something else."
        return Refusal(code="promised_already", message=text)
    if known.decision is not None and known.decision.verdict is Verdict.DECLINE:
        text = "This return was declined; start a new one for something else, or one that appeals it."
        return Refusal(code="declined", message=text)
    if len(known.edits) >= MOST_EDITS:
        text = f"This return was changed {MOST_EDITS} times, the most that are taken; cancel it and start a new one."
        return Refusal(code="too_many", message=text)
    if said.method is not None and known.label is not None and said.method is not known.label.method:
        text = f"It goes back by {known.label.method.replace('_', ' ')}, which is under way already"
        instead = "the goods are on their way, so nothing of that can be changed"
        if not known.moving:
            instead = f"say `python starter.py new-label {case} --method {said.method} --by {said.by}`"
        return Refusal(code="way_is_settled", message=f"{text}; {instead}.")
    if len({line.line_id for line in said.lines}) < len(said.lines):
        return Refusal(code="named_twice", message="A line is named twice; add the quantities up.")
    return None


def promised(before: Decision, request: ReturnRequest, wanted: ReturnRequest) -> dict[str, LineDecision]:
    """What was said of a line stays for as many units or fewer, for the same reason and on the same ground.

    Raises Refused for another change of a line on which a person has decided.
    """
    said = {line.line_id: line for line in before.lines}
    kept = {}
    for line in wanted.lines:
        old = said.get(line.line_id)
        if old is None:
            continue
        if request.basis is wanted.basis and line.reason is old.reason and line.quantity <= old.quantity:
            kept[line.line_id] = old.model_copy(update={"quantity": line.quantity})
        elif old.overridden is not None:
            text = f"a person of the shop has decided on line {line.line_id}, so it stays as it is or has fewer units"
            raise Refused("decided_by_person", f"{text}; ask for the others in a return of their own")
    return kept


def edited(before: Decision, wanted: ReturnRequest, kept: dict[str, LineDecision], anew: Decision | None) -> Decision:
    """The decision on what is wanted now: what stays of the one before, and what was decided anew.

    Raises Refused where nothing changes, a line that could come back no longer could, or nothing is left.
    """
    found = kept | {line.line_id: line for line in (anew.lines if anew else ())}
    after = before.with_lines(tuple(found[line.line_id] for line in wanted.lines))
    for line in before.approved:
        now = found.get(line.line_id)
        if now is not None and now.verdict is Verdict.DECLINE:
            why = next((one.text for one in now.reasons if one.verdict is Verdict.DECLINE), "")
            text = f"line {line.line_id} could not come back like that ({why}), and can as it is"
            raise Refused("would_lose", f"{text}; leave it so, or ask for the rest in a return of its own")
    if after.verdict is Verdict.DECLINE:
        raise Refused("nothing_left", "of this nothing could come back, so the return stays as it is; or cancel it")
    if anew is None:
        return after
    days = {
        "send_back_day": max(before.last_day_to_send, anew.last_day_to_send),
        "send_back_until": max(before.send_back_until, anew.send_back_until),
        "obligations": tuple(dict.fromkeys((*before.obligations, *anew.obligations))),
    }
    return after.model_copy(update={**days, "decided_at": anew.decided_at})
