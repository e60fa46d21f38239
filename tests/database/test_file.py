"""The database's file holds names and addresses: it is its owner's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sqlalchemy import text

from database.engine import connect, writing


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_log_are_read_by_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "backhaul.db"
    before = os.umask(0o022)
    try:
        engine = connect(f"sqlite:///{file}")
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE seen (id INTEGER)"))
            assert {one.name: rights(one) for one in file.parent.iterdir()} == {
                "backhaul.db": 0o600,
                "backhaul.db-shm": 0o600,
                "backhaul.db-wal": 0o600,
            }
        engine.dispose()
    finally:
        os.umask(before)


def test_whoever_gave_others_the_right_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "backhaul.db"
    file.touch()
    file.chmod(0o640)
    engine = connect(f"sqlite:///{file}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE seen (id INTEGER)"))
    engine.dispose()
    assert rights(file) == 0o640
