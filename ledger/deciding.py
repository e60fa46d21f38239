"""Deciding on an order and recording it, though others may write on the same order meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import Stale, Unavailable
from ledger import JournalEntry, Ledger, NewEntry

_TRIES = 5
"""How often a decision is made anew because the order moved on while it was made."""


def decided(ledger: Ledger, order: str, decide: Callable[[], NewEntry]) -> JournalEntry:
    """Append what is decided; decide again from a new read while others write on the same order.

    Raises Unavailable if the order never rests, and what `decide` and `append` raise.
    """
    for _ in range(_TRIES):
        seen = ledger.last_seq(order)
        entry = decide()
        try:
            return ledger.append(entry, seen=seen)
        except Stale:
            continue
    raise Unavailable("The order changes faster than this decision can be made; it is tried again.")
