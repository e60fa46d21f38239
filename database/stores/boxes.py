"""Boxes that nobody announced, and what of them belongs to which return."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, insert, select, update

from database.engine import reading, writing
from database.tables import box_matches, boxes
from domain.box import Box, BoxEnd, BoxMatch, BoxRow

_AT_ONCE = 500


class SqlBoxes:
    """Boxes by id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, box: Box, due_at: datetime) -> BoxRow:
        """Store a box, unless one stands under its id already, and return what stands there."""
        row = {"id": box.id, "content": box.model_dump_json(), "open": 1}
        with writing(self._engine) as connection:
            stands = _row(connection, box.id)
            if stands is not None:
                return stands
            connection.execute(insert(boxes).values(**row, received_at=box.received_at, due_at=due_at))
        return BoxRow(box=box, due_at=due_at)

    def get(self, box_id: str) -> BoxRow | None:
        """The box with this id."""
        with reading(self._engine) as connection:
            return _row(connection, box_id)

    def listed(self, *, everything: bool = False, limit: int) -> list[BoxRow]:
        """The boxes that something of belongs to nobody yet, or all; those that are due first come first."""
        wanted = select(boxes).order_by(boxes.c.open.desc(), boxes.c.due_at, boxes.c.id).limit(limit)
        with reading(self._engine) as connection:
            return _rows(connection, wanted if everything else wanted.where(boxes.c.open == 1))

    def reserve(self, match: BoxMatch) -> BoxRow:
        """Note that a return is told of (some of) a box, unless it stands noted or more than is left is asked for."""
        row = {"box_id": match.box, "case_id": match.case, "content": match.model_dump_json(), "units": match.units}
        with writing(self._engine) as connection:
            stands = _must(connection, match.box)
            if stands.of(match.case) is None and stands.ended is None and match.units <= stands.left:
                connection.execute(insert(box_matches).values(**row, done=0))
            return _must(connection, match.box)

    def release(self, box_id: str, case: str) -> None:
        """The return does not take it: what was noted is left again. What a return has taken stays taken."""
        with writing(self._engine) as connection:
            connection.execute(delete(box_matches).where(*_at(box_id, case), box_matches.c.done == 0))

    def finish(self, box_id: str, case: str) -> BoxRow:
        """The return has taken it."""
        with writing(self._engine) as connection:
            connection.execute(update(box_matches).where(*_at(box_id, case)).values(done=1))
            found = _must(connection, box_id)
            connection.execute(update(boxes).where(boxes.c.id == box_id).values(open=int(found.open)))
        return found

    def end(self, end: BoxEnd) -> BoxRow:
        """Note what becomes of all that is left, unless something stands noted, or not exactly so much is left."""
        with writing(self._engine) as connection:
            stands = _must(connection, end.box)
            waits = any(not one.done for one in stands.matches)
            if stands.open and not waits and stands.ended is None and sum(end.units.values()) == stands.left:
                row = {"ended": end.model_dump_json()}
                connection.execute(update(boxes).where(boxes.c.id == end.box).values(row))
            return _must(connection, end.box)

    def finish_end(self, box_id: str) -> BoxRow:
        """The units that were left have moved."""
        with writing(self._engine) as connection:
            ended = (boxes.c.id == box_id, boxes.c.ended.is_not(None))
            connection.execute(update(boxes).where(*ended).values(open=0))
            return _must(connection, box_id)

    def blank(self, cases: Collection[str]) -> int:
        """Blank the words on the boxes that these returns had something of; how many had any."""
        changed = 0
        with writing(self._engine) as connection:
            for row in _of(connection, list(cases)):
                blank = row.box.blanked(row.box.place if row.open else "")
                if blank != row.box:
                    content = {"content": blank.model_dump_json()}
                    connection.execute(update(boxes).where(boxes.c.id == row.box.id).values(content))
                    changed += 1
        return changed


def _at(box_id: str, case: str) -> tuple[ColumnElement[bool], ...]:
    return box_matches.c.box_id == box_id, box_matches.c.case_id == case


def _must(connection: Connection, box_id: str) -> BoxRow:
    found = _row(connection, box_id)
    if found is None:
        raise KeyError(box_id)
    return found


def _row(connection: Connection, box_id: str) -> BoxRow | None:
    return next(iter(_rows(connection, select(boxes).where(boxes.c.id == box_id))), None)


def _rows(connection: Connection, wanted: Select[tuple[object, ...]]) -> list[BoxRow]:
    found = connection.execute(wanted).mappings().all()
    matches = _matches(connection, [one["id"] for one in found])
    return [
        BoxRow(
            box=Box.model_validate_json(one["content"]),
            due_at=one["due_at"],
            matches=tuple(matches.get(one["id"], ())),
            ended=_ended(one["ended"], one["open"]),
        )
        for one in found
    ]


def _ended(told: str | None, open: int) -> BoxEnd | None:
    return BoxEnd.model_validate_json(told).model_copy(update={"done": not open}) if told else None


def _of(connection: Connection, cases: Sequence[str]) -> list[BoxRow]:
    """The boxes that these returns had something of."""
    found: dict[str, BoxRow] = {}
    for start in range(0, len(cases), _AT_ONCE):
        mine = select(box_matches.c.box_id).where(box_matches.c.case_id.in_(cases[start : start + _AT_ONCE]))
        found |= {one.box.id: one for one in _rows(connection, select(boxes).where(boxes.c.id.in_(mine)))}
    return list(found.values())


def _matches(connection: Connection, ids: Sequence[str]) -> dict[str, list[BoxMatch]]:
    found: dict[str, list[BoxMatch]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = select(box_matches).where(box_matches.c.box_id.in_(ids[start : start + _AT_ONCE]))
        for one in connection.execute(some.order_by(box_matches.c.case_id)).mappings():
            match = BoxMatch.model_validate_json(one["content"])
            found.setdefault(match.box, []).append(match.model_copy(update={"done": bool(one["done"])}))
    return found
