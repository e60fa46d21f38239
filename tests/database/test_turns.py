"""Threads of one process that write to SQLite queue before its file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from database import sqlite
from database.engine import writing
from domain.errors import Unavailable


def _write(engine: Engine) -> str:
    with writing(engine) as connection:
        return str(connection.exec_driver_sql("SELECT 'done'").scalar())


def test_a_turn_that_does_not_come_is_told_and_not_waited_for_for_ever(url: str, path: object) -> None:
    engine = sqlite.connect(make_url(url), busy_seconds=0)
    with ThreadPoolExecutor(1) as pool, writing(engine), pytest.raises(Unavailable, match="another thread"):
        pool.submit(_write, engine).result()
    assert _write(engine) == "done"
    engine.dispose()


def test_a_turn_ends_with_a_failed_transaction(url: str, path: object) -> None:
    engine = sqlite.connect(make_url(url), busy_seconds=0)
    with pytest.raises(ZeroDivisionError), writing(engine):
        raise ZeroDivisionError
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_write, engine).result() == "done"
    engine.dispose()
