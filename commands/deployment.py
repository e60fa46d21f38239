"""The deployment that the commands speak to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiring import Rooms


def open_rooms() -> Rooms:
    """Its rooms, by the settings. Imported late: help must not wait for the database and every vendor's library."""
    from settings import Settings
    from wiring import rooms

    return rooms(Settings.load())
