"""The deployment that the commands speak to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiring import Rooms


def check_known(rooms: Rooms, case: str) -> None:
    """Raises Refused for a return that the journal does not know."""
    from domain.errors import Refused

    if not case or next(iter(rooms.ledger.entries(case=case)), None) is None:
        raise Refused("not_found", f"The journal has no return {case}. See which there are: `python starter.py list`")


def open_rooms() -> Rooms:
    """Its rooms, by the settings. Imported late: help must not wait for the database and every vendor's library."""
    from settings import Settings
    from wiring import rooms

    return rooms(Settings.load())
