"""Whether units are conserved: what was sold of a line is with the customer, coming back, put away, or kept. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger import UNITS, TransferKind
from ledger.hashing import Moved

_CAME_FROM = ("sold", "found", "sending")
"""Kinds of account that units of a line come from: the sale, nobody's order, and what was sent for an exchange."""
_ARE = {
    "with_customer": "with the customer",
    "returning": "waiting to be put away",
    "stock": "put away",
    "kept": "kept by the customer",
}
"""Where they are then."""
_POSTED = (TransferKind.SINGLE, TransferKind.POST)


class Line(NamedTuple):
    """A line of an order."""

    order: str
    line: str


class Conservation:
    """Counts the units of every line by where they are. Its memory grows with lines and returns, not with entries."""

    def __init__(self) -> None:
        self._order_of: dict[str, str] = {}
        self._counted: dict[Line, Counter[str]] = defaultdict(Counter)

    def add(self, order: str, case: str, moved: Iterable[Moved]) -> None:
        """The transfers of one entry, with the order and the return that it is about."""
        if case:
            self._order_of.setdefault(case, order)
        for one in moved:
            if one.commodity == UNITS and one.kind in _POSTED:
                self._move(one.debit, one.credit, one.amount)

    def _move(self, debit: str, credit: str, amount: int) -> None:
        out_of, into = self._line(debit), self._line(credit)
        giver, taker = out_of or into, into or out_of
        if giver is None or taker is None:  # within the stock
            return
        gone, come = _kind(debit), _kind(credit)
        if giver != taker and giver.order == taker.order and gone == come == "with_customer":
            # An edited order: it was sold as the one, and is sold as the other now.
            self._counted[giver]["sold"] += amount
            self._counted[taker]["sold"] -= amount
        self._counted[giver][gone] -= amount
        self._counted[taker][come] += amount

    def _line(self, account: str) -> Line | None:
        """Whose units an account holds; None where it holds those of many lines."""
        kind, _, rest = account.partition(":")
        whose, _, line = rest.partition(":")
        if kind == "with_customer":
            return Line(whose, line)
        return Line(self._order_of.get(whose, "-"), line) if kind == "returning" else None

    def faults(self) -> Iterator[str]:
        """Lines of which units appeared or vanished."""
        for line, counted in sorted(self._counted.items()):
            came = -sum(counted[kind] for kind in _CAME_FROM)
            if came != sum(counted[kind] for kind in _ARE):
                are = ", ".join(f"{counted[kind]} {words}" for kind, words in _ARE.items())
                yield f"units of line {line.line} of order {line.order} are not conserved: {came} were sold, but {are}"


def _kind(account: str) -> str:
    return account.partition(":")[0]
