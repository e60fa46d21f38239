"""The checks are checked: each violation is planted into a copy of the tree, and the check has to turn red.

A contract that never fails would not be noticed otherwise.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, project

TOOLS = Path(sys.executable).parent
LAYERS = "The house is built in layers"
VENDORS = "Workflows never reach a vendor, HTTP, SQL or templates"
ROOMS = "The rooms of activities do not know each other"
ADAPTERS = "Only wiring chooses adapters and stores"
OUTSIDE = "Settings and wiring stay outside"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the product's packages, with the project's own settings of the tools."""
    for package in project()["tool"]["importlinter"]["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for module in ("settings.py", "adapters.py", "wiring.py", "pyproject.toml"):
        shutil.copy(ROOT / module, tmp_path / module)
    return tmp_path


def plant(tree: Path, file: str, line: str) -> None:
    """Add a line at the end of a file, where an import counts as much as at the top."""
    with (tree / file).open("a") as opened:
        opened.write(f"\n{line}\n")


def ruff(tree: Path) -> str:
    """What the linter says of clocks, chance and environment; empty if nothing."""
    ask = [
        str(TOOLS / "ruff"),
        "check",
        "--no-cache",
        "--select",
        "TID251",
        "--output-format",
        "concise",
        "--quiet",
        ".",
    ]
    done = subprocess.run(ask, cwd=tree, capture_output=True, text=True)
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout


def broken(tree: Path) -> tuple[set[str], str]:
    """The contracts that the tree breaks, and everything that import-linter said."""
    ask = [str(TOOLS / "lint-imports"), "--no-cache"]
    done = subprocess.run(ask, cwd=tree, capture_output=True, text=True, env={"PATH": str(TOOLS), "COLUMNS": "200"})
    found = {line.rpartition(" BROKEN")[0] for line in done.stdout.splitlines() if " BROKEN" in line}
    assert done.returncode == (1 if found else 0), done.stdout + done.stderr
    return found, done.stdout


def test_the_tree_as_it_is_breaks_nothing(tree: Path) -> None:
    assert not ruff(tree)
    assert not broken(tree)[0]


@pytest.mark.parametrize("package", ["domain", "workflows"])
@pytest.mark.parametrize(
    "line",
    [
        "from datetime import datetime; NOW = datetime.now()",
        "import datetime; NOW = datetime.datetime.now(datetime.UTC)",
        "from datetime import date; TODAY = date.today()",
        "import time; NOW = time.time()",
        "import random; CHANCE = random.random()",
        "from uuid import uuid4",
        "import secrets",
        "from os import environ",
    ],
)
def test_clocks_chance_and_environment_are_refused(tmp_path: Path, package: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / package).mkdir()
    (tmp_path / package / "planted.py").write_text(f"{line}\n")
    assert f"{package}/planted.py:1" in ruff(tmp_path)


def test_clocks_are_allowed_everywhere_else(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "activities").mkdir()
    (tmp_path / "activities" / "planted.py").write_text("import os, time\nNOW = time.time()\n")
    assert not ruff(tmp_path)


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("domain/money.py", "import ledger", LAYERS),
        ("database/tables.py", "import activities.errors", LAYERS),
        ("ledger/accounts.py", "def late():\n    import workflows.options", LAYERS),
        ("activities/errors.py", "from workflows import options", LAYERS),
        ("workflows/start.py", "import embedded.simulators", LAYERS),
        ("workflows/options.py", "import stripe", VENDORS),
        ("workflows/return_case/view.py", "from urllib.request import urlopen", VENDORS),
        ("activities/labels/__init__.py", "import httpx2", VENDORS),
        ("activities/mail/__init__.py", "from activities.mail.render import Renderer", VENDORS),
        ("ledger/__init__.py", "from database import tables", VENDORS),
        ("activities/payments/__init__.py", "from activities.mail import MailActivities", ROOMS),
        ("activities/decisions/__init__.py", "import ledger.store", ADAPTERS),
        ("activities/decisions/__init__.py", "from database.stores.orders import SqlOrders", ADAPTERS),
        ("commands/__init__.py", "from activities.payments.via_stripe import StripePayments", ADAPTERS),
        ("embedded/__init__.py", "from activities.labels.embedded import EmbeddedLabels", ADAPTERS),
        ("activities/inventory/__init__.py", "import wiring", OUTSIDE),
        ("activities/labels/pdf.py", "from settings import Settings", OUTSIDE),
        ("ledger/store/read.py", "import wiring", OUTSIDE),
        ("domain/ids.py", "import settings", OUTSIDE),
    ],
)
def test_an_import_across_a_border_is_refused(tree: Path, file: str, line: str, contract: str) -> None:
    plant(tree, file, line)
    found, said = broken(tree)
    assert contract in found
    assert file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in said


def test_what_is_imported_for_types_alone_may_cross(tree: Path) -> None:
    plant(tree, "workflows/options.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stripe")
    assert VENDORS not in broken(tree)[0]
