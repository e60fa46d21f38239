"""What may be chosen of what a decision offers, and what becomes of it when it is."""

from __future__ import annotations

from domain.policy.decide import NO_REFUND_OFFERED
from domain.policy.decision import Decision, LineDecision, folded
from domain.policy.judgement import Verdict
from domain.resolution import Resolution
from domain.verbs import Refusal


def may_choose(decision: Decision, wanted: Resolution) -> Refusal | None:
    """Whether a return of this decision may end so; None is yes, also where nothing of it comes back."""
    offered = decision.resolutions
    if wanted in offered or decision.verdict is Verdict.DECLINE:
        return None
    words = wanted.replace("_", " ")
    others = " or ".join(one.replace("_", " ") for one in offered)
    choice = f"what is offered is {others}" if others else "nothing is offered for all of them, so return them apart"
    return Refusal(code="not_offered", message=f"For these items there is no {words}; {choice}.")


def chosen(decision: Decision, wanted: Resolution) -> Decision:
    """The decision with this resolution. What only waited for a person because no refund is offered, is approved as
    soon as something is chosen that is."""
    lines = tuple(_settled(line, wanted) for line in decision.lines)
    verdict = folded([line.verdict for line in lines])
    return decision.model_copy(update={"resolution": wanted, "lines": lines, "verdict": verdict})


def _settled(line: LineDecision, wanted: Resolution) -> LineDecision:
    if line.verdict is not Verdict.REVIEW or line.terms is None or wanted not in line.terms.resolutions:
        return line
    asked = [one for one in line.reasons if one.code.startswith(_ASKS)]
    if [one.code for one in asked if one.verdict is not Verdict.APPROVE] != [NO_REFUND_OFFERED]:
        return line
    reasons = tuple(one for one in line.reasons if one.code != NO_REFUND_OFFERED)
    return line.model_copy(update={"verdict": Verdict.APPROVE, "reasons": reasons})


_ASKS = ("judged_", NO_REFUND_OFFERED)
"""What the codes of reasons begin with for which a person may have to look."""
