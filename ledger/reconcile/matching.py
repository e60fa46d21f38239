"""Brings journal, refunds and balance together, refund by refund, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from domain import ids
from domain.model import Model, UtcDatetime
from domain.provider import BalanceTransaction, ProviderRefund
from ledger.reconcile.breaks import Break
from ledger.reconcile.facts import RefundFact, What
from ledger.reconcile.judge import breaks_of, converted, waits
from ledger.reconcile.period import Period
from ledger.reconcile.stories import Story
from ledger.reconcile.tally import CATEGORIES, Tally


class Opened(NamedTuple):
    """The order of a payment, since when the journal has it, and what had gone back of the payment before."""

    order: str
    at: UtcDatetime
    refunded: int


LookUp = Callable[[str], ProviderRefund | None]
"""A refund by the provider's id of it; None if there is none."""
OrdersOf = Callable[[Collection[str]], Mapping[str, Opened]]
"""The orders of payments; of a payment that no known order has, nothing."""


class Waiting(Model):
    """A refund that is not on every side yet, or not in the same days on every side, and no break."""

    at: UtcDatetime
    case: str
    order: str
    key: str
    refund: str
    currency: str
    amount: int
    why: str


class Outside(Model):
    """A refund at the provider that the journal is not about: no known order has its payment, or the order came with
    it."""

    at: UtcDatetime
    refund: str
    payment: str
    order: str = ""
    currency: str
    amount: int
    why: str


class Matching:
    """Holds what is not whole yet; what is, is added up and forgotten but for a number that tells it came."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._stories: dict[str, Story] = {}
        self._of_refund: dict[str, Story] = {}
        self._loose: dict[str, list[BalanceTransaction]] = {}
        self._done: set[int] = set()
        self.tally = Tally(period)
        self.breaks: list[Break] = []
        self.waiting: list[Waiting] = []
        self.outside: list[Outside] = []

    def fact(self, fact: RefundFact) -> None:
        """An entry of the journal."""
        if fact.what in (What.BY_HAND, What.STOREFRONT):
            self.tally.another_way(fact)
        elif fact.what is not What.TRACED or fact.key in self._stories:
            story = self._story(fact.key)
            story.learn(fact)
            if story.refund:
                self._link(story.refund, story)
            self._let_go(story)

    def refund(self, made: ProviderRefund) -> None:
        """A refund at the provider: ours by its key, else one made elsewhere by its id."""
        story = self._story(made.key or ids.elsewhere_key(made.id))
        story.refunds.append(made)
        self._link(made.id, story)
        self._let_go(story)

    def movement(self, moved: BalanceTransaction) -> None:
        """A movement of the balance."""
        self.tally.move(moved)
        if moved.category not in CATEGORIES:
            return
        if story := self._of_refund.get(moved.source):
            story.moved.append(moved)
            self._let_go(story)
        elif hash(moved.source) in self._done:
            self._story(moved.source).moved.append(moved)
        else:
            self._loose.setdefault(moved.source, []).append(moved)

    def finish(self, look_up: LookUp, orders_of: OrdersOf) -> None:
        """Everything was read: judge what is left."""
        for source, moved in self._loose.items():
            self._stories[source] = Story(source, alone=True, moved=moved)
        self._enter_lost_ones()
        left = [one for one in self._stories.values() if one.touches(self._period)]
        for story in left:
            self._look_up(story, look_up)
        unbooked = [one.made for one in left if one.made is not None and not one.booked]
        orders = orders_of({name for made in unbooked for name in (made.payment, made.charge) if name})
        spent: dict[str, int] = {}
        for story in sorted(left, key=lambda one: one.began):
            self._close(story, orders, spent)

    def _story(self, key: str) -> Story:
        if key not in self._stories:
            self._stories[key] = Story(key, resumed=hash(key) in self._done)
        return self._stories[key]

    def _link(self, refund: str, story: Story) -> None:
        self._of_refund[refund] = story
        story.moved += self._loose.pop(refund, ())

    def _let_go(self, story: Story) -> None:
        """Forget what can be judged already, and what ended long before these days."""
        ended = story.decided_at is not None and story.decided_at < self._period.read_since
        old = ended and story.reversed_at is None and not story.refunds and not story.moved
        if not story.whole and not old:
            return
        if story.whole:
            self._add(story, "cut_off")
            self._done |= {hash(story.key), *(hash(one.id) for one in story.refunds)}
        del self._stories[story.key]
        for refund in {story.refund, *(one.id for one in story.refunds)}:
            self._of_refund.pop(refund, None)

    def _enter_lost_ones(self) -> None:
        """A refund of ours that the journal had lost, and finance entered as made elsewhere, is in the books."""
        for story in [one for one in self._stories.values() if one.refunds and not one.booked and not one.resumed]:
            entered = self._stories.get(ids.elsewhere_key(story.refunds[0].id))
            if entered is not None and entered.booked and not entered.refunds and len(story.refunds) == 1:
                entered.refunds, entered.moved = story.refunds, story.moved
                del self._stories[story.key]

    def _look_up(self, story: Story, look_up: LookUp) -> None:
        """What the journal names and the provider's list has not may be older than what was read."""
        if story.booked and not story.refunds and not story.resumed and story.refund:
            found = look_up(story.refund)
            if found is not None and story.key == (found.key or ids.elsewhere_key(found.id)):
                story.refunds.append(found)

    def _close(self, story: Story, orders: Mapping[str, Opened], spent: dict[str, int]) -> None:
        made, stranger = story.made, _stranger(story)
        asked = made if not story.booked else None
        opened = (orders.get(asked.payment) or orders.get(asked.charge)) if asked is not None else None
        story.order = opened.order if opened else story.order
        if stranger is not None and (why := _not_ours(stranger, opened, spent)):
            self.outside.append(_outside(stranger, story.order, why))
            self.tally.add(story, why)
            return
        found = list(breaks_of(story, self._period)) if story.booked or _stands(story) else []
        # Of a movement alone, or of a refund whose days are others, only the days count that were asked for.
        found = [one for one in found if not story.alone or self._period.has(one.at)]
        self.breaks += found
        self._add(story, found[0].kind if found else "converted" if converted(story) else "cut_off")

    def _add(self, story: Story, why: str) -> None:
        differs, told = self.tally.add(story, why), waits(story, self._period)
        if why == "cut_off" and (differs or told):
            self.waiting.append(_waiting(story, told or "in these days on one side only"))


def _stranger(story: Story) -> ProviderRefund | None:
    """A refund that carries no key of ours, and that the journal does not have."""
    made = story.made
    return made if made is not None and not story.booked and not story.resumed and not made.key else None


def _stands(story: Story) -> bool:
    """Whether something is to be told of what the journal does not have: money, or a key of ours."""
    return bool(story.alone or story.resumed or story.standing or any(one.key for one in story.refunds))


def _not_ours(made: ProviderRefund, opened: Opened | None, spent: dict[str, int]) -> str:
    """Why a refund is not a matter of the journal; empty if it is. What came with an order is spent once."""
    if opened is None:
        return "outside"
    before = spent.get(made.payment, 0) + made.amount
    if made.created_at < opened.at and before <= opened.refunded:
        spent[made.payment] = before
        return "came_with_order"
    return ""


def _waiting(story: Story, why: str) -> Waiting:
    made = story.made
    return Waiting(
        at=story.began,
        case=story.case,
        order=story.order,
        key=story.key,
        refund=made.id if made else story.refund,
        currency=story.currency or (made.currency if made else ""),
        amount=story.amount or (made.amount if made else 0),
        why=why,
    )


def _outside(made: ProviderRefund, order: str, why: str) -> Outside:
    return Outside(
        at=made.created_at,
        refund=made.id,
        payment=made.payment,
        order=order,
        currency=made.currency,
        amount=made.amount,
        why=why,
    )
