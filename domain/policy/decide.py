"""The decision: every rule is read, every reason kept, then they are folded, first for each line, then for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.order import Order
from domain.policy.calendar import Calendar, end_of, local_day
from domain.policy.combine import combined
from domain.policy.decision import Decision, LineDecision, LineTerms, Reason, as_sentence, folded
from domain.policy.document import Policies
from domain.policy.grant import Grant, prices_of
from domain.policy.grounds import Ground, eligibility, grounds, judgement
from domain.policy.handling import handling
from domain.policy.judgement import JudgementRule, Verdict
from domain.policy.reader import Reader, Step
from domain.policy.reasons import fault_of
from domain.request import Basis, RequestedLine, ReturnRequest


class Traced(NamedTuple):
    """A decision, and what became of every rule on the way to it."""

    decision: Decision
    steps: tuple[Step, ...]


def decide(
    order: Order,
    request: ReturnRequest,
    policies: Policies,
    returnable: Mapping[str, int],
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """Judge a request by the merchant's policy and the law.

    `returnable` is how many units of each line are still with the customer and in no other return. Raises ValueError
    for a line that the order does not have.
    """
    return _decided(order, request, policies, returnable, calendar, now, None)


def traced(
    order: Order,
    request: ReturnRequest,
    policies: Policies,
    returnable: Mapping[str, int],
    calendar: Calendar,
    now: datetime,
) -> Traced:
    """The same decision with what became of every rule. Raises what `decide` raises."""
    steps: list[Step] = []
    return Traced(_decided(order, request, policies, returnable, calendar, now, steps), tuple(steps))


def _decided(
    order: Order,
    request: ReturnRequest,
    policies: Policies,
    returnable: Mapping[str, int],
    calendar: Calendar,
    now: datetime,
    steps: list[Step] | None,
) -> Decision:
    policy, found, obliged = policies.policy.policy, [], dict[str, None]()
    zone = policy.zone(order.country)
    zones = {zone}
    for wanted in request.lines:
        line = order.line(wanted.line_id)
        if line is None:
            raise ValueError(f"order {order.id} has no line {wanted.line_id}")
        reader = Reader(order, line, wanted, request.basis, policy, calendar, now, steps)
        decided, open_now = _line(reader, policies, returnable.get(line.id, 0), bool(request.appeals))
        found.append(decided)
        obliged |= dict.fromkeys(one for ground in open_now for one in ground.obligations)
        zones.update(one for ground in open_now for one in ground.zones)
    days = [one.terms.send_back_day for one in found if one.terms and one.verdict is not Verdict.DECLINE]
    day = max(days, default=local_day(now, zone) + timedelta(days=policy.send_back_days))
    until = max(end_of(day, one) for one in zones)
    if policy.trial_day is not None:
        until = now + timedelta(seconds=policy.trial_day * (day - local_day(now, zone)).days)
    return Decision(
        verdict=folded([one.verdict for one in found]),
        policy=policies.policy.ref,
        lines=tuple(found),
        decided_at=now,
        send_back_until=until,
        send_back_day=day,
        obligations=tuple(obliged),
        trial_day=policy.trial_day,
    )


NO_REFUND_OFFERED = "no_refund_offered"
"""Code of the reason for which a person looks at a line: money back is not among what is offered for it."""


def _line(reader: Reader, policies: Policies, left: int, appeal: bool) -> tuple[LineDecision, list[Ground]]:
    published = policies.policy
    rule, goods = judgement(reader, published), eligibility(reader, published)
    known = list(grounds(reader, policies, rule.verdict if rule else Verdict.APPROVE, goods))
    open_now = [one for one in known if one.open]
    basis, asked = _basis(reader.invoked, open_now)
    prices = prices_of(reader, published)
    grants = [one.grant(prices) for one in open_now]
    terms = combined(grants, reader.unit) if grants else None
    verdict, judged = _verdict(rule, list(zip(open_now, grants, strict=True)), terms)
    units = _units(reader.wanted, left)
    # The merchant's own word first, then what counts as its units, then the law and the rest.
    promised = [reason for one in known if one.basis is Basis.POLICY for reason in one.reasons]
    others = [reason for one in known if one.basis is not Basis.POLICY for reason in one.reasons]
    until = [one.window for one in open_now] or [known[-1].window]
    law = [one.goods for one in open_now if one.policy != published.ref]
    latest = max(until, key=lambda one: (one.until is None, one.until or reader.now))
    decided = LineDecision(
        line_id=reader.line.id,
        quantity=reader.wanted.quantity,
        verdict=Verdict.DECLINE if units.verdict is Verdict.DECLINE else verdict,
        reasons=(*promised, units, *others, *asked, *judged),
        returnable_until=latest.until,
        returnable_day=latest.day,
        reason=reader.wanted.reason,
        fault=fault_of(reader.wanted.reason),
        basis=basis,
        open=tuple(dict.fromkeys(one.basis for one in open_now)),
        statutes=tuple(one.policy for one in open_now if one.policy != published.ref),
        by_person=tuple(one.policy for one in open_now if one.by_person and one.policy != published.ref),
        terms=terms,
        handling=handling(reader, published, goods, law) if open_now or appeal else None,
    )
    return decided, open_now


def _basis(invoked: Basis | None, open_now: Sequence[Ground]) -> tuple[Basis | None, list[Reason]]:
    """The ground on which the line comes back: what the shopper invoked if that is open, else the law's before ours."""
    found = [one.basis for one in open_now]
    if invoked in found:
        return invoked, []
    first = next(iter(found), None)
    if invoked is None:
        return first, []
    instead = f" It is judged as {first.replace('_', ' ')} instead." if first else ""
    text = f"It was asked for as {invoked.replace('_', ' ')}, which is not open for it.{instead}"
    return first, [Reason(code=f"{invoked}_not_open", verdict=Verdict.DECLINE, text=text, basis=invoked)]


def _verdict(
    rule: JudgementRule | None, open_now: Sequence[tuple[Ground, Grant]], terms: LineTerms | None
) -> tuple[Verdict, list[Reason]]:
    """The verdict on a line whose units are there, with what was said besides the windows."""
    reasons = []
    if rule is not None:
        text = as_sentence(rule.reason) if rule.reason else _JUDGED[rule.verdict]
        reasons.append(Reason(code=f"judged_{rule.verdict}", verdict=rule.verdict, text=text, basis=Basis.POLICY))
    if terms is None:
        return Verdict.DECLINE, reasons
    if any(_by_right(ground, grant) for ground, grant in open_now):
        return Verdict.APPROVE, reasons
    review = rule is not None and rule.verdict is not Verdict.APPROVE
    if all(ground.by_person for ground, _ in open_now):
        reasons.append(Reason(code="judged_by_person", verdict=Verdict.REVIEW, text=_JUDGED[Verdict.REVIEW]))
        review = True
    if not terms.refunds:
        offered = ", ".join(terms.resolutions).replace("_", " ")
        text = f"What is offered is {offered}; a person sees to it."
        reasons.append(Reason(code=NO_REFUND_OFFERED, verdict=Verdict.REVIEW, text=text))
        review = True
    return Verdict.REVIEW if review else Verdict.APPROVE, reasons


def _by_right(ground: Ground, grant: Grant) -> bool:
    """Whether a law gives the money back by itself; whoever has that right needs nobody's consent."""
    law = ground.basis in (Basis.WITHDRAWAL, Basis.NON_CONFORMITY)
    return law and not ground.by_person and grant.terms.refunds


_JUDGED = {
    Verdict.APPROVE: "The shop's rules approve it.",
    Verdict.REVIEW: "A person of the shop looks at it before anything is paid.",
    Verdict.DECLINE: "The shop does not take returns like this one.",
}


def _units(wanted: RequestedLine, left: int) -> Reason:
    if wanted.quantity <= left:
        return Reason(code="units_available", verdict=Verdict.APPROVE, text="These units have not been returned yet.")
    text = f"{wanted.quantity} asked for, but only {left} can still be returned; the others came back or are under way."
    return Reason(code="already_returned", verdict=Verdict.DECLINE, text=text)
