"""A fresh database per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from database.engine import connect, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database's file is."""
    return tmp_path / "made" / "backhaul.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """An engine on a migrated database."""
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    yield engine
    engine.dispose()
