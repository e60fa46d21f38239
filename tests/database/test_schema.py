"""The schema: what `tables` says and what the migrations make are one, and migrating is safe at any time."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, text

from database.engine import connect, migrate, reading, writing
from database.tables import metadata
from domain.errors import InvalidRequest, Refused, Unavailable
from tests.ledger.child import race


def test_tables_and_migrations_agree(engine: Engine) -> None:
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_constraints_agree_too(engine: Engine, tmp_path: Path) -> None:
    # Alembic compares neither checks nor names of foreign keys.
    plain = connect(f"sqlite:///{tmp_path}/plain.db")
    metadata.create_all(plain)
    statement = text("SELECT name FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY name")
    named = "SELECT sql FROM sqlite_master WHERE name = 'transfers'"
    with reading(plain) as expected, reading(engine) as migrated:
        names = set(migrated.execute(statement).scalars()) - {"alembic_version", "sqlite_autoindex_alembic_version_1"}
        assert names == set(expected.execute(statement).scalars())
        for constraint in ("ck_transfers_positive", "fk_transfers_seq", "uq_transfers_seq_position"):
            assert constraint in migrated.exec_driver_sql(named).scalar_one()
            assert constraint in expected.exec_driver_sql(named).scalar_one()
    plain.dispose()


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES ('note_1', 'kept')")
    migrate(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT content FROM notes").scalar() == "kept"


def test_processes_migrate_a_new_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert race("migrate", url, *"abcd") == ["done"] * 4


def test_a_newer_schema_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="newer version"):
        migrate(engine)


def test_sqlite_is_set_to_keep_what_it_confirmed(engine: Engine, path: Path) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    with reading(engine) as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected
    assert path.exists()


def test_a_writing_transaction_is_whole_or_not_at_all(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO notes VALUES ('note_1', 'gone')")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notes").scalar() == 0


def test_readers_see_one_moment_and_never_wait(engine: Engine) -> None:
    count = "SELECT count(*) FROM notes"
    with reading(engine) as reader:
        assert reader.exec_driver_sql(count).scalar() == 0
        with writing(engine) as writer:
            writer.exec_driver_sql("INSERT INTO notes VALUES ('note_1', 'x')")
            assert reader.exec_driver_sql(count).scalar() == 0
        assert reader.exec_driver_sql(count).scalar() == 0
    with reading(engine) as reader:
        assert reader.exec_driver_sql(count).scalar() == 1


def test_a_writer_that_gets_no_turn_is_unavailable(engine: Engine, path: Path) -> None:
    impatient = connect(f"sqlite:///{path}")
    event.listen(impatient, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0"))
    with writing(engine), pytest.raises(Unavailable, match="locked"), writing(impatient):
        pass
    impatient.dispose()


@pytest.mark.parametrize("url", ["", "backhaul.db", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="database"):
        connect(url)


def test_errors_carry_no_parameters(engine: Engine) -> None:
    with reading(engine) as connection, pytest.raises(Exception, match="nowhere") as caught:
        connection.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "Ada Lovelace"})
    assert "Lovelace" not in str(caught.value)
