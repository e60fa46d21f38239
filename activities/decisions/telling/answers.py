"""What could come back of a basket, before it is bought, in a sentence for each line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from activities.decisions.telling import Locale, Words, joined
from activities.decisions.telling.periods import Asked, Period, Within
from domain.inspection import Grade
from domain.model import Model
from domain.order import Order, OrderLine
from domain.policy import LineDecision, Policies, Policy, Reason, Traced, Verdict
from domain.policy.goods import Answer
from domain.request import Basis, ReturnReason
from domain.resolution import Resolution


class LineAnswer(Model):
    """What could come back of a line by `until`, or `within` so long where the delivery has no day yet, and the
    sentence that says so.

    `statutes` are the laws that are open for it; `by_policy` whether the merchant takes it back by its own word;
    `against` every reason that speaks against it, with its citation."""

    line_id: str
    sku: str
    title: str
    quantity: int
    returnable: bool
    by_policy: bool
    verdict: Verdict
    until: date | None
    within: Within | None = None
    free: bool
    periods: tuple[Period, ...]
    statutes: tuple[str, ...]
    against: tuple[Reason, ...] = ()
    sentence: str


def answers(order: Order, policies: Policies, locale: Locale, at: datetime) -> list[LineAnswer]:
    """What holds for each line of an order that would be placed at a moment, for goods that are simply not wanted."""
    answering = _Answering(order, policies, Words(locale), at)
    return [answering.answer(line) for line in order.lines]


@dataclass(frozen=True)
class _Answering:
    sold: Order
    policies: Policies
    words: Words
    at: datetime

    @property
    def policy(self) -> Policy:
        return self.policies.policy.policy

    def answer(self, line: OrderLine) -> LineAnswer:
        asked = Asked(self.sold, line, self.policies, self.at)
        found = asked.traced(self.at)
        decided = found.decision.lines[0]
        periods = tuple(asked.periods()) if decided.verdict is not Verdict.DECLINE else ()
        by_policy = any(Basis.POLICY in one.bases for one in periods)
        said = self._told(periods) if by_policy else self._refused(found, decided, periods)
        faulty = asked.traced(self.at, ReturnReason.DEFECTIVE).decision.lines[0]
        last = periods[-1] if periods else None
        return LineAnswer(
            line_id=line.id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            returnable=bool(periods),
            by_policy=by_policy,
            verdict=decided.verdict,
            until=last.until if last else None,
            within=last.within if last else None,
            free=all(one.free for one in periods) and bool(periods),
            periods=periods,
            statutes=decided.statutes,
            against=tuple(one for one in decided.reasons if one.verdict is Verdict.DECLINE),
            sentence=" ".join(filter(None, (joined(said), self._if_faulty(faulty)))),
        )

    def _told(self, periods: tuple[Period, ...]) -> list[str]:
        words, last = self.words, periods[-1]
        until = words.say("line_until", self._limit(last)) if self._limit(last) else words.say("line_reasonable")
        choice = ""
        if periods[0].resolutions != (Resolution.REFUND,):
            choice = words.say("line_choice", periods[0].resolutions)
        return [*self._costs(until, periods), choice, words.say("line_review") if _seen_alike(periods) else ""]

    def _costs(self, until: str, periods: tuple[Period, ...]) -> list[str]:
        """What it costs up to each day on which that changes, after the words on the last."""
        words, some = self.words, not _seen_alike(periods)
        costs = [self._cost(one, some) for one in periods]
        steps = [(one, cost) for one, cost, then in zip(periods, costs, costs[1:], strict=False) if cost != then]
        if not steps:
            return [f"{until}, {costs[-1]}"]
        told = [words.say("line_step", self._limit(one), cost) for one, cost in steps]
        return [until, *told, words.say("line_then", costs[-1])]

    def _limit(self, period: Period) -> str:
        if period.within is not None:
            return self.words.say("line_within", period.within)
        return self.words.say("line_day", period.until) if period.until else ""

    def _refused(self, found: Traced, decided: LineDecision, periods: tuple[Period, ...]) -> list[str]:
        words = self.words
        said = [words.say("line_refused", self._why(found))]
        if periods:
            known = {one.ref: one.statute for one in self.policies.statutes}
            titles = [words.text(known[ref].title) for ref in decided.statutes]
            laws = ", ".join(f"{title[:1].lower()}{title[1:]}" for title in titles)
            said += self._costs(words.say("line_law", laws, self._limit(periods[-1])), periods)
        return [*said, words.say("line_review") if periods and _seen_alike(periods) else ""]

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

    def _cost(self, period: Period, some_seen: bool) -> str:
        """What it costs; `some_seen` where a person looks at it in one period and not in another."""
        words, currency = self.words, self.sold.currency

        def share(amount: int, percent: str) -> str:
            return words.say("percent", percent) if percent and amount else words.say("money", amount, currency)

        used: dict[str, list[Grade]] = {}
        for grade, amount in period.kept_per_unit.items():
            if amount != period.kept_per_unit[Grade.A]:
                used.setdefault(share(amount, period.kept_percent.get(grade, "")), []).append(grade)
        as_new = period.kept_per_unit[Grade.A]
        cost = words.say(
            "line_costs",
            words.say("money", period.label_fee, currency) if period.label_fee else "",
            share(as_new, period.kept_percent.get(Grade.A, "")) if as_new else "",
            list(used.items()),
            period.condition,
        )
        return words.say("line_cost_review", cost) if some_seen and period.verdict is Verdict.REVIEW else cost

    def _if_faulty(self, decided: LineDecision) -> str:
        """What law and warranty give besides for goods that are not as sold."""
        if decided.terms is None or not {Basis.NON_CONFORMITY, Basis.WARRANTY} & set(decided.open):
            return ""
        return self.words.say("line_faulty", decided.terms.resolutions)


def _seen_alike(periods: tuple[Period, ...]) -> bool:
    """Whether a person looks at it whenever it comes back."""
    return all(one.verdict is Verdict.REVIEW for one in periods)
