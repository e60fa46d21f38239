"""Goods that the shopper keeps and is paid for all the same, because a person says so."""

from __future__ import annotations

from domain.case import CaseSoFar
from domain.errors import Refused
from domain.override import Change
from domain.policy.decision import Decision
from domain.policy.judgement import Keeps, Verdict
from domain.verbs import Refusal

KEPT = "kept"
"""The id of the inspection that stands for goods which never come."""


def kept_by_person(decision: Decision, change: Change) -> Decision:
    """The decision with the goods left to the shopper. Raises Refused unless all that is taken back is named."""
    if decision.keeps is not None:
        raise Refused("nothing_changes", "the shopper keeps the goods of this return already")
    taken = {one.line_id for one in decision.lines if one.verdict is not Verdict.DECLINE}
    if taken - set(change.lines):
        text = f"where the shopper keeps the goods, it is all of them; name every line: {', '.join(sorted(taken))}"
        raise Refused("keep_all", text)
    if not taken or any(one.verdict is not Verdict.APPROVE for one in decision.lines if one.line_id in taken):
        raise Refused(
            "not_approved", "only what is approved can be kept and paid for; approve it with --verdict approve"
        )
    return decision.model_copy(update={"keeps": Keeps.BY_PERSON})


def may_keep(known: CaseSoFar) -> Refusal | None:
    """Whether a person may still leave the goods to the shopper; None is yes."""
    if known.receipts or known.lost:
        text = "Goods of this return are here or lost, so nobody keeps them; inspect what came."
        return Refusal(code="already_received", message=text)
    if known.moving:
        text = "The goods are on their way, so the shopper does not have them any more; wait for them."
        return Refusal(code="on_its_way", message=text)
    return None
