"""What a return of one line costs, and from when on that is another: the decision itself is asked, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from domain.inspection import Grade
from domain.model import Model
from domain.order import Delivery, Order, OrderLine
from domain.policy import Calendar, LineDecision, LineTerms, Policies, Traced, Verdict, traced
from domain.policy.calendar import end_everywhere, end_of, local_day
from domain.policy.goods import Condition, EligibilityRule
from domain.policy.money import Cut, Payer
from domain.policy.rule import Rule
from domain.policy.window import Anchor, Count, Ends, First, WindowRule
from domain.request import Basis, RequestedLine, ReturnReason, ReturnRequest
from domain.resolution import Resolution


class Within(Model):
    """So many months and days after an event that has no day yet, and in any case until a day."""

    days: int | None = None
    months: int | None = None
    until: date | None = None
    until_yearly: str | None = None
    anchor: Anchor = Anchor.DELIVERY
    count: Count = Count.CALENDAR
    first: First = First.MONTHS


class Period(Model):
    """What a return costs up to a day, or `within` so long where the delivery has no day yet. In minor units:
    `label_fee` once per return; `restocking_per_unit` for a unit that is as new; `kept_per_unit` by grade, all that is
    kept. `condition` is how the goods have to be."""

    until: date | None
    within: Within | None = None
    verdict: Verdict
    bases: tuple[Basis, ...]
    resolutions: tuple[Resolution, ...]
    condition: tuple[Condition, ...] = ()
    return_shipping: Payer
    label_fee: int
    restocking_per_unit: int
    restocking_percent: str = ""
    kept_per_unit: Mapping[Grade, int] = {}
    kept_percent: Mapping[Grade, str] = {}

    @property
    def free(self) -> bool:
        """Whether goods that are as new come back for nothing."""
        return not self.label_fee and not self.restocking_per_unit


class _EveryDay(Calendar):
    """Every day is worked on: how long a window is by its rule, whatever the day on which it begins."""

    def works(self, day: date, country: str | None) -> bool:
        """Always."""
        return True


class _Found(NamedTuple):
    """A decision on one line, with the rules that spoke: clause and document to the rule's place."""

    decided: LineDecision
    spoke: Mapping[tuple[str, str], int]

    @property
    def alike(self) -> tuple[object, ...]:
        """What is the same within a period: grounds, verdict and terms; the day to send by moves with the request."""
        terms = self.decided.terms
        said = terms.model_dump(exclude={"send_back_day", "refund_due", "given"}) if terms else None
        return (self.decided.open, self.decided.statutes, self.decided.verdict, said)


_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """One line of an order that would be placed at a moment; if its delivery is not known, as if it came that day."""

    sold: Order
    line: OrderLine
    policies: Policies
    at: datetime

    @property
    def known(self) -> bool:
        """Whether somebody knows when it comes."""
        return self.line.delivered_at is not None

    @cached_property
    def zone(self) -> str:
        """The time zone of the order's days."""
        return self.policies.policy.policy.zone(self.sold.country)

    @cached_property
    def order(self) -> Order:
        """The order, with what has not arrived arriving at the end of the day."""
        came = end_of(local_day(self.at, self.zone), self.zone)
        lines = tuple(
            one
            if one.delivered_at
            else one.model_copy(update={"deliveries": (Delivery(quantity=one.quantity, at=came),)})
            for one in self.sold.lines
        )
        return self.sold if self.known else self.sold.model_copy(update={"lines": lines})

    def traced(self, now: datetime, reason: ReturnReason = ReturnReason.UNWANTED) -> Traced:
        """The decision on this line alone, asked for then."""
        wanted = RequestedLine(line_id=self.line.id, quantity=self.line.quantity, reason=reason)
        request = ReturnRequest(id="basket", order_id=self.order.id, lines=(wanted,))
        calendar = self.policies.policy.policy.calendar
        calendar = calendar if self.known else _EveryDay()
        return traced(self.order, request, self.policies, {self.line.id: self.line.quantity}, calendar, now)

    def periods(self) -> Iterator[Period]:
        """Grounds close one after the other, and with each the terms may change, up to the end of the longest."""
        found, end = self._on(self.at), self._on(self.at).decided.returnable_day
        start = local_day(self.at, self.zone)
        while found.decided.terms is not None:
            until = self._last_alike(found, start, end) if end else None
            later = self._on(self._end_of(until + _DAY)) if until else found
            if until is None or end is None or until >= end or later.decided.terms is None:
                yield self._period(found, found.decided.terms, end, self._closing(found, None, end))
                return
            yield self._period(found, found.decided.terms, until, self._closing(found, later, until))
            found, start = later, until + _DAY

    def _end_of(self, day: date) -> datetime:
        return end_everywhere(day, self.zone, self.sold.country)

    def _on(self, now: datetime) -> _Found:
        asked = self.traced(now)
        speaking = (one for one in asked.steps if one.outcome == "speaks" and one.number)
        spoke = {(one.clause, one.document): one.number - 1 for one in speaking}
        return _Found(asked.decision.lines[0], spoke)

    def _last_alike(self, found: _Found, low: date, high: date) -> date:
        """The last day on which all is as at first, by halving the days in between."""
        while low < high:
            middle = high - (high - low) // 2
            there = self._on(self._end_of(middle))
            low, high = (middle, high) if there.alike == found.alike else (low, middle - _DAY)
        return low

    def _closing(self, found: _Found, later: _Found | None, until: date | None) -> Within | None:
        """How long the grounds are open that are not any more `later`, by the rule that says so."""
        if self.known or until is None:
            return None
        open_then = self._documents(later) if later else []
        closed = [ref for ref in self._documents(found) if ref not in open_then]
        rule = self._window(found, closed[-1]) if closed else None
        if rule is None or rule.ends is Ends.REASONABLE_TIME:
            return Within(days=(until - local_day(self.at, self.zone)).days)
        within = Within.model_validate(rule.model_dump(include=set(Within.model_fields)))
        # Of a single line the last parcel is its own.
        own = within.anchor is Anchor.LAST_PARCEL and len(self.order.lines) == 1
        return within.model_copy(update={"anchor": Anchor.DELIVERY}) if own else within

    def _documents(self, found: _Found) -> list[str]:
        """Whose grounds are open, the merchant's last."""
        ours = [self.policies.policy.ref] if Basis.POLICY in found.decided.open else []
        return [*found.decided.statutes, *ours]

    def _window(self, found: _Found, ref: str) -> WindowRule | None:
        number = found.spoke.get(("window", ref))
        if number is not None:
            rule = self._rules(ref, "window")[number]
            return rule if isinstance(rule, WindowRule) else None
        policy = self.policies.policy
        return WindowRule(days=policy.policy.window_days) if ref == policy.ref else None

    def _rules(self, ref: str, clause: str) -> tuple[Rule, ...]:
        known = {one.ref: one.statute for one in self.policies.statutes}
        document = self.policies.policy.policy if ref == self.policies.policy.ref else known[ref]
        rules: tuple[Rule, ...] = getattr(document, clause)
        return rules

    def _conditions(self, found: _Found) -> tuple[Condition, ...]:
        """How the goods have to be on every ground that is open; one that asks for less is enough."""
        asked = []
        for ref in self._documents(found):
            number = found.spoke.get(("eligibility", ref))
            rule = None if number is None else self._rules(ref, "eligibility")[number]
            asked.append(rule.condition if isinstance(rule, EligibilityRule) else ())
        return tuple(one for one in Condition if asked and all(one in each for each in asked))

    def _period(self, found: _Found, terms: LineTerms, until: date | None, within: Within | None) -> Period:
        unit = self.order.paid_for(self.line) // self.line.quantity
        as_new, decided = terms.restocking.get(Grade.A, Cut()), found.decided
        cuts = {grade: [terms.restocking.get(grade), terms.lost_value.get(grade)] for grade in Grade}
        kept = {grade: [one for one in both if one is not None and one.of(unit)] for grade, both in cuts.items()}
        return Period(
            until=None if within else until,
            within=within,
            verdict=decided.verdict,
            bases=decided.open,
            resolutions=terms.resolutions,
            condition=self._conditions(found),
            return_shipping=terms.return_shipping,
            label_fee=terms.label_fee,
            restocking_per_unit=as_new.of(unit),
            restocking_percent=as_new.percent or "",
            kept_per_unit={grade: min(unit, sum(one.of(unit) for one in both)) for grade, both in kept.items()},
            kept_percent={grade: text for grade, both in kept.items() if (text := _percent(both))},
        )


def _percent(cuts: list[Cut]) -> str:
    """All of these cuts as one percentage, at most 100; empty where one of them is an amount."""
    texts = [one.percent for one in cuts]
    if not texts or None in texts:
        return ""
    return f"{min(Decimal(100), sum((Decimal(text) for text in texts if text), Decimal())).normalize():f}"
