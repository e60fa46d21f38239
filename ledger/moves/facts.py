"""What happened without us: refunds made elsewhere, lost disputes, edited orders. Guards do not refuse facts.

A fact is written in full on its own side; what the order's accounts cannot give comes from its suspense, and what
becomes free later covers that first. The amounts on `paid` accounts are always those that the history gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from domain.history import History
from domain.order import Order
from domain.paid import paid_components
from ledger import UNITS, Transfer, accounts
from ledger.moves import matched, transfers

Free = Mapping[str, int]
"""What stands free on each of an order's `paid` accounts."""


def elsewhere(key: str, order: Order, money: Mapping[str, int], free: Free, after: History) -> tuple[Transfer, ...]:
    """Money that left the order's payments without us, by payment; below zero it came back, because such a refund
    failed or such a dispute was won after all. `after` is the history with what stands of it."""
    credits = Counter({accounts.tender(payment): amount for payment, amount in money.items()})
    return _balanced(key, order, credits, free, after)


def edited(key: str, old: Order, new: Order, free: Free, before: History, after: History) -> tuple[Transfer, ...]:
    """The shop changed an order: its payments, what was paid for its parts, and its units."""
    credits: Counter[str] = Counter()
    for order, sign in ((old, 1), (new, -1)):
        credits.update({accounts.tender(one.id): sign * one.captured for one in order.tenders})
    units: Counter[str] = Counter()
    for history, sign in ((before, -1), (after, 1)):
        units.update({accounts.with_customer(old.id, one): sign * line.open for one, line in history.lines.items()})
    units[accounts.sold(old.id)] = -sum(units.values())
    money = _balanced(key, new, credits, free, after)
    return (*money, *transfers(f"{key}/units", UNITS, matched(units)))


def aligned(key: str, order: Order, free: Free, after: History) -> tuple[Transfer, ...]:
    """Cents that change sides between the net and the taxes of a line, because a plan in between was withdrawn."""
    return _balanced(key, order, Counter(), free, after)


def cleared(key: str, order_id: str, currency: str, account: str, amount: int) -> tuple[Transfer, ...]:
    """Finance clears what is missing in suspense to `fees`, `goodwill` or a `receivable`; below zero, what is over."""
    return transfers(key, currency, matched({account: -amount, accounts.suspense(order_id): amount}))


def _balanced(key: str, order: Order, credits: Counter[str], free: Free, after: History) -> tuple[Transfer, ...]:
    """Every `paid` account to what the history has left on it; the rest comes from, or goes to, suspense."""
    for part in paid_components(order, after):
        credits[accounts.paid(order.id, part)] += part.amount
    credits.subtract(free)
    credits[accounts.suspense(order.id)] -= sum(credits.values())
    return transfers(key, order.currency, matched(credits))
