"""Fresh databases for whoever asks for one: once per kind of database, made in a blink, none made in vain."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from database.engine import connect
from tests import scratch
from tests.database import servers
from tests.database.raw import raw
from tests.database.servers import KINDS, Databases

# The suite says the same of the same code every time; what chance finds is for the proof.
settings.register_profile(
    "suite", derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("proof", settings.get_profile("suite"), derandomize=False, max_examples=5000, print_blob=True)
settings.load_profile("suite")
set_hypothesis_home_dir(Path(__file__).parents[1] / ".backhaul" / "hypothesis")

scratch.choose()

# Nothing of what is collected is garbage; to look for some meanwhile takes a quarter of the time.
gc.disable()


# Whoever takes a minute at the end has everybody wait. These start first: they are long, and wait most of the time.
LONGEST_FIRST = (
    "tests/proof/test_kill.py",
    "tests/proof/test_hostile.py",
    "tests/proof/test_rolling.py",
    "tests/stack/test_stack.py",
    "tests/stack/test_demo.py",
    "tests/stack/test_running.py",
    "tests/commands/test_returns_live.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make lifecycle`, `make histories` and `make proof` ask for."""
    parser.addoption(
        "--write-lifecycle", action="store_true", help="write docs/lifecycle.md from what the diaries tell"
    )
    parser.addoption("--forgetful", action="store_true", help="workers keep no workflow in memory: every task replays")
    parser.addoption("--harsh", choices=["twice", "broken"], help="every activity is executed twice, or breaks off")
    parser.addoption("--walks", type=int, default=6, help="how many returns anybody says anything to")
    parser.addoption("--walks-seed", type=int, default=1, help="the dice of the first of them")
    parser.addoption(
        "--restored-on",
        choices=["postgresql", "sqlite"],
        default="postgresql",
        help="where a restored journal is",
    )
    parser.addoption("--write-histories", action="store_true", help="write tests/histories from what the diaries leave")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones, then the others as they were found."""
    ranks = {file: rank for rank, file in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


def pytest_collection_finish() -> None:
    """What was collected stays to the end; to look through it for garbage again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for the database's file is about SQLite; any other that has a database runs on both kinds."""
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", KINDS[:1] if "path" in metafunc.fixturenames else KINDS)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Files."""
    with servers.sqlite(tmp_path_factory.mktemp("sqlite")) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[Databases]:
    """Databases of one PostgreSQL server, which ends with the session."""
    with servers.postgres() as made:
        yield made


@pytest.fixture
def databases(database_kind: str, request: pytest.FixtureRequest) -> Databases:
    """Where this test's databases come from."""
    found: Databases = request.getfixturevalue(f"{database_kind}_databases")
    return found


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """The address of a database without tables."""
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """The address of a database with tables."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def path(url: str) -> Path:
    """Where SQLite's file is."""
    return Path(str(make_url(url).database))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine on a database with tables."""
    engine = connect(url)
    yield engine
    engine.dispose()


@pytest.fixture
def tampering(url: str) -> Iterator[Callable[[str], None]]:
    """Runs statements as an owner does who has put triggers and foreign keys out of the way."""
    with raw(url) as connection:

        def run(statements: str) -> None:
            connection.untie()
            connection.script(statements)

        yield run
