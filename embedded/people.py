"""The people of the embedded shop, so that every command of the documentation has somebody to say it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from domain.people import Person, Role
from ledger.people import change, everybody
from ledger.signing import load_key, new_key, public_key
from wiring import Rooms

ADMIN = "ada"
PEOPLE = {
    ADMIN: (Role.ADMIN, 1_000_000),
    "ann": (Role.WAREHOUSE, 0),
    "ben": (Role.WAREHOUSE, 0),
    "olga": (Role.OPS, 0),
    "fay": (Role.FINANCE, 100_000),
    "shop": (Role.SERVICE, 0),
}
"""Id, role, and the limit for approvals in cents, of euros and dollars; the first one adds the others."""


def hire(rooms: Rooms, keys: Path) -> None:
    """Add them where nobody is yet; the private keys of those who approve are put into the folder `keys`."""
    if everybody(rooms.ledger):
        return
    for name, (role, limit) in PEOPLE.items():
        limits = {"EUR": limit, "USD": limit} if limit else {}
        person = Person(id=name, role=role, limits=limits, public_key=_key(keys / f"{name}.pem") if limit else "")
        change(rooms.ledger, rooms.stores.people, person, ADMIN, datetime.now(UTC))


def _key(file: Path) -> str:
    return public_key(load_key(file)) if file.exists() else new_key(file)
