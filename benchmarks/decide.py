"""How fast a request of five lines is decided on under 10, 100 and 1000 rules: python -m benchmarks.decide [SECONDS]

The rules are spread over the clauses as a large shop would have them; the statutes of Germany stand beside them.
"""

from __future__ import annotations

import sys
import timeit
from datetime import UTC, datetime
from functools import partial

from activities.decisions.policy_file import load_statutes
from domain.order import Delivery, Order, OrderLine, Tender, TenderKind
from domain.policy import Policies, Policy, PublishedPolicy, decide
from domain.request import RequestedLine, ReturnRequest
from settings import ROOT

SIZES = (10, 100, 1000)
LINES = 5
MOMENT = datetime(2026, 11, 9, 12, tzinfo=UTC)


def policy_of(rules: int) -> Policy:
    """A policy with so many rules."""
    clauses: dict[str, list[dict[str, object]]] = {"window": [], "eligibility": [], "restocking": [], "judgement": []}
    for number in range(rules):
        when = {"category": [f"c{number}", f"d{number}"], "country": ["DE", "AT"], "tag": f"t{number % 7}"}
        match number % 4:
            case 0:
                clauses["window"].append({"days": 14 + number % 30, "when": when})
            case 1:
                clauses["eligibility"].append({"answer": "excluded", "when": when})
            case 2:
                clauses["restocking"].append({"percent": number % 50, "when": when})
            case _:
                clauses["judgement"].append({"verdict": "review", "when": {**when, "returns_from": 9}})
    return Policy.model_validate({"id": "large", "title": "Large", "window_days": 30, **clauses})


def order_of(lines: int) -> Order:
    """An order of so many lines, delivered three days ago."""
    goods = tuple(
        OrderLine(
            id=f"l{number}",
            title="Stoneware mug, blue",
            category=f"c{number}",
            tags=("t0", "t1"),
            quantity=2,
            unit_price=1290,
            deliveries=(Delivery(quantity=2, at=datetime(2026, 11, 6, 12, tzinfo=UTC)),),
        )
        for number in range(lines)
    )
    total = lines * 2580
    return Order(
        id="1",
        number="#1",
        shop="demo",
        customer_id="c1",
        currency="EUR",
        placed_at=datetime(2026, 11, 2, tzinfo=UTC),
        prices_include_tax=True,
        lines=goods,
        tenders=(Tender(id="card", kind=TenderKind.CARD, captured=total),),
        total=total,
        country="DE",
    )


def main(seconds: float) -> None:
    """Print a row for each number of rules; per rule, so that growth beyond them would show."""
    order = order_of(LINES)
    lines = tuple(RequestedLine(line_id=line.id, quantity=1) for line in order.lines)
    request = ReturnRequest(id="r1", order_id="1", lines=lines)
    returnable = {line.id: line.quantity for line in order.lines}
    statutes = load_statutes(ROOT / "policies" / "statutes")
    sys.stdout.write("rules  decision us  per rule us  decisions/s\n")
    for rules in SIZES:
        policy = PublishedPolicy(policy=policy_of(rules), version="a" * 64, effective_from=MOMENT)
        judges = Policies(policy=policy, statutes=statutes)
        timer = timeit.Timer(partial(decide, order, request, judges, returnable, policy.policy.calendar, MOMENT))
        calls, once = timer.autorange()
        # The best of as many rounds as fit into the time; what else the machine does only makes it longer.
        took = min(timer.repeat(max(3, int(seconds / once)), calls)) / calls
        sys.stdout.write(f"{rules:>5}  {took * 1e6:>11.0f}  {took * 1e6 / rules:>11.1f}  {1 / took:>11.0f}\n")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
