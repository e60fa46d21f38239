"""Whether the table of people says what the journal says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import ValidationError
from sqlalchemy import Connection, Text, select, type_coerce

from database.tables import journal, people
from domain.people import Person
from ledger import EntryKind


def people_faults(connection: Connection) -> Iterator[str]:
    """A sentence for each person of whom table and journal differ."""
    expected: dict[str, tuple[Person, int]] = {}
    facts = type_coerce(journal.c.facts, Text).label("facts")
    said = select(journal.c.seq, facts).where(journal.c.order_id == "", journal.c.kind == EntryKind.PERSON.value)
    for row in connection.execute(said.order_by(journal.c.seq)):
        try:
            person = Person.model_validate(json.loads(row.facts)["person"])
        except (ValueError, LookupError, TypeError):
            continue  # an entry that cannot be read is a fault already
        expected[person.id] = (person, row.seq)
    columns = [type_coerce(one, Text).label(one.name) if one.name == "limits" else one for one in people.c]
    for found in connection.execute(select(*columns).order_by(people.c.id)).mappings():
        right = expected.pop(found["id"], None)
        try:
            stands = Person.model_validate({**found, "limits": json.loads(found["limits"])})
        except (ValidationError, ValueError):
            stands = None
        if right is None:
            yield f"{found['id']} is among the people, but no entry of the journal says so"
        elif right != (stands, found["seq"]):
            yield f"what the table of people says of {found['id']} is not what entry {right[1]} of the journal says"
    yield from (f"{name} is missing among the people, whom entry {seq} names" for name, (_, seq) in expected.items())
