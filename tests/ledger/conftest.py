"""A fresh ledger per test, and every test once per kind of database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from ledger import Ledger
from ledger.store import SqlLedger
from tests.database.conftest import (
    databases,
    empty_url,
    engine,
    path,
    pytest_generate_tests,
    tampering,
    url,
)

__all__ = [
    "databases",
    "empty_url",
    "engine",
    "path",
    "pytest_generate_tests",
    "tampering",
    "url",
]


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    """An empty ledger."""
    return SqlLedger(engine)
