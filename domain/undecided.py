"""What follows where nobody decides on what the warehouse found: when, and as the policy says."""

from __future__ import annotations

from datetime import datetime

from domain.case import CaseSoFar
from domain.finding import FindingEnd, FindingSettled, Found

RULE = "backhaul"
"""Who says what follows then: no person's name."""


def empty_box_ends(known: CaseSoFar) -> datetime | None:
    """When an empty box on which nobody has decided is the end, though ops were asked: after as long again, and not
    while the shopper may still send the goods. None where it is not waited for."""
    box, decision = known.empty_box, known.decision
    if box is None or box.until is None or decision is None or known.lost or known.open_claim:
        return None
    return max(box.until + decision.days(decision.review_days), decision.send_back_until)


def pays_empty_box(known: CaseSoFar) -> bool:
    """Whether it is paid for then as if the carrier had lost the goods; else nothing came, and nothing is paid."""
    return known.decision is not None and known.decision.lost_at_once


def goods_end(known: CaseSoFar, found: Found) -> datetime | None:
    """When goods that are not of the return have their end by themselves; None if nobody was to say what it is."""
    decision = known.decision
    if found.until is None or decision is None:
        return None
    return found.until + decision.days(decision.review_days)


def by_default(found: Found) -> FindingSettled:
    """Their end then: other goods stay here, set apart; more units of a line are the shopper's, for another return."""
    ending = FindingEnd.OTHER_RETURN if found.finding.line_id else FindingEnd.KEPT
    return FindingSettled(finding=found.finding.id, by=RULE, ending=ending)
