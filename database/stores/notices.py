"""The outbox: which mails were handed over, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, RowMapping, delete, insert, select, update

from database.engine import reading, writing
from database.tables import outbox
from domain.inbox import later
from domain.notice import NoticeState
from domain.stores import OutboxRow


class SqlOutbox:
    """Mails by our message key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, key: str, case: str, kind: str, now: datetime) -> OutboxRow | None:
        """Reserve a key: None if it is ours now, else the row that stood there already."""
        row = {"key": key, "case_id": case, "kind": kind, "state": None, "message_id": "", "reserved_at": now}
        with writing(self._engine) as connection:
            stands = connection.execute(select(outbox).where(outbox.c.key == key)).mappings().first()
            if stands is not None:
                return _row(stands)
            connection.execute(insert(outbox).values(row))
        return None

    def release(self, key: str) -> None:
        """Take a reservation back; what is finished stays."""
        with writing(self._engine) as connection:
            connection.execute(delete(outbox).where(outbox.c.key == key, outbox.c.state.is_(None)))

    def finish(self, key: str, state: NoticeState, message_id: str = "") -> None:
        """Record what became of a mail, unless the provider has told more already. Raises KeyError if it was never
        reserved."""
        with writing(self._engine) as connection:
            stands = connection.execute(select(outbox).where(outbox.c.key == key)).mappings().first()
            if stands is None:
                raise KeyError(f"mail {key} was never reserved")
            known = NoticeState(stands["state"]) if stands["state"] else None
            told = {"state": later(known, state).value, "message_id": message_id or stands["message_id"]}
            connection.execute(update(outbox).where(outbox.c.key == key).values(told))

    def of_case(self, case: str) -> list[OutboxRow]:
        """All mails of a return, oldest first."""
        statement = select(outbox).where(outbox.c.case_id == case).order_by(outbox.c.reserved_at, outbox.c.key)
        with reading(self._engine) as connection:
            return [_row(row) for row in connection.execute(statement).mappings()]


def _row(row: RowMapping) -> OutboxRow:
    return OutboxRow.model_validate({**row, "case": row["case_id"]})
