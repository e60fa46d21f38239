"""A fresh ledger per test."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from ledger import Ledger
from ledger.store import SqlLedger
from tests.database.conftest import engine, path

__all__ = ["engine", "path"]


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    """An empty ledger."""
    return SqlLedger(engine)
