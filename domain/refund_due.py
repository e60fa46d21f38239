"""By when a refund is due by law or by promise, and how long it may be withheld. Pure.

Every obligation that a decision has counts, and the earliest day holds. A day ends where the shopper lives. What may be
withheld until goods or proof are there is not due before; once they are there, it is due at the end of that day or of
the period, whichever is later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.case import CaseSoFar
from domain.parcel import UNMOVED
from domain.policy.calendar import end_of, local_day
from domain.policy.decision import LineDecision
from domain.policy.judgement import Verdict
from domain.policy.outcome import DueFrom, RefundDue


class Clock(NamedTuple):
    """When the refund is due, None as long as nobody can know; whether it is `withheld` meanwhile, and what for."""

    due: datetime | None = None
    withheld: DueFrom | None = None
    cites: tuple[str, ...] = ()


def sent_at(known: CaseSoFar) -> datetime | None:
    """When it was first shown that the goods were sent: by the shopper's proof, a carrier's scan, or their arrival."""
    seen = [one.at for one in known.scans if one.status not in UNMOVED]
    told = (*seen, known.handed_over_at, known.arrived_at)
    return min((one for one in told if one is not None), default=None)


def refund_due(known: CaseSoFar, stated_at: datetime) -> Clock:
    """The clock of a return whose shopper stated at this time that the goods come back."""
    lines = known.decision.approved if known.decision else ()
    asked = [(line, due) for line in lines if line.terms for due in line.terms.refund_due]
    days = [(_day(known, stated_at, line, due), due) for line, due in asked]
    certain = [(day, due) for day, due in days if day is not None]
    if not certain:
        waits = next((due.withhold for _, due in days if due.withhold is not None), None)
        return Clock(withheld=waits, cites=_cites(due for _, due in days))
    first = min(day for day, _ in certain)
    return Clock(due=first, cites=_cites(due for day, due in certain if day == first))


def _day(known: CaseSoFar, stated_at: datetime, line: LineDecision, due: RefundDue) -> datetime | None:
    begun = _begun(known, stated_at, line, due.after)
    if begun is None:
        return None
    day = _end(known, begun, due.days)
    if due.withhold is None or known.kept is not None:
        return day
    there = _begun(known, stated_at, line, due.withhold)
    return max(day, _end(known, there, 0)) if there else None


def _end(known: CaseSoFar, begun: datetime, days: int) -> datetime:
    """The end of the day so many days later, where the shopper lives; of a policy that is tried out, so long later."""
    if known.decision is not None and known.decision.trial_day is not None:
        return begun + known.decision.days(days)
    zone = known.order.zone if known.order else "UTC"
    return end_of(local_day(begun, zone) + timedelta(days=days), zone)


def _begun(known: CaseSoFar, stated_at: datetime, line: LineDecision, event: DueFrom) -> datetime | None:
    match event:
        case DueFrom.NOTICE:
            return stated_at
        case DueFrom.RECEIPT:
            return known.arrived_at
        case DueFrom.SENT_OR_RECEIVED:
            return sent_at(known)
        case DueFrom.AGREEMENT:
            agreed = known.decision is not None and line.verdict is Verdict.APPROVE
            return known.decision.decided_at if known.decision and agreed else None


def _cites(dues: Iterable[RefundDue]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.cite for one in dues if one.cite))
