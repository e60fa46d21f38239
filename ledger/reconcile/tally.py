"""The sums of a reconciliation, per currency: they close, because what differs stands under its own name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from domain.model import Model
from domain.provider import BalanceTransaction
from domain.refund import RefundStatus
from ledger.reconcile.facts import RefundFact
from ledger.reconcile.period import Period
from ledger.reconcile.stories import Story

CATEGORIES = ("refund", "refund_failure")
"""Movements that refunds make, by the provider's reporting category; their types differ with the payment method."""


class Sum(Model):
    """So many, and what they are worth in minor units."""

    count: int = 0
    amount: int = 0


class Difference(Model):
    """Why two sums differ: a kind of break, or `cut_off`, `outside`, `came_with_order`, `converted`."""

    why: str
    count: int
    amount: int


class CurrencySummary(Model):
    """One currency. In flight: `opening + submitted - settled - failed = closing`, by the journal. What went back in
    these days: `journal` and its differences make `provider`, that and its differences make `balance`."""

    currency: str
    opening: Sum = Sum()
    submitted: Sum = Sum()
    settled: Sum = Sum()
    failed: Sum = Sum()
    closing: Sum = Sum()
    reversed: Sum = Sum()
    elsewhere: Sum = Sum()
    by_hand: Sum = Sum()
    storefront: Sum = Sum()
    journal: int = 0
    provider: int = 0
    balance: int = 0
    journal_to_provider: tuple[Difference, ...] = ()
    provider_to_balance: tuple[Difference, ...] = ()


class CategorySum(Model):
    """What moved the provider's balance in these days, by its reporting category; below zero where money left."""

    category: str
    currency: str
    count: int
    amount: int
    fee: int
    net: int


Key = tuple[str, str]
"""A name and a currency."""


class Tally:
    """Adds up one refund after the other."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._counts: Counter[Key] = Counter()
        self._amounts: Counter[Key] = Counter()
        self._moved: dict[Key, list[int]] = {}

    def add(self, story: Story, why: str) -> bool:
        """Add one refund; `why` names its differences. Returns whether it has any."""
        period, own = self._period, (story.currency, story.amount)
        for name, counts in (
            ("opening", story.in_flight(period.since)),
            ("submitted", period.has(story.submitted_at)),
            ("settled", story.submitted_at is not None and story.settled and period.has(story.decided_at)),
            ("failed", story.submitted_at is not None and not story.settled and period.has(story.decided_at)),
            ("closing", story.in_flight(period.until)),
            ("reversed", period.has(story.reversed_at)),
            ("elsewhere", story.elsewhere and period.has(story.decided_at)),
        ):
            if counts:
                self._add(name, *own)
        journal, provider, balance = self._sides(story)
        for name, side in (("journal", journal), ("provider", provider), ("balance", balance)):
            for currency, amount in side.items():
                self._add(name, currency, amount)
        first = self._difference(f"journal>{why}", journal, provider)
        return self._difference(f"provider>{why}", provider, balance) or first

    def another_way(self, fact: RefundFact) -> None:
        """A refund that the provider of cards had no part in."""
        if self._period.has(fact.at):
            self._add(fact.what.value, fact.currency, fact.amount)

    def move(self, one: BalanceTransaction) -> None:
        """A movement of the balance, of whatever category."""
        if self._period.has(one.created_at):
            sums = self._moved.setdefault((one.category or "none", one.currency), [0, 0, 0, 0])
            for position, value in enumerate((1, one.amount, one.fee, one.net)):
                sums[position] += value

    def summaries(self) -> Iterator[CurrencySummary]:
        """Per currency."""
        plain = (
            "opening",
            "submitted",
            "settled",
            "failed",
            "closing",
            "reversed",
            "elsewhere",
            "by_hand",
            "storefront",
        )
        for currency in sorted({currency for _, currency in self._counts}):
            sums = {name: self._sum((name, currency)) for name in plain}
            totals = {name: self._amounts[name, currency] for name in ("journal", "provider", "balance")}
            differences = {
                "journal_to_provider": tuple(self._differences("journal>", currency)),
                "provider_to_balance": tuple(self._differences("provider>", currency)),
            }
            yield CurrencySummary.model_validate({"currency": currency, **sums, **totals, **differences})

    def categories(self) -> Iterator[CategorySum]:
        """Per category and currency."""
        for (category, currency), (count, amount, fee, net) in sorted(self._moved.items()):
            yield CategorySum(category=category, currency=currency, count=count, amount=amount, fee=fee, net=net)

    def _sides(self, story: Story) -> tuple[Counter[str], Counter[str], Counter[str]]:
        """What went back in these days by each side, by currency."""
        has = self._period.has
        journal: Counter[str] = Counter()
        if story.settled:
            journal[story.currency] += story.amount * (has(story.decided_at) - has(story.reversed_at))
        provider: Counter[str] = Counter()
        for one in story.refunds:
            if one.status is RefundStatus.SUCCEEDED and has(one.created_at):
                provider[one.currency] += one.amount
        balance: Counter[str] = Counter()
        for moved in story.moved:
            if has(moved.created_at):
                balance[moved.currency] -= moved.amount
        return journal, provider, balance

    def _difference(self, name: str, before: Counter[str], after: Counter[str]) -> bool:
        found = False
        for currency in before.keys() | after.keys():
            if amount := after[currency] - before[currency]:
                self._add(name, currency, amount)
                found = True
        return found

    def _differences(self, prefix: str, currency: str) -> Iterator[Difference]:
        for name, of in sorted(self._counts):
            if of == currency and name.startswith(prefix):
                why = name.removeprefix(prefix)
                yield Difference(why=why, count=self._counts[name, of], amount=self._amounts[name, of])

    def _add(self, name: str, currency: str, amount: int) -> None:
        self._counts[name, currency] += 1
        self._amounts[name, currency] += amount

    def _sum(self, key: Key) -> Sum:
        return Sum(count=self._counts[key], amount=self._amounts[key])
