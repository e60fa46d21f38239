"""The people who may act, as the journal says last."""

from __future__ import annotations

from sqlalchemy import Engine, RowMapping, select

from database.engine import reading, writing
from database.stores.put import put
from database.tables import people
from domain.people import Person


class SqlPeople:
    """People by id. `ledger.people` writes here what it has recorded."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, person: str) -> Person | None:
        """The person with this id; None if nobody is known by it."""
        with reading(self._engine) as connection:
            row = connection.execute(select(people).where(people.c.id == person)).mappings().first()
        return None if row is None else _person(row)

    def all(self) -> list[Person]:
        """Everybody, active or not, by id."""
        with reading(self._engine) as connection:
            return [_person(row) for row in connection.execute(select(people).order_by(people.c.id)).mappings()]

    def keep(self, person: Person, seq: int) -> None:
        """Store what entry `seq` of the journal says of a person, unless a later entry was stored before."""
        row = {**person.model_dump(mode="json"), "active": int(person.active), "seq": seq}
        stored = select(people.c.seq).where(people.c.id == person.id)
        with writing(self._engine) as connection:
            known = connection.execute(stored).scalar()
            # The same entry again puts right what was changed here by hand.
            if known is None or known <= seq:
                put(connection, people, row)


def _person(row: RowMapping) -> Person:
    return Person.model_validate(dict(row))
