"""Column types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Engine, MetaData, Table, insert, select, text
from sqlalchemy.exc import StatementError

from database.columns import CanonicalJson, UtcDatetime
from database.engine import reading, writing

things = Table("things", MetaData(), Column("at", UtcDatetime), Column("value", CanonicalJson))


@pytest.fixture(autouse=True)
def table(engine: Engine) -> None:
    """A table of its own."""
    with writing(engine) as connection:
        things.create(connection)


def _store(engine: Engine, **values: object) -> None:
    with writing(engine) as connection:
        connection.execute(insert(things).values(**values))


def test_moments_are_kept_in_utc_to_the_microsecond(engine: Engine) -> None:
    moment = datetime(2026, 11, 21, 21, 15, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    _store(engine, at=moment)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT at FROM things")).scalar() == "2026-11-21T20:15:00.000005Z"
        found = connection.execute(select(things.c.at)).scalar()
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


def test_whole_seconds_are_as_long_as_others_so_that_text_sorts_by_time(engine: Engine) -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=500_000 * step) for step in range(4)]
    for moment in reversed(moments):
        _store(engine, at=moment)
    with reading(engine) as connection:
        assert list(connection.execute(select(things.c.at).order_by(things.c.at)).scalars()) == moments


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="time zone"):
        _store(engine, at=datetime(2026, 11, 21))


def test_json_is_canonical_text(engine: Engine) -> None:
    _store(engine, value={"b": [1, "é"], "a": {}})
    with reading(engine) as connection:
        assert connection.execute(text("SELECT value FROM things")).scalar() == '{"a":{},"b":[1,"é"]}'
        assert connection.execute(select(things.c.value)).scalar() == {"a": {}, "b": [1, "é"]}


@pytest.mark.parametrize("value", [1.0, True, [None], {"a": 0.5}])
def test_only_integers_and_text(engine: Engine, value: object) -> None:
    with pytest.raises(StatementError, match="only integers and text"):
        _store(engine, value=value)
