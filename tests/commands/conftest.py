"""A home of its own for every test, and a way to run one command in it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import starter
from settings import ROOT, Settings
from tests.database.servers import with_tables
from tests.loopback import closed_port
from wiring import Rooms, rooms

ORDER = ROOT / "embedded" / "orders" / "two_rates.json"
UNLINKED = ROOT / "embedded" / "orders" / "shopify_order_discount_code.json"


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document."""
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, without anything of the developer's own settings; Temporal is nowhere."""
    for name in [name for name in os.environ if name.startswith(("BACKHAUL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BACKHAUL_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", closed_port().removeprefix("http://"))
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command line in this process."""

    def command(*words: str | Path) -> Answer:
        capsys.readouterr()
        code = starter.main([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return command


@pytest.fixture
def ready(home: Path) -> Rooms:
    """The rooms of a home with tables in its database."""
    (home / "backhaul.db").write_bytes(with_tables())
    return rooms(Settings.load())
