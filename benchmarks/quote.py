"""How fast a quote is computed, and what it takes in memory: python -m benchmarks.quote [SECONDS]

One measure is the plan alone, from an order and its history; the other also folds the history, as a quote does.
"""

from __future__ import annotations

import sys
import timeit
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from domain.history import history_of
from domain.order import Order, OrderLine, Shipping, TaxLine, Tender, TenderKind
from domain.plan import RefundPlan
from domain.planning import plan_refund
from domain.terms import Terms

SIZES = (1, 5, 10, 100)
UNITS = 3


def order_of(lines: int) -> Order:
    """An order of so many lines, three units of each, two rates, delivery, paid with a card and a gift card."""
    goods = tuple(
        OrderLine(
            id=f"l{number}",
            title="Stoneware mug, blue",
            quantity=UNITS,
            unit_price=1290 + number,
            order_discount=341,
            taxes=(TaxLine(name="VAT", rate="0.19", amount=500), TaxLine(name="VAT", rate="0.07", amount=40)),
        )
        for number in range(lines)
    )
    shipping = Shipping(price=495, taxes=(TaxLine(name="VAT", rate="0.19", amount=79),))
    total = sum(line.quantity * line.unit_price - line.order_discount for line in goods) + shipping.price
    return Order(
        id="1",
        number="#1",
        shop="demo",
        customer_id="c1",
        currency="EUR",
        placed_at=datetime(2026, 11, 2, tzinfo=UTC),
        prices_include_tax=True,
        lines=goods,
        shipping=shipping,
        tenders=(
            Tender(id="gift", kind=TenderKind.GIFT_CARD, captured=500),
            Tender(id="card", kind=TenderKind.CARD, captured=total - 500),
        ),
        total=total,
    )


def _quote(bought: Order, units: Mapping[str, int]) -> RefundPlan:
    return plan_refund(bought, history_of(bought), units, Terms())


def seconds_each(work: Callable[[], object], least: float) -> float:
    """The time of one call: the best of five rounds, which together take at least so many seconds."""
    timer = timeit.Timer(work)
    calls, took = 1, 0.0
    while took < least / 5:
        calls *= 2
        took = timer.timeit(calls)
    return min(timer.repeat(5, calls)) / calls


def peak(work: Callable[[], object]) -> int:
    """The most bytes that one call holds at a time."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main(seconds: float) -> None:
    """Print a row for each size of order; per line, so that growth beyond the lines would show."""
    sys.stdout.write("lines  plan us  per line  whole quote us  per line  quotes/s  peak KiB  per line\n")
    for lines in SIZES:
        bought = order_of(lines)
        units = {line.id: 2 for line in bought.lines}
        plan = partial(plan_refund, bought, history_of(bought), units, Terms())
        quote = partial(_quote, bought, units)
        alone, whole, most = seconds_each(plan, seconds), seconds_each(quote, seconds), peak(quote)
        sys.stdout.write(
            f"{lines:>5}  {alone * 1e6:>7.0f}  {alone * 1e6 / lines:>8.1f}  {whole * 1e6:>14.0f}"
            f"  {whole * 1e6 / lines:>8.1f}  {1 / whole:>8.0f}  {most / 1024:>8.0f}  {most / 1024 / lines:>8.1f}\n"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
