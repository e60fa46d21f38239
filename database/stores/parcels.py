"""Which returns have goods in which parcels."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, insert, select

from database.engine import reading, writing
from database.tables import parcels
from domain.parcel import Tie


class SqlParcels:
    """Returns by the numbers of their parcels."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, tracking_number: str, case: str, at: datetime) -> None:
        """Tie a number to a return, besides others; the same again keeps its first time."""
        known = select(parcels).where(parcels.c.tracking_number == tracking_number, parcels.c.case_id == case)
        with writing(self._engine) as connection:
            if connection.execute(known).first() is None:
                row = {"tracking_number": tracking_number, "case_id": case, "at": at}
                connection.execute(insert(parcels).values(row))

    def ties(self, tracking_number: str) -> list[Tie]:
        """The returns with this number, newest first."""
        wanted = select(parcels.c.case_id, parcels.c.at).where(parcels.c.tracking_number == tracking_number)
        with reading(self._engine) as connection:
            found = connection.execute(wanted.order_by(parcels.c.at.desc(), parcels.c.case_id))
            return [Tie(case=case, at=at) for case, at in found]
