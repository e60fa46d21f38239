"""What is made once per session, and only if a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.database import servers
from tests.database.servers import Databases


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
