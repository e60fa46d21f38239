"""A fresh ledger per test, and every test once per kind of database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from ledger import Ledger
from ledger.store import SqlLedger


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    """An empty ledger."""
    return SqlLedger(engine)
