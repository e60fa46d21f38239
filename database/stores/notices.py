"""The outbox: which mails were handed over, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, RowMapping, func, insert, or_, select, update

from database.engine import reading, writing
from database.tables import outbox
from domain.backlog import Backlog
from domain.inbox import later
from domain.notice import NoticeState
from domain.stores import OutboxRow

_LEFT = (NoticeState.OWED, NoticeState.UNKNOWN)
"""States in which a mail does not stay."""


class SqlOutbox:
    """Mails by our message key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, key: str, case: str, kind: str, now: datetime) -> OutboxRow | None:
        """Reserve a key that is new or owed: None if it is ours now, else the row that stands there."""
        row = {"key": key, "case_id": case, "kind": kind, "state": None, "message_id": "", "reserved_at": now}
        owed = update(outbox).where(outbox.c.key == key, outbox.c.state == NoticeState.OWED.value)
        with writing(self._engine) as connection:
            stands = connection.execute(select(outbox).where(outbox.c.key == key)).mappings().first()
            if stands is None:
                connection.execute(insert(outbox).values(row))
            elif not connection.execute(owed.values(state=None, why=None)).rowcount:
                return _row(stands)
        return None

    def release(self, key: str, why: str = "") -> None:
        """Owe a reserved mail again; what is finished stays."""
        self._change(outbox.c.key == key, outbox.c.state.is_(None), state=NoticeState.OWED.value, why=why)

    def finish(self, key: str, state: NoticeState, message_id: str = "", why: str = "") -> None:
        """Record what became of a mail, unless the provider has told more already. Raises KeyError if it was never
        reserved."""
        with writing(self._engine) as connection:
            stands = connection.execute(select(outbox).where(outbox.c.key == key)).mappings().first()
            if stands is None:
                raise KeyError(f"mail {key} was never reserved")
            known = NoticeState(stands["state"]) if stands["state"] else None
            holds = later(known, state)
            told = {"state": holds.value, "message_id": message_id or stands["message_id"]}
            if holds is state:
                # What stands beside a mail that went out is about how it looked, whatever becomes of it.
                told["why"] = why or (stands["why"] or "" if known is NoticeState.SENT else "")
            connection.execute(update(outbox).where(outbox.c.key == key).values(told))

    def take_again(self, key: str, now: datetime) -> bool:
        """Whether the one resending of a mail of unknown outcome is ours now."""
        unknown = outbox.c.state == NoticeState.UNKNOWN.value
        return self._change(outbox.c.key == key, unknown, outbox.c.resent_at.is_(None), resent_at=now)

    def give_back(self, key: str, why: str = "") -> None:
        """The provider certainly did not take the resending: the next attempt may."""
        self._change(outbox.c.key == key, resent_at=None, why=why)

    def get(self, key: str) -> OutboxRow | None:
        """One mail."""
        with reading(self._engine) as connection:
            row = connection.execute(select(outbox).where(outbox.c.key == key)).mappings().first()
            return _row(row) if row else None

    def of_case(self, case: str) -> list[OutboxRow]:
        """All mails of a return, oldest first."""
        statement = select(outbox).where(outbox.c.case_id == case).order_by(outbox.c.reserved_at, outbox.c.key)
        with reading(self._engine) as connection:
            return [_row(row) for row in connection.execute(statement).mappings()]

    def listed(self, states: Sequence[NoticeState | None], limit: int) -> list[OutboxRow]:
        """The newest mails in these states."""
        wanted = outbox.c.state.in_([one.value for one in states if one])
        where = or_(wanted, outbox.c.state.is_(None)) if None in states else wanted
        statement = select(outbox).where(where).order_by(outbox.c.reserved_at.desc(), outbox.c.key).limit(limit)
        with reading(self._engine) as connection:
            return [_row(row) for row in connection.execute(statement).mappings()]

    def backlog(self) -> dict[NoticeState | None, Backlog]:
        """What is reserved, owed or of unknown outcome."""
        left = or_(outbox.c.state.is_(None), outbox.c.state.in_([one.value for one in _LEFT]))
        counted = select(outbox.c.state, func.count(), func.min(outbox.c.reserved_at))
        with reading(self._engine) as connection:
            rows = connection.execute(counted.where(left).group_by(outbox.c.state)).all()
        return {NoticeState(name) if name else None: Backlog(count=count, oldest=old) for name, count, old in rows}

    def _change(self, *where: ColumnElement[bool], **values: object) -> bool:
        with writing(self._engine) as connection:
            return bool(connection.execute(update(outbox).where(*where).values(values)).rowcount)


def _row(row: RowMapping) -> OutboxRow:
    return OutboxRow.model_validate({**row, "case": row["case_id"], "why": row["why"] or ""})
