"""The inbox: what vendors told us, each event once, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Engine, RowMapping, delete, false, func, insert, or_, select, tuple_, update

from database.engine import reading, writing
from database.tables import inbox
from domain.backlog import Backlog
from domain.inbox import InboxEvent, InboxRow, InboxState, Told, Vendor

_TOLD: TypeAdapter[Told] = TypeAdapter(Told)
_AT_ONCE = 500
_OLDEST_FIRST = (inbox.c.received_at, inbox.c.vendor, inbox.c.event)


class SqlInbox:
    """Events by vendor and event id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, events: Sequence[InboxEvent], now: datetime) -> int:
        """Store all that are not there yet, whole or not at all, and return how many those were."""
        # The same event may stand twice in one delivery; its first place counts.
        rows = {(one.vendor.value, one.event): _new(one, now) for one in reversed(events)}
        keys = list(rows)
        with writing(self._engine) as connection:
            # Writers take turns, so what is not there now is not there when it is added.
            for start in range(0, len(keys), _AT_ONCE):
                some = tuple_(inbox.c.vendor, inbox.c.event).in_(keys[start : start + _AT_ONCE])
                for there in connection.execute(select(inbox.c.vendor, inbox.c.event).where(some)):
                    del rows[there.vendor, there.event]
            if rows:
                connection.execute(insert(inbox), list(reversed(rows.values())))
        return len(rows)

    def take(self, now: datetime, limit: int, until: datetime) -> list[InboxRow]:
        """The waiting rows whose time has come, oldest first, put off until `until` with this attempt counted."""
        due = select(inbox).where(inbox.c.next_try <= now).order_by(*_OLDEST_FIRST).limit(limit)
        # Mostly nothing is due, and whoever only looks needs no turn among the writers.
        with reading(self._engine) as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        with writing(self._engine) as connection:
            rows = [_row(one) for one in connection.execute(due).mappings().all()]
            for one in rows:
                taken = {"next_try": until, "attempts": one.attempts + 1}
                connection.execute(update(inbox).where(*_at(one.vendor, one.event)).values(taken))
        return [one.model_copy(update={"next_try": until, "attempts": one.attempts + 1}) for one in rows]

    def put_off(self, row: InboxRow, until: datetime, error: str) -> None:
        """It could not be sent; try again then."""
        self._change(row, {"next_try": until, "error": error})

    def settle(self, row: InboxRow, state: InboxState, target: str = "", error: str = "") -> None:
        """It does not wait any more."""
        self._change(row, {"state": state.value, "target": target, "error": error, "next_try": None})

    def ask_again(self, vendor: Vendor, event: str, now: datetime) -> InboxRow | None:
        """Let a row wait again, and send it at once. None if there is no such row, or nothing in it to send."""
        with writing(self._engine) as connection:
            found = connection.execute(select(inbox).where(*_at(vendor, event))).mappings().first()
            if found is None or found["told"] is None:
                return None
            row = _row(found)
            again = row.model_copy(update={"state": InboxState.WAITING, "next_try": now, "asked": row.asked + 1})
            changed = {"state": again.state.value, "next_try": again.next_try, "asked": again.asked}
            connection.execute(update(inbox).where(*_at(vendor, event)).values(changed))
        return again

    def wake(self, payments: Sequence[str], now: datetime) -> int:
        """Let the rows about these payments that were outside wait again, and return how many those are."""
        named = [
            inbox.c.told.contains(f'"{field}":{json.dumps(payment)}', autoescape=True)
            for payment in payments
            for field in ("payment", "charge")
        ]
        states = [InboxState.OUTSIDE.value, InboxState.WAITING.value]
        ours = (inbox.c.vendor == Vendor.STRIPE.value, inbox.c.state.in_(states), or_(false(), *named))
        # One that is being sent belongs to its sender no more, who would put it outside.
        again = {"state": InboxState.WAITING.value, "next_try": now, "asked": inbox.c.asked + 1}
        with reading(self._engine) as connection:
            if connection.execute(select(inbox.c.event).where(*ours).limit(1)).first() is None:
                return 0
        with writing(self._engine) as connection:
            return connection.execute(update(inbox).where(*ours).values(again)).rowcount

    def prune(self, before: datetime) -> int:
        """Delete the rows from before then that neither wait nor are outside, and return how many those were."""
        kept = [InboxState.OUTSIDE.value, InboxState.WAITING.value]
        old = (inbox.c.state.not_in(kept), inbox.c.received_at < before)
        with writing(self._engine) as connection:
            return connection.execute(delete(inbox).where(*old)).rowcount

    def listed(self, states: Sequence[InboxState], limit: int) -> list[InboxRow]:
        """The newest rows in these states."""
        wanted = inbox.c.state.in_([one.value for one in states])
        newest = (inbox.c.received_at.desc(), inbox.c.vendor, inbox.c.event)
        with reading(self._engine) as connection:
            found = connection.execute(select(inbox).where(wanted).order_by(*newest).limit(limit)).mappings()
            return [_row(one) for one in found]

    def counts(self) -> dict[InboxState, int]:
        """How many rows are in each state; those without any are left out."""
        counted = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        with reading(self._engine) as connection:
            return {InboxState(state): number for state, number in connection.execute(counted)}

    def backlog(self) -> dict[InboxState, Backlog]:
        """All that was not delivered, by state."""
        left = [one.value for one in InboxState if one is not InboxState.DELIVERED]
        counted = select(inbox.c.state, func.count(), func.min(inbox.c.received_at))
        with reading(self._engine) as connection:
            rows = connection.execute(counted.where(inbox.c.state.in_(left)).group_by(inbox.c.state)).all()
        return {InboxState(state): Backlog(count=count, oldest=oldest) for state, count, oldest in rows}

    def _change(self, row: InboxRow, values: dict[str, object]) -> None:
        # Whoever took it later knows better: a row that has been taken again, or asked for, is not ours to change.
        ours = (inbox.c.attempts == row.attempts, inbox.c.asked == row.asked)
        with writing(self._engine) as connection:
            connection.execute(update(inbox).where(*_at(row.vendor, row.event), *ours).values(values))


def _at(vendor: Vendor, event: str) -> tuple[ColumnElement[bool], ...]:
    return inbox.c.vendor == vendor.value, inbox.c.event == event


def _new(event: InboxEvent, now: datetime) -> dict[str, object]:
    readable = event.told is not None
    return {
        **event.model_dump(mode="json", exclude={"told"}),
        "told": event.told.model_dump_json() if event.told else None,
        "state": InboxState.WAITING.value if readable else InboxState.UNREADABLE.value,
        "target": "",
        "attempts": 0,
        "asked": 0,
        "error": event.fault,
        "next_try": now if readable else None,
        "received_at": now,
    }


def _row(row: RowMapping) -> InboxRow:
    told = _TOLD.validate_json(row["told"]) if row["told"] is not None else None
    return InboxRow.model_validate({**row, "told": told})
