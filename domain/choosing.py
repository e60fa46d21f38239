"""Purely: whether a return's resolution may still be chosen anew, as the return stands."""

from __future__ import annotations

from domain.case import CaseSoFar
from domain.policy import Verdict
from domain.policy.choosing import may_choose
from domain.refund import FINAL_NO, Refund
from domain.repair import Repair
from domain.resolution import IN_GOODS, Resolution
from domain.verbs import Refusal


def may_choose_now(known: CaseSoFar, wanted: Resolution) -> Refusal | None:
    """None is yes: until the first of its money is on the way, and again when all that was tried has failed for good.

    What failed as store credit may always go back as a refund: there has to be a way for what is owed.
    """
    if known.decision is None:
        return Refusal(code="not_decided", message="This return has not been decided yet; try again in a moment.")
    if known.decision.resolution is wanted:
        return None
    if known.outcome is not None:
        return Refusal(code="closed", message=f"This return is closed ({known.outcome}), so nothing can be chosen.")
    if known.cancelled is not None or known.force_closed is not None or known.expired:
        return Refusal(code="cancelled", message="Nothing comes back of this return, so there is nothing to choose.")
    if known.decision.verdict is Verdict.DECLINE:
        return Refusal(code="declined", message="This return was declined, so there is nothing to choose.")
    paid_for = known.collected and known.resolution is Resolution.EXCHANGE
    if known.sent or paid_for or (known.plan is not None and known.plan.new and known.committed):
        text = "What goes out for these goods is paid for or on its way, so nothing else can be chosen."
        return Refusal(code="already_sent", message=text)
    if wanted in IN_GOODS and (no := _no_other_goods(known, wanted)):
        return no
    if wanted is Resolution.EXCHANGE:
        text = "What is to be exchanged for what is said for each line: `edit` says it until the goods arrive."
        return may_choose(known.decision, wanted) or Refusal(code="not_asked_for", message=text)
    if known.early is not None:
        text = "The refund of these goods did not wait for them, so nothing else can be chosen."
        return Refusal(code="already_paid", message=text)
    tried = _last_tries(known)
    if any(one.status not in FINAL_NO for one in tried):
        text = "Its money is on its way or there already, as it was chosen before, so nothing else can be chosen."
        return Refusal(code="already_paid", message=text)
    if tried and wanted is Resolution.REFUND:
        return None
    return may_choose(known.decision, wanted)


def _no_other_goods(known: CaseSoFar, wanted: Resolution) -> Refusal | None:
    if (known.inspection or known.parts) and known.resolution is not Resolution.REPAIR:
        text = "These goods are judged and their money is planned, so no others go out for them; money can be chosen."
        return Refusal(code="already_inspected", message=text)
    if known.repair is Repair.REPAIRED:
        text = "These goods are repaired and wait to be sent, so no others go out for them; money can be chosen."
        return Refusal(code="already_repaired", message=text)
    if wanted is Resolution.REPLACEMENT and known.trades:
        text = "Other goods were promised for these already, so the same do not go out; money can be chosen instead."
        return Refusal(code="promised_already", message=text)
    return None


def _last_tries(known: CaseSoFar) -> list[Refund]:
    """The newest attempt at each leg; whoever has one of them in hand has the money, or will have it."""
    legs = {one.key.rpartition(":")[0]: one for one in known.refunds}
    return list(legs.values())
