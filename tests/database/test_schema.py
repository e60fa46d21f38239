"""The schema: what `tables` says and what the migrations make are one, and migrating is safe at any time."""

from __future__ import annotations

import secrets
import sys
import traceback
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.exc import IntegrityError

from database.engine import connect, migrate, reading, writing
from database.tables import metadata, notes
from domain.errors import InvalidRequest, Refused, Unavailable
from settings import ROOT
from tests.ledger.child import started


def test_tables_and_migrations_agree(engine: Engine) -> None:
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') AND name <> 'alembic_version'"
    " AND name <> 'sqlite_autoindex_alembic_version_1' ORDER BY name",
    "postgresql": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid <> coalesce(to_regclass('alembic_version'), 0) AND conrelid <> 0"
    " UNION SELECT tablename, indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = current_schema() AND tablename <> 'alembic_version' ORDER BY 1, 2, 3",
}


def test_constraints_agree_too(engine: Engine, empty_url: str, database_kind: str) -> None:
    # Alembic compares neither checks nor names of foreign keys.
    plain = connect(empty_url)
    with writing(plain) as connection:
        metadata.create_all(connection)
    statement = text(NAMES[database_kind])
    with reading(plain) as expected, reading(engine) as migrated:
        names = expected.execute(statement).all()
        assert len(names) > 10
        assert migrated.execute(statement).all() == names
    plain.dispose()


def test_so_do_those_that_sqlite_keeps_within_its_tables(engine: Engine, empty_url: str, path: Path) -> None:
    plain = connect(empty_url)
    metadata.create_all(plain)
    named = "SELECT sql FROM sqlite_master WHERE name = 'transfers'"
    with reading(plain) as expected, reading(engine) as migrated:
        for constraint in ("ck_transfers_positive", "fk_transfers_seq", "uq_transfers_seq_position"):
            assert constraint in migrated.exec_driver_sql(named).scalar_one()
            assert constraint in expected.exec_driver_sql(named).scalar_one()
    plain.dispose()


def test_text_is_sorted_by_code_point(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in ("b", "B", "a", "é", "_", "Z", "~", "\U0001f600", "\uffff"):
            connection.execute(insert(notes).values(id=name, content=name))
    with reading(engine) as connection:
        found = list(connection.execute(select(notes.c.id).order_by(notes.c.id)).scalars())
    assert found == ["B", "Z", "_", "a", "b", "~", "é", "\uffff", "\U0001f600"]


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES ('note_1', 'kept')")
    migrate(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT content FROM notes").scalar() == "kept"


def test_the_newest_schema_is_seen_without_alembic(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alembic", None)  # whoever imports it fails
    migrate(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(ImportError):
        migrate(engine)


def test_the_files_of_migrations_begin_with_their_revisions() -> None:
    script = ScriptDirectory(str(ROOT / "database" / "migrations"))
    found = {Path(one.path).name[:4]: one.revision for one in script.walk_revisions()}
    assert len(found) >= 9
    assert all(name == revision for name, revision in found.items())
    assert script.get_current_head() == max(found)


def test_processes_migrate_a_new_database_at_once(empty_url: str) -> None:
    with started("migrate", empty_url, 4) as children:
        assert children.go(*"abcd") == ["done"] * 4


def test_without_tables_one_is_told_who_makes_them(empty_url: str) -> None:
    engine = connect(empty_url)
    with pytest.raises(Refused, match="not been set up yet") as caught, reading(engine) as connection:
        connection.execute(select(notes.c.id))
    assert caught.value.code == "unknown_schema"
    assert "`python starter.py database upgrade`" in caught.value.message
    engine.dispose()


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


@pytest.mark.parametrize(
    "address",
    ["", "backhaul.db", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql://host", "postgresql:///"],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^BACKHAUL_DATABASE_URL: "):
        connect(address)


def test_an_option_that_postgresql_does_not_know_is_refused() -> None:
    engine = connect("postgresql://me:geheim@127.0.0.1:1/name?aplication_name=x")
    with pytest.raises(InvalidRequest, match=r'^BACKHAUL_DATABASE_URL: .*"aplication_name"') as caught, reading(engine):
        pass
    assert "geheim" not in _everything(caught.value)
    engine.dispose()


def test_who_only_reads_makes_no_database(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "shop.db"
    engine = connect(f"sqlite:///{file}")
    with pytest.raises(Refused, match=f"there is no file {file}.*starter.py database upgrade"), reading(engine):
        pass
    assert list(tmp_path.iterdir()) == []
    migrate(engine)
    with reading(engine) as connection:
        assert connection.execute(select(notes.c.id)).all() == []
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = connect(f"sqlite:///{tmp_path}/file/more/shop.db")
    with pytest.raises(InvalidRequest, match=f"^BACKHAUL_DATABASE_URL: the folder {tmp_path}/file/more cannot be made"):
        migrate(engine)
    engine.dispose()


def test_errors_carry_no_parameters(engine: Engine) -> None:
    name = secrets.token_hex(8)
    with pytest.raises(Refused, match="nowhere") as caught, reading(engine) as connection:
        connection.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": name})
    assert name not in _everything(caught.value)


def test_nor_the_row_that_was_refused(engine: Engine) -> None:
    name = secrets.token_hex(8)
    row = {"id": name, "content": name}
    with writing(engine) as connection:
        connection.execute(insert(notes).values(**row))
    with pytest.raises(IntegrityError) as caught, writing(engine) as connection:
        connection.execute(insert(notes).values(**row))
    assert name not in _everything(caught.value)


def _everything(error: BaseException) -> str:
    """An error with its causes, as it stands in a workflow's history."""
    return "".join(traceback.format_exception(error))
