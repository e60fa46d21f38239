"""Appeals: a return that asks a person to look again at what was declined."""

from __future__ import annotations

from collections.abc import Iterable

from domain.case import Outcome
from domain.errors import InvalidRequest
from domain.policy import Verdict
from domain.request import ReturnRequest
from ledger import EntryKind, JournalEntry, Ledger
from ledger.recall import case_so_far


def check_appeal(ledger: Ledger, request: ReturnRequest) -> None:
    """Raises InvalidRequest unless what it appeals has ended, on the same order, with a declined line of these, is no
    appeal itself and was appealed by no other return: what became of that stands."""
    if request.appeals is None:
        return
    entries = tuple(ledger.entries(case=request.appeals))
    known = case_so_far(entries)
    if known.decision is None or any(one.order and one.order != request.order_id for one in entries):
        raise InvalidRequest("appeals", f"there is no return {request.appeals} of this order")
    if known.outcome is None:
        text = f"return {request.appeals} is still open, so override it there: `python starter.py override`"
        raise InvalidRequest("appeals", text)
    if first := _appealed_by(entries):
        text = (
            f"return {request.appeals} is an appeal of {first} itself; a person has had it, so what was declined stands"
        )
        raise InvalidRequest("appeals", text)
    if other := _appeal_of(ledger, entries[0].order, request):
        text = f"return {request.appeals} was appealed already, by {other}; what a person made of that stands"
        raise InvalidRequest("appeals", text)
    declined = {one.line_id for one in known.decision.lines if one.verdict is Verdict.DECLINE}
    if known.outcome is not Outcome.DECLINED and not declined & {one.line_id for one in request.lines}:
        raise InvalidRequest("appeals", f"return {request.appeals} was not declined, so there is nothing to appeal")


def _appealed_by(entries: Iterable[JournalEntry]) -> str:
    """The return that this one appealed when it was decided on; empty if it is no appeal."""
    asked = (one.facts.get("request", {}) for one in entries if one.kind is EntryKind.DECISION)
    return next((str(one["appeals"]) for one in asked if one.get("appeals")), "")


def _appeal_of(ledger: Ledger, order_id: str, request: ReturnRequest) -> str:
    """Another return that appeals the same, and was not called off before anybody looked; empty if there is none."""
    entries = [one for one in ledger.entries(order=order_id) if one.case not in ("", request.id)]
    called_off = {one.case for one in entries if one.kind is EntryKind.CANCELLED}
    for case in dict.fromkeys(one.case for one in entries if one.case not in called_off):
        if _appealed_by(one for one in entries if one.case == case) == request.appeals:
            return case
    return ""
