"""docs/policy.md shows what the commands print."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from settings import ROOT
from tests.commands.conftest import ORDER, Run
from tests.shop import Shop
from wiring import Rooms

MOMENT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def part(title: str, language: str) -> str:
    """The first block of a language in a section of the page."""
    page = (ROOT / "docs" / "policy.md").read_text()
    return page.split(f"\n## {title}\n")[1].split(f"```{language}\n")[1].partition("```")[0]


def lines(text: str) -> list[list[str]]:
    """Lines by their words, without empty ones: neither how wide a column is counts, nor how a statute is written."""
    plain = re.sub(r"@[0-9a-f]{12}|(?<=withdrawal\.yaml:)\d+", "", text)
    return [line.split() for line in plain.splitlines() if line.strip()]


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The policy of the page, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.yaml").write_text(part("Check it", "yaml"))
    return Path("ours.yaml")


def test_check(run: Run, ours: Path) -> None:
    assert lines(run("policy", "check", ours).out) == lines(part("Check it", "text"))


def test_explain(run: Run, ours: Path) -> None:
    words = ("--line", "1:2", "--reason", "unwanted", "--policy", ours, "--at", "2026-11-24")
    printed = lines(run("policy", "explain", "--order", ORDER, *words).out)
    shown = lines(part("Ask it why", "text"))
    assert not [line for line in shown if line not in printed]


def test_replay(run: Run, ours: Path, ready: Rooms) -> None:
    shop = Shop(ready.engine)
    shop.publish()
    shop.sell()
    shop.fetch("R-1", {"1": 2})
    shop.open("R-1", {"1": 2}, MOMENT)
    ours.write_text(ours.read_text().replace("window_days: 30", "window_days: 10"))
    printed = run("policy", "replay", "--policy", ours, "--since", "2026-01-01").out
    assert lines(printed) == lines(part("Try it on what happened", "text"))
