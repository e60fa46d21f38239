"""The job that prepares our own database is run as docker-compose.yml words it, again and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.deploy.compose import command
from tests.deploy.running import alone, run
from tests.house.tree import ROOT


def done(folder: Path, *words: str) -> str:
    ended = run(words, alone(folder))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def policies(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(folder, "python", "starter.py", "policy", "list", "--json"))
    return found


def test_it_makes_the_tables_and_publishes_one_policy_however_often_it_runs(tmp_path: Path) -> None:
    done(tmp_path, *command("database"))
    first = policies(tmp_path)
    done(tmp_path, *command("database"))
    assert policies(tmp_path) == first
    assert [one["policy"]["id"] for one in first] == ["default"]
    done(tmp_path, "python", "-m", "ledger", "verify")


def test_it_does_not_undo_a_policy_that_was_published_later(tmp_path: Path) -> None:
    done(tmp_path, *command("database"))
    later = tmp_path / "later.yaml"
    later.write_text((ROOT / "policies" / "default.yaml").read_text().replace("window_days: 30", "window_days: 100"))
    done(tmp_path, "python", "starter.py", "policy", "publish", str(later))
    done(tmp_path, *command("database"))
    assert [one["policy"]["window_days"] for one in policies(tmp_path) if one["in_force"]] == [100]


def test_it_fails_where_the_database_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "backhaul.db").mkdir()
    assert run(command("database"), alone(tmp_path)).returncode != 0
