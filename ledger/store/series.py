"""The numbers of credit notes: one series per shop, without gaps, given inside the transaction of the entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, bindparam, func, insert, select

from database.tables import journal, numbers
from ledger import NUMBERED, NewEntry
from ledger.hashing import Written
from ledger.store import read

_INSERT = insert(numbers)
_NEWEST = select(func.coalesce(func.max(numbers.c.number), 0)).where(numbers.c.series == bindparam("of"))
_NAMED = f'"{NUMBERED}"'

Taken = dict[int, tuple[str, int]]
"""Series and number, by the seq of the entry that took it."""


def with_number(connection: Connection, entry: NewEntry) -> NewEntry:
    """The entry with the next number of its series among its facts; it needs the journal's lock."""
    if not entry.series:
        return entry
    newest = connection.execute(_NEWEST, {"of": entry.series}).scalar_one()
    given = {"series": entry.series, "number": int(newest) + 1}
    return entry.model_copy(update={"facts": {**entry.facts, NUMBERED: {**entry.facts[NUMBERED], **given}}})


def take(connection: Connection, seq: int, facts: Mapping[str, object]) -> None:
    """Write down the number that the entry just recorded has taken, if it has one."""
    if (number := _told(facts)) is not None:
        connection.execute(_INSERT, {"series": number[0], "number": number[1], "seq": seq})


def seqs(connection: Connection, series: str | None, number: int | None, after: int) -> list[int]:
    """Entries that took a number, after a seq; of one series, or with one number, if named. At most a page of them."""
    statement = select(numbers.c.seq).where(numbers.c.seq > after).order_by(numbers.c.seq).limit(read.PAGE)
    if series is not None:
        statement = statement.where(numbers.c.series == series)
    if number is not None:
        statement = statement.where(numbers.c.number == number)
    return list(connection.execute(statement).scalars())


def taken(connection: Connection, first: int, last: int) -> Taken:
    """The numbers that these entries took, by the table."""
    rows = connection.execute(select(numbers).where(numbers.c.seq.between(first, last)))
    return {row.seq: (row.series, row.number) for row in rows}


def faults(last: dict[str, int], row: Written, by_table: tuple[str, int] | None) -> Iterator[str]:
    """What is wrong with the number of one entry, given the `last` one of each series, which is brought forward."""
    try:
        if by_table is None and _NAMED not in row.facts:
            return  # like most; a name in another spelling is no canonical text, a fault already
        number = _told(json.loads(row.facts))
    except (ValueError, LookupError, TypeError):
        number = by_table  # an entry that cannot be read is a fault already
    given = number or by_table
    if given is None:
        return
    name, (series, place) = f"entry {row.seq} ({row.key})", given
    stood = last.get(series, 0)
    last[series] = place
    if number != by_table:
        yield f"{name} has taken {_words(number)}, but the table of numbers says {_words(by_table)}"
        last[series] = stood + 1  # so that those that follow do not look wrong
    elif place != stood + 1:
        yield f"{name} is credit note {place} of the series {series}, which stood at {stood}"


def unclaimed(connection: Connection) -> Iterator[str]:
    """Numbers of no entry at all."""
    gone = numbers.outerjoin(journal, journal.c.seq == numbers.c.seq)
    statement = select(numbers).select_from(gone).where(journal.c.seq.is_(None)).order_by(numbers.c.seq)
    for row in connection.execute(statement):
        yield f"number {row.number} of the series {row.series} belongs to no entry of the journal"


def _told(facts: object) -> tuple[str, int] | None:
    """The number that an entry's facts tell. Raises LookupError, TypeError or ValueError where they make no sense."""
    if not isinstance(facts, Mapping):
        raise TypeError("the facts are no object")
    if NUMBERED not in facts:
        return None
    note = facts[NUMBERED]
    return str(note["series"]), int(note["number"])


def _words(number: tuple[str, int] | None) -> str:
    return f"number {number[1]} of the series {number[0]}" if number else "no number"
