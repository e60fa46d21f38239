"""Whose parcel a tracking number is."""

from __future__ import annotations

from sqlalchemy import Engine, select

from database.engine import reading, writing
from database.stores.put import put
from database.tables import parcels


class SqlParcels:
    """Returns by the numbers of their parcels."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, tracking_number: str, case: str) -> None:
        """Store whose number it is; the newest return has it."""
        with writing(self._engine) as connection:
            put(connection, parcels, {"tracking_number": tracking_number, "case_id": case})

    def case_of(self, tracking_number: str) -> str | None:
        """The return with this number; None if we have no such label."""
        wanted = select(parcels.c.case_id).where(parcels.c.tracking_number == tracking_number)
        with reading(self._engine) as connection:
            found: str | None = connection.execute(wanted).scalar()
        return found
