"""Deciding on an order and recording it, though others may write on the same order meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import Refused, Stale, Unavailable
from ledger import JournalEntry, Ledger, NewEntry

_TRIES = 5
"""How often a decision is made anew because others wrote while it was made."""


def decided(ledger: Ledger, order: str, decide: Callable[[], NewEntry | JournalEntry], key: str = "") -> JournalEntry:
    """Append what is decided; decide again from a new read while others write on the same order ("" for what belongs to
    none, as people do). What is recorded under the step's `key` already is the answer, as is an entry that `decide`
    finds.

    Another attempt at this very step may come first, and what it does reads like a no: so a Refused counts only where
    the order has rested. Raises Unavailable if it never rests, and else what `decide` and `append` raise.
    """
    for _ in range(_TRIES):
        seen = ledger.last_seq(order)
        recorded = ledger.find(key) if key else None  # after `seen`: whatever is recorded later moves the order
        if recorded is not None:
            return recorded
        try:
            entry = decide()
            return entry if isinstance(entry, JournalEntry) else ledger.append(entry, seen=seen)
        except Stale:
            continue
        except Refused:
            if ledger.last_seq(order) == seen:
                raise
    raise Unavailable(f"Others wrote in between {_TRIES} times while this was decided; try again.")
