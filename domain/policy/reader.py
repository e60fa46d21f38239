"""Reading a document for one line: which rule of a clause speaks, with a note on every rule that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from domain.inspection import Grade
from domain.money import half_up
from domain.order import Order, OrderLine
from domain.policy.calendar import Calendar, local_day
from domain.policy.document import Policy
from domain.policy.reasons import fault_of, group_of
from domain.policy.rule import CaseFacts, Rule, Told
from domain.request import Basis, RequestedLine

R = TypeVar("R", bound=Rule)

Favour = tuple[Any, ...]
"""Something to compare: the greatest speaks. It is the best for the shopper, of judgements the strictest."""


class Step(NamedTuple):
    """What became of one rule: its document, clause and number from 1 (0: the document itself), for which line and,
    where that was asked, grade. `outcome` is speaks, missed (with the condition), less_specific or less_favourable."""

    document: str
    line_id: str
    clause: str
    number: int
    outcome: str
    condition: str = ""
    grade: str = ""


@dataclass
class Reader:
    """One line of a request, and, where anybody asks for it, what became of every rule that was read for it."""

    order: Order
    line: OrderLine
    wanted: RequestedLine
    invoked: Basis | None
    policy: Policy
    calendar: Calendar
    now: datetime
    steps: list[Step] | None = None

    @cached_property
    def zone(self) -> str:
        """The time zone of the order's days."""
        return self.policy.zone(self.order.country)

    @cached_property
    def value(self) -> int:
        """What was paid for the units that come back, in minor units."""
        return half_up(self.order.paid_for(self.line) * self.wanted.quantity, self.line.quantity)

    @cached_property
    def unit(self) -> int:
        """What was paid for one of them."""
        return self.value // self.wanted.quantity

    @cached_property
    def facts(self) -> CaseFacts:
        """What rules ask about it."""
        order, line, reason = self.order, self.line, self.wanted.reason
        words = {
            "category": [line.category] if line.category else [],
            "tag": line.tags,
            "country": [order.country] if order.country else [],
            "region": [order.region] if order.region else [],
            "channel": [order.channel],
            "group": order.customer.groups,
            "reason": [reason.value, group_of(reason).value],
            "fault": [fault_of(reason).value],
            "exclusion": [one.value for one in line.exclusions],
            "buyer": [order.buyer.value],
            "not_told": [one.value for one in Told if one not in self.policy.told],
        }
        since = order.customer.since
        return CaseFacts.model_construct(
            words={name: frozenset(found) for name, found in words.items()},
            value=self.value,
            currency=order.currency,
            placed=local_day(order.placed_at, self.zone),
            account_days=(self.now - since).days if since else None,
            returns=order.customer.returns,
        )

    @cached_property
    def _graded(self) -> dict[Grade, CaseFacts]:
        return {grade: self.facts.graded(grade) for grade in Grade}

    def speaking(
        self, document: str, clause: str, rules: Sequence[R], favour: Callable[[R], Favour], grade: Grade | None = None
    ) -> R | None:
        """The rule that holds: of those whose conditions do, the one with the most; of several, the first by
        `favour`. None if none does. The order of the rules plays no part."""
        if not rules:
            return None
        facts = self._graded[grade] if grade else self.facts
        most, held, missed = -1, [], []
        for number, rule in enumerate(rules, 1):
            if condition := rule.when.missed(facts):
                missed.append((number, condition))
            else:
                held.append((number, rule))
                most = max(most, rule.when.count)
        best = [rule for _, rule in held if rule.when.count == most]
        if len(best) < 2:
            found = best[0] if best else None
        else:
            found = max(best, key=lambda one: (favour(one), one.model_dump_json()))
        if self.steps is not None:
            graded = grade or ""
            for number, condition in missed:
                self.note(document, clause, number, "missed", condition, graded)
            for number, rule in held:
                lost = "less_specific" if rule.when.count < most else "less_favourable"
                self.note(document, clause, number, "speaks" if rule is found else lost, "", graded)
        return found

    def note(self, document: str, clause: str, number: int, outcome: str, condition: str = "", grade: str = "") -> None:
        """Write down what became of a rule, where anybody asks for it."""
        if self.steps is not None:
            self.steps.append(Step(document, self.line.id, clause, number, outcome, condition, grade))
