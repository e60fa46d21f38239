"""Whether the journal's end holds: its last entries, hashed anew. `verify` looks at everything, and takes its time."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from database.tables import journal
from ledger.hashing import START, entry_hash, written
from ledger.store import read

ENTRIES = 100


def fault(connection: Connection) -> str:
    """What is wrong with the last entries; empty if nothing is."""
    last = connection.execute(select(func.max(journal.c.seq))).scalar() or 0
    try:
        entries = read.page(connection, None, None, max(0, last - ENTRIES - 1))
    except ValueError:
        return f"one of the last {ENTRIES} entries cannot be read"
    previous = START
    for position, entry in enumerate(entries):
        # The first of them only lends its hash to the next, unless it is the very first.
        looked_at = position > 0 or entry.seq == 1
        if looked_at and entry_hash(previous, written(entry, entry.seq), entry.transfers) != entry.hash:
            return f"entry {entry.seq} ({entry.key}) is not what was recorded, or not in its place"
        previous = entry.hash
    return ""
