"""What could come back of a basket, before it is bought: the decision itself is asked, for each time that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from activities.decisions.telling import Locale, Words, joined
from domain.inspection import Grade
from domain.model import Model
from domain.order import Order, OrderLine
from domain.policy import LineDecision, LineTerms, Policies, Policy, Traced, Verdict, traced
from domain.policy.calendar import end_everywhere, local_day
from domain.policy.goods import Answer
from domain.policy.money import Cut, Payer
from domain.policy.outcome import Resolution
from domain.request import Basis, RequestedLine, ReturnReason, ReturnRequest

Judged = Callable[[datetime], LineDecision]


class Period(Model):
    """What a return costs up to a day: `label_fee` in minor units once per return, `restocking` of each unit that is as
    new, `restocking_percent` of it; `used_costs` whether less is paid for goods that were used."""

    until: date | None
    bases: tuple[Basis, ...]
    resolutions: tuple[Resolution, ...]
    return_shipping: Payer
    label_fee: int
    restocking: int
    restocking_percent: str = ""
    used_costs: bool

    @property
    def free(self) -> bool:
        """Whether goods that are as new come back for nothing."""
        return not self.label_fee and not self.restocking


class LineAnswer(Model):
    """What could come back of a line by `until` (None: nobody knows yet, or nothing), and the sentence that says so.

    `statutes` are the laws that are open for it; `by_policy` whether the merchant takes it back by its own word."""

    line_id: str
    sku: str
    title: str
    quantity: int
    returnable: bool
    by_policy: bool
    verdict: Verdict
    until: date | None
    free: bool
    periods: tuple[Period, ...]
    statutes: tuple[str, ...]
    sentence: str


def answers(order: Order, policies: Policies, locale: Locale, at: datetime) -> list[LineAnswer]:
    """What holds for each line of an order that would be placed at a moment, for goods that are simply not wanted."""
    asking = _Asking(order, policies, Words(locale), at)
    return [asking.answer(line) for line in order.lines]


_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Asking:
    order: Order
    policies: Policies
    words: Words
    at: datetime

    @property
    def policy(self) -> Policy:
        return self.policies.policy.policy

    def answer(self, line: OrderLine) -> LineAnswer:
        found = self._traced(line, self.at)
        decided = found.decision.lines[0]
        periods = tuple(self._periods(line, decided)) if decided.verdict is not Verdict.DECLINE else ()
        by_policy = any(Basis.POLICY in one.bases for one in periods)
        said = self._told(line, decided, periods) if by_policy else self._refused(found, decided, periods)
        faulty = self._traced(line, self.at, ReturnReason.DEFECTIVE).decision.lines[0]
        return LineAnswer(
            line_id=line.id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            returnable=bool(periods),
            by_policy=by_policy,
            verdict=decided.verdict,
            until=periods[-1].until if periods else None,
            free=all(one.free for one in periods) and bool(periods),
            periods=periods,
            statutes=decided.statutes,
            sentence=" ".join(filter(None, (joined(said), self._if_faulty(faulty)))),
        )

    def _traced(self, line: OrderLine, now: datetime, reason: ReturnReason = ReturnReason.UNWANTED) -> Traced:
        wanted = RequestedLine(line_id=line.id, quantity=line.quantity, reason=reason)
        request = ReturnRequest(id="basket", order_id=self.order.id, lines=(wanted,))
        left = {line.id: line.quantity}
        return traced(self.order, request, self.policies, left, self.policy.calendar, now)

    def _periods(self, line: OrderLine, first: LineDecision) -> Iterator[Period]:
        """Grounds close one after the other, and with each the terms may change, up to the end of the longest."""
        decided, end = first, first.returnable_day
        start = local_day(self.at, self.policy.zone(self.order.country))
        while decided.terms is not None:
            until = self._last_alike(line, decided, start, end) if end else None
            later = self._traced(line, self._end_of(until + _DAY)).decision.lines[0] if until else decided
            if until is None or end is None or until >= end or later.terms is None:
                yield self._period(decided, decided.terms, end)
                return
            yield self._period(decided, decided.terms, until)
            decided, start = later, until + _DAY

    def _last_alike(self, line: OrderLine, decided: LineDecision, low: date, high: date) -> date:
        """The last day on which the same grounds are open as at first, by halving the days in between."""
        while low < high:
            middle = high - (high - low) // 2
            there = self._traced(line, self._end_of(middle)).decision.lines[0]
            low, high = (middle, high) if there.open == decided.open else (low, middle - _DAY)
        return low

    def _end_of(self, day: date) -> datetime:
        country = self.order.country
        return end_everywhere(day, self.policy.zone(country), country)

    def _period(self, decided: LineDecision, terms: LineTerms, until: date | None) -> Period:
        line = self.order.line(decided.line_id)
        unit = self.order.paid_for(line) // line.quantity if line else 0
        as_new = terms.restocking.get(Grade.A, Cut())
        worse = [cuts.get(grade, Cut()) for cuts in (terms.restocking, terms.lost_value) for grade in Grade]
        return Period(
            until=until,
            bases=decided.open,
            resolutions=terms.resolutions,
            return_shipping=terms.return_shipping,
            label_fee=terms.label_fee,
            restocking=as_new.of(unit),
            restocking_percent=as_new.percent or "",
            used_costs=any(one.of(unit) > as_new.of(unit) for one in worse),
        )

    def _told(self, line: OrderLine, decided: LineDecision, periods: tuple[Period, ...]) -> list[str]:
        words, last = self.words, periods[-1]
        until = words.say("line_until", last.until)
        if last.until is None and line.delivered_at:
            until = words.say("line_reasonable")
        steps = [one for one, then in pairwise(periods) if _costs(one) != _costs(then)]
        said = [f"{until}, {self._cost(last)}"]
        if steps:
            told = [words.say("line_step", one.until, self._cost(one)) for one in steps]
            said = [until, *told, words.say("line_then", self._cost(last))]
        if periods[0].resolutions != (Resolution.REFUND,):
            said.append(words.say("line_choice", periods[0].resolutions))
        return [*said, words.say("line_review") if decided.verdict is Verdict.REVIEW else ""]

    def _refused(self, found: Traced, decided: LineDecision, periods: tuple[Period, ...]) -> list[str]:
        words = self.words
        said = [words.say("line_refused", self._why(found))]
        if periods:
            known = {one.ref: one.statute for one in self.policies.statutes}
            titles = [words.text(known[ref].title) for ref in decided.statutes]
            laws = [f"{title[:1].lower()}{title[1:]}" for title in titles]
            said.append(words.say("line_law", ", ".join(laws), periods[-1].until, self._cost(periods[-1])))
        return said

    def _why(self, found: Traced) -> str:
        """The merchant's own words for it, from the rule that spoke against it."""
        spoke = {
            one.clause: one.number - 1
            for one in found.steps
            if one.outcome == "speaks" and one.document == self.policies.policy.ref
        }
        goods, judged = spoke.get("eligibility"), spoke.get("judgement")
        if goods is not None and (rule := self.policy.eligibility[goods]).answer is Answer.EXCLUDED:
            return rule.reason.rstrip(".")
        if judged is not None and (verdict := self.policy.judgement[judged]).verdict is Verdict.DECLINE:
            return verdict.reason.rstrip(".")
        return ""

    def _cost(self, period: Period) -> str:
        words, currency = self.words, self.order.currency
        fee = words.say("money", period.label_fee, currency) if period.label_fee else ""
        percent = words.say("percent", period.restocking_percent) if period.restocking_percent else ""
        kept = (percent or words.say("money", period.restocking, currency)) if period.restocking else ""
        return words.say("line_costs", fee, kept, period.used_costs)

    def _if_faulty(self, decided: LineDecision) -> str:
        """What law and warranty give besides for goods that are not as sold."""
        if decided.terms is None or not {Basis.NON_CONFORMITY, Basis.WARRANTY} & set(decided.open):
            return ""
        return self.words.say("line_faulty", decided.terms.resolutions)


def _costs(period: Period) -> tuple[object, ...]:
    return (period.return_shipping, period.label_fee, period.restocking, period.used_costs)
