"""Events on their way out: which wait for whom, and how far everybody is in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from database.engine import reading, writing
from database.tables import endpoints, journal, outgoing
from domain.event import EndpointState, OutgoingRow

_AT_ONCE = 50
"""Events of one subject that go together."""
_EARLIER = outgoing.alias("earlier")
_IS_FIRST = ~exists().where(
    _EARLIER.c.endpoint == outgoing.c.endpoint,
    _EARLIER.c.subject == outgoing.c.subject,
    or_(_EARLIER.c.seq < outgoing.c.seq, and_(_EARLIER.c.seq == outgoing.c.seq, _EARLIER.c.part < outgoing.c.part)),
)
_NEWEST = select(func.coalesce(func.max(journal.c.seq), 0))


class SqlOutgoing:
    """Rows by endpoint, subject and place in the journal."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def place(self, endpoint: str) -> int:
        """The last entry that was looked at for an endpoint; a new one begins at the newest there is."""
        wanted = select(endpoints.c.seq).where(endpoints.c.name == endpoint)
        with reading(self._engine) as connection:
            found: int | None = connection.execute(wanted).scalar()
        if found is not None:
            return found
        with writing(self._engine) as connection:
            found = connection.execute(wanted).scalar()
            if found is None:
                found = int(connection.execute(_NEWEST).scalar_one())
                connection.execute(insert(endpoints).values(name=endpoint, seq=found, delivered=0, delivered_at=None))
        return found

    def newest(self) -> int:
        """The seq of the journal's newest entry; 0 if it is empty."""
        with reading(self._engine) as connection:
            return int(connection.execute(_NEWEST).scalar_one())

    def queue(self, endpoint: str, seen: int, upto: int, rows: Sequence[OutgoingRow], now: datetime) -> None:
        """Have rows wait and move the place from `seen` to `upto`; nothing if its place is another by now."""
        moved = update(endpoints).where(endpoints.c.name == endpoint, endpoints.c.seq == seen).values(seq=upto)
        with writing(self._engine) as connection:
            if connection.execute(moved).rowcount:
                _add(connection, endpoint, rows, now)

    def again(self, endpoint: str, rows: Sequence[OutgoingRow], now: datetime) -> int:
        """Have rows wait once more, and return how many did not wait already."""
        with writing(self._engine) as connection:
            new = [
                one
                for one in rows
                if connection.execute(select(outgoing.c.id).where(*_at(endpoint, one))).first() is None
            ]
            _add(connection, endpoint, new, now)
        return len(new)

    def take(self, endpoint: str, now: datetime, limit: int, until: datetime) -> list[OutgoingRow]:
        """What waits about so many subjects whose time has come, in order; the first of each is put off until `until`,
        with this attempt counted, and holds the others back."""
        ready = (outgoing.c.endpoint == endpoint, outgoing.c.next_try <= now, _IS_FIRST)
        due = select(outgoing.c.subject).where(*ready).order_by(outgoing.c.next_try, outgoing.c.seq).limit(limit)
        # Mostly nothing is due, and whoever only looks needs no turn among the writers.
        with reading(self._engine) as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        taken: list[OutgoingRow] = []
        with writing(self._engine) as connection:
            for subject in connection.execute(due).scalars().all():
                first, *others = _waiting(connection, endpoint, subject, _AT_ONCE)
                counted = first.model_copy(update={"attempts": first.attempts + 1})
                put_off = {"next_try": until, "attempts": counted.attempts}
                connection.execute(update(outgoing).where(*_at(endpoint, first)).values(put_off))
                taken += [counted, *others]
        return taken

    def record(
        self,
        endpoint: str,
        delivered: Sequence[OutgoingRow],
        failed: Sequence[tuple[OutgoingRow, datetime, str]],
        now: datetime,
    ) -> None:
        """What became of some that were taken."""
        with writing(self._engine) as connection:
            gone = sum(connection.execute(delete(outgoing).where(*_at(endpoint, one))).rowcount for one in delivered)
            for subject in dict.fromkeys(one.subject for one in delivered):
                _let_first_go(connection, endpoint, subject, now)
            for one, until, error in failed:
                # Whoever took it later knows better.
                ours = (*_at(endpoint, one), outgoing.c.attempts == one.attempts)
                told = {"next_try": until, "error": error, "attempts": max(one.attempts, 1)}
                connection.execute(update(outgoing).where(*ours).values(told))
            if gone:
                counted = {"delivered": endpoints.c.delivered + gone, "delivered_at": now}
                connection.execute(update(endpoints).where(endpoints.c.name == endpoint).values(counted))

    def states(self) -> list[EndpointState]:
        """How far each endpoint is that was ever begun, by name."""
        about = (func.count().label("waiting"), func.min(outgoing.c.queued_at).label("oldest"))
        waits = select(outgoing.c.endpoint, *about).group_by(outgoing.c.endpoint)
        with reading(self._engine) as connection:
            known = connection.execute(select(endpoints).order_by(endpoints.c.name)).mappings().all()
            waiting = {one["endpoint"]: one for one in connection.execute(waits).mappings()}
            errors = {one["name"]: connection.execute(_last_error(one["name"])).scalar() for one in known}
        return [
            EndpointState.model_validate({**one, **waiting.get(one["name"], {}), "error": errors[one["name"]] or ""})
            for one in known
        ]


def _last_error(endpoint: str) -> Select[str]:
    failed = select(outgoing.c.error).where(outgoing.c.endpoint == endpoint, outgoing.c.error != "")
    return failed.order_by(outgoing.c.next_try.desc()).limit(1)


def _at(endpoint: str, row: OutgoingRow) -> tuple[ColumnElement[bool], ...]:
    about = (outgoing.c.endpoint == endpoint, outgoing.c.subject == row.subject)
    return (*about, outgoing.c.seq == row.seq, outgoing.c.part == row.part)


def _add(connection: Connection, endpoint: str, rows: Sequence[OutgoingRow], now: datetime) -> None:
    if rows:
        made = {"endpoint": endpoint, "error": "", "queued_at": now, "next_try": None}
        connection.execute(insert(outgoing), [{**one.model_dump(), **made} for one in rows])
    for subject in dict.fromkeys(one.subject for one in rows):
        _let_first_go(connection, endpoint, subject, now)


def _let_first_go(connection: Connection, endpoint: str, subject: str, now: datetime) -> None:
    """Give the first one of a subject its time, if it has none."""
    for first in _waiting(connection, endpoint, subject, 1):
        idle = (*_at(endpoint, first), outgoing.c.next_try.is_(None))
        connection.execute(update(outgoing).where(*idle).values(next_try=now))


def _waiting(connection: Connection, endpoint: str, subject: str, limit: int) -> list[OutgoingRow]:
    """The first ones of a subject."""
    about = (outgoing.c.endpoint == endpoint, outgoing.c.subject == subject)
    found = select(outgoing).where(*about).order_by(outgoing.c.seq, outgoing.c.part).limit(limit)
    return [OutgoingRow.model_validate(one) for one in connection.execute(found).mappings()]
