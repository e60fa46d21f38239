"""The job that prepares our own database is run as docker-compose.yml words it, again and again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.deploy.compose import SERVICES
from tests.house.tree import ROOT


def run(folder: Path, *command: str) -> str:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "BACKHAUL_HOME": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def job(folder: Path) -> None:
    # Compose turns `$$` into `$` before it hands a command over.
    run(folder, *(word.replace("$$", "$") for word in SERVICES["database"]["command"]))


def policies(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(folder, "python", "starter.py", "policy", "list", "--json"))
    return found


def test_it_makes_the_tables_and_publishes_one_policy_however_often_it_runs(tmp_path: Path) -> None:
    job(tmp_path)
    first = policies(tmp_path)
    job(tmp_path)
    assert policies(tmp_path) == first
    assert [one["policy"]["id"] for one in first] == ["default"]
    run(tmp_path, "python", "-m", "ledger", "verify")


def test_it_does_not_undo_a_policy_that_was_published_later(tmp_path: Path) -> None:
    job(tmp_path)
    later = tmp_path / "later.yaml"
    later.write_text((ROOT / "policies" / "default.yaml").read_text().replace("window_days: 30", "window_days: 100"))
    run(tmp_path, "python", "starter.py", "policy", "publish", str(later))
    job(tmp_path)
    assert [one["policy"]["window_days"] for one in policies(tmp_path) if one["in_force"]] == [100]
