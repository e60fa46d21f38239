"""Many writers at once, and writers that die: what must hold, with counts, for the tests and for the long proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from database.engine import connect
from ledger import Ledger
from ledger.store import SqlLedger
from tests.ledger.child import sale, started


def refunds_at_once(url: str, *, times: int, processes: int, threads: int, cents: int, captured: int) -> list[str]:
    """So many times: an order of `captured`, and from every thread of every process a refund of `cents` at once.

    Returns what did not hold; exactly the refunds that fit must be done, and all others refused.
    """
    engine = connect(url)
    ledger, writers = SqlLedger(engine), processes * threads
    allowed = min(captured // cents, writers)
    expected = Counter({"done": allowed, "refused": writers - allowed})
    faults = []
    with started("refund", url, processes) as children:
        for order in (f"o{processes}-{threads}-{number}" for number in range(times)):
            ledger.append(sale(order, captured))
            answers = children.go(*(f"{order} {name} {cents} {threads}" for name in range(processes)))
            found = Counter(" ".join(answers).split())
            if found != +expected:
                faults.append(f"{order}: {dict(found)} instead of {dict(expected)}")
            faults.extend(_wrong(ledger, order, captured, allowed * cents))
    faults.extend(ledger.verify().faults)
    engine.dispose()
    return faults


def writers_killed(url: str, times: int) -> list[str]:
    """Kill so many writers inside their transactions; what was left half-written."""
    with started("die", url, 1) as children:
        return [answer for answer in children.go(str(times)) if answer != "right"]


def _wrong(ledger: Ledger, order: str, captured: int, reserved: int) -> Iterator[str]:
    for account in (f"paid:{order}", f"tender:{order}"):
        stands = ledger.balance(account, "USD")
        if (stands.posted, stands.pending_out) != (captured, reserved):
            yield f"{account} has {stands.posted} with {stands.pending_out} reserved, not {captured} with {reserved}"
