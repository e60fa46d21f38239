"""What a shopper gets before the goods are judged, as a refund or as the goods of an exchange: when it is due, how much
of it is out, and what is owed where goods are not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from domain.inspection import Grade, InspectedLine, Inspection
from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.parcel import moved
from domain.policy.judgement import Verdict
from domain.policy.outcome import Trigger
from domain.resolution import Resolution

if TYPE_CHECKING:
    from domain.case import CaseSoFar
    from domain.policy.decision import Decision, LineDecision


class EarlyRefund(Model):
    """What was paid, or sent, on a promise: `amount` minor units count against what may be out to `customer`, and
    `inspection` is how the goods were taken to be."""

    trigger: Trigger
    amount: Minor
    currency: Currency
    customer: Id
    inspection: Inspection


class EarlyEnd(Model):
    """How that ended: the shopper owes `short` minor units for what is worse or not there; 0 if all is well.

    `answer_by` is until when they should have paid, or finance let it go.
    """

    short: Minor
    reasons: tuple[str, ...] = ()
    answer_by: UtcDatetime


class Settled(StrEnum):
    """What became of what the shopper owed."""

    PAID = "paid"
    """The money came in; finance saw it."""
    WAIVED = "waived"
    """The shop let it go."""
    OPEN = "open"
    """Nobody settled it in time: it stands in the books as what the customer owes."""


class Settle(Model):
    """Finance settles what the shopper owes; `reference` is the bank's, for what was `paid`."""

    by: Id
    how: Literal[Settled.PAID, Settled.WAIVED]
    reference: Id | Literal[""] = ""


def refund_due(known: CaseSoFar) -> Trigger | None:
    """The event on which the money goes back, or the goods of an exchange go out, before anybody has judged what comes
    back, once it has happened; else None."""
    decision = known.decision
    if decision is None or decision.verdict is not Verdict.APPROVE or known.inspection is not None or _over(known):
        return None
    if known.parts:  # some of it was judged and paid for what it is
        return None
    if known.resolution not in _BEFORE_GOODS:  # what is given otherwise waits for the goods
        return None
    if known.resolution is Resolution.EXCHANGE and not known.can_go_out:
        return None
    if known.plan is None and known.proposed is not None:  # somebody may agree to other terms, which a plan would end
        return None
    trigger = promised(decision)
    return trigger if _happened(trigger, known) else None


def promised(decision: Decision) -> Trigger:
    """The event on which the money of all lines may go, or the goods for them; the latest of theirs, because it is one
    refund, or one parcel."""
    order = list(Trigger)
    told = [_trigger(line, decision.resolution) for line in decision.approved]
    return max(told, key=order.index, default=Trigger.INSPECTION)


def limit(decision: Decision) -> int | None:
    """The least of what may be out to one customer that any line names, in minor units; None for no limit."""
    goods = decision.resolution is Resolution.EXCHANGE
    all_of_them = [line.handling for line in decision.approved if line.handling]
    told = (one.ship_limit if goods else one.exposure_limit for one in all_of_them)
    return min((one for one in told if one is not None), default=None)


def as_new(lines: Sequence[LineDecision]) -> Inspection:
    """All that was asked for, as if it had come as new."""
    graded = tuple(InspectedLine(line_id=one.line_id, quantity=one.quantity, grade=Grade.A) for one in lines)
    return Inspection(id="early", inspected_by="backhaul", lines=graded)


_BEFORE_GOODS = (Resolution.REFUND, Resolution.EXCHANGE)
"""What a policy may give before the goods are judged."""


def _trigger(line: LineDecision, wanted: Resolution) -> Trigger:
    if line.handling is None:
        return Trigger.INSPECTION
    if wanted is Resolution.EXCHANGE:
        return line.handling.ship_on or Trigger.INSPECTION
    return line.handling.refund_on


def _over(known: CaseSoFar) -> bool:
    return bool(known.cancelled or known.force_closed or known.expired or known.outcome or known.lost)


def _happened(trigger: Trigger, known: CaseSoFar) -> bool:
    match trigger:
        case Trigger.LABEL:
            return known.label is not None or bool(known.receipts)
        case Trigger.FIRST_SCAN | Trigger.DROP_OFF:
            # Where a parcel is handed in, it is scanned; goods that are here were handed in. A number that somebody has
            # told may be that of another return's parcel, which would pay for both.
            ours = (one for one in known.scans if one.tracking_number in known.label_numbers)
            return moved(ours) or bool(known.receipts)
        case Trigger.RECEIPT:
            return bool(known.receipts) and not known.expected
        case Trigger.INSPECTION:
            return False
