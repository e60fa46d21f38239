"""Deciding on an order and recording it, though others may write on the same order meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import Refused, Stale, Unavailable
from ledger import JournalEntry, Ledger, NewEntry

_TRIES = 5
"""How often a decision is made anew because others wrote while it was made."""


def decided(ledger: Ledger, order: str, decide: Callable[[], NewEntry | JournalEntry], key: str = "") -> JournalEntry:
    """Append what is decided; decide again from a new read while others write on the same order ("" for what belongs to
    none, as people do). An entry that is recorded already is an answer, too.

    Another attempt at this very step may have come first, and what it did reads like a no: so a Refused counts only
    where the order has rested and nothing is recorded under the step's `key`. Raises Unavailable if the order never
    rests, and else what `decide` and `append` raise.
    """
    for _ in range(_TRIES):
        seen = ledger.last_seq(order)
        try:
            entry = decide()
            return entry if isinstance(entry, JournalEntry) else ledger.append(entry, seen=seen)
        except Stale:
            continue
        except Refused:
            recorded = ledger.find(key) if key else None
            if recorded is not None:
                return recorded
            if ledger.last_seq(order) == seen:
                raise
    raise Unavailable(f"Others wrote in between {_TRIES} times while this was decided; try again.")
