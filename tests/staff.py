"""People in memory, where a test is not about how they are kept."""

from __future__ import annotations

from domain.people import Person, Role


class Staff:
    """A `People` of its own."""

    def __init__(self, **roles: Role) -> None:
        self.known = {name: Person(id=name, role=role) for name, role in roles.items()}

    def get(self, person: str) -> Person | None:
        return self.known.get(person)

    def all(self) -> list[Person]:
        return list(self.known.values())

    def keep(self, person: Person, seq: int = 0) -> None:
        self.known[person.id] = person
