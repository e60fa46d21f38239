"""Purely: how often goods may be judged: in parts, before the rest of them comes, or anew."""

from __future__ import annotations

from domain import ids
from domain.case import CaseSoFar
from domain.inspection import Inspection, Rest
from domain.offer import Answer
from domain.resolution import IN_GOODS
from domain.verbs import Refusal


def may_wait(known: CaseSoFar, inspection: Inspection) -> Refusal | None:
    """Whether the rest may be waited for after this inspection; None is yes."""
    if inspection.rest is not Rest.EXPECTED:
        return None
    if known.early is not None:
        text = "All of this return was paid before its goods came, so they are judged once; inspect when all is here"
        return Refusal(code="paid_early", message=f"{text}, or without `--more`.")
    if known.resolution in IN_GOODS:
        text = f"This return ends with {known.resolution.replace('_', ' ')}, which follows on all of its goods at once"
        return Refusal(code="not_in_parts", message=f"{text}; inspect when all is here, or without `--more`.")
    return None


def may_grade_anew(known: CaseSoFar) -> Refusal | None:
    """Whether other grades may take the place of those by which the shopper has agreed, or was asked to pay."""
    if any(one.answer is Answer.ACCEPT for one in known.part_answers):
        text = "The shopper has accepted what is offered for these grades, so they stay; give more with `override`."
        return Refusal(code="accepted", message=text)
    if known.payment_asked is not None:
        text = "The shopper was asked to pay for an exchange by these grades, so they stay."
        return Refusal(code="payment_asked", message=text)
    return None


def under_way(known: CaseSoFar) -> bool:
    """Whether money was asked for what was inspected last; what was paid for earlier parts is done."""
    keys = (ids.refund_of(one.key) for one in known.refunds)
    return any(key is None or key.plan > known.plans_before for key in keys)
