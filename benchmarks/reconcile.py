"""How long a reconciliation takes and how much memory it needs: python -m benchmarks.reconcile [REFUNDS]

All three sides are made as they are read, so what is measured is the match alone; each in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import RefundStatus
from ledger.reconcile import Period, reconcile
from ledger.reconcile.facts import RefundFact, What

REFUNDS = 100_000
SINCE, DAYS = datetime(2026, 10, 1, tzinfo=UTC), timedelta(days=35)
PERIOD = Period(since=SINCE, until=SINCE + DAYS, now=SINCE + 3 * DAYS)
_ARN_AFTER = timedelta(days=2)


def facts(number: int) -> Iterator[RefundFact]:
    """Each refund is submitted and confirmed; its bank's reference comes two days later."""
    step, behind = DAYS / number, 0
    for at in range(number):
        while behind < at and step * (at - behind) >= _ARN_AFTER:
            yield RefundFact(what=What.TRACED, key=_key(behind), arn="749", at=SINCE + step * behind + _ARN_AFTER)
            behind += 1
        for what in (What.SUBMITTED, What.SETTLED):
            told = {"what": what, "key": _key(at), "refund": _id(what, at), "order": f"B-{at}", "at": _at(step, at)}
            yield RefundFact.model_validate({**_of(at), **told})
    for left in range(behind, number):
        yield RefundFact(what=What.TRACED, key=_key(left), arn="749", at=_at(step, left) + _ARN_AFTER)


def refunds(number: int) -> Iterator[ProviderRefund]:
    """The provider's."""
    for at in range(number):
        made = {"id": f"re_{at}", "status": RefundStatus.SUCCEEDED, "arn": "749", "shows_as": "refund"}
        yield ProviderRefund.model_validate({**_of(at), **made, "key": _key(at), "created_at": _at(DAYS / number, at)})


def movements(number: int) -> Iterator[BalanceTransaction]:
    """Its balance's."""
    for at in range(number):
        moved = {"id": f"txn_{at}", "category": "refund", "source": f"re_{at}", "amount": -1000, "net": -1000}
        yield BalanceTransaction.model_validate({**moved, "currency": "EUR", "created_at": _at(DAYS / number, at)})


def measure(number: int) -> None:
    """Print one row."""
    before, began = _megabytes(), time.perf_counter()
    found = reconcile(facts(number), refunds(number), movements(number), PERIOD)
    seconds = time.perf_counter() - began
    (summary,) = found.summaries
    if found.breaks or summary.journal != summary.balance or summary.settled.count != number:
        raise SystemExit("the benchmark's refunds do not agree")
    sys.stdout.write(
        f"{number:>9,} refunds {seconds:>7.1f} s {_megabytes() - before:>6.0f} MB more than at the start\n"
    )


def main(number: int) -> None:
    """Print a row for a tenth, and one for all."""
    for one in (number // 10, number):
        subprocess.run([sys.executable, "-m", "benchmarks.reconcile", str(one), "one"], check=True)


def _of(at: int) -> dict[str, object]:
    return {"case": f"R-{at}", "payment": f"pi_{at}", "amount": 1000, "currency": "EUR"}


def _key(at: int) -> str:
    return f"refund:R-{at}:1:pi_{at}:1"


def _id(what: What, at: int) -> str:
    return f"re_{at}" if what is What.SETTLED else ""


def _at(step: timedelta, at: int) -> datetime:
    return SINCE + step * at


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else REFUNDS
    measure(chosen) if sys.argv[2:] == ["one"] else main(chosen)
