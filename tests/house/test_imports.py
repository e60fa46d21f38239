"""Who may import whom, where import-linter cannot say it, and that its contracts name everything they should."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, contracts, imports, product_files, project
from workflows.plugin import PASSED_THROUGH

# The standard library's own ways out of a pure function.
IMPURE = {"asyncio", "http", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess"}
IMPURE |= {"tempfile", "threading", "time", "urllib", "uuid"}
ALLOWED = (set(sys.stdlib_module_names) - IMPURE) | {"pydantic", "domain"}


def foreign_to_domain(root: Path = ROOT) -> list[str]:
    """What `domain` imports from outside beyond pydantic and the pure part of the standard library."""
    return [
        f"{path.relative_to(root)}:{one.line} imports {one.module}"
        for path in sorted((root / "domain").rglob("*.py"))
        for one in imports(path, root)
        if one.top not in ALLOWED
    ]


def adapters(root: Path = ROOT) -> set[str]:
    """The modules that only wiring chooses: vendors, what stands in for them, and the stores."""
    rooms = [path for path in (root / "activities").rglob("*.py") if path.stem.startswith(("via_", "embedded", "by_"))]
    return {".".join(path.relative_to(root).with_suffix("").parts) for path in rooms} | {
        "ledger.store",
        "database.stores",
    }


def test_domain_imports_the_standard_library_and_pydantic_only() -> None:
    assert not foreign_to_domain()


@pytest.mark.parametrize("line", ["import stripe", "from temporalio import workflow", "import os", "import ledger"])
def test_anything_else_in_domain_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "clean.py").write_text("import json\nfrom pydantic import Field\nfrom domain.ids import x\n")
    (tmp_path / "domain" / "late.py").write_text(f"def f():\n    {line}\n")
    assert [words.partition(" ")[0] for words in foreign_to_domain(tmp_path)] == ["domain/late.py:2"]


def test_of_the_modules_at_the_top_only_wiring_chooses_adapters() -> None:
    chosen = {
        f"{path.name}:{one.line} imports {one.module}"
        for path in product_files()
        for one in imports(path)
        if path.parent == ROOT and path.name not in ("wiring.py", "adapters.py")
        if any(f"{one.module}.".startswith(f"{adapter}.") for adapter in adapters())
    }
    assert not chosen


def pure_workflow_modules(root: Path = ROOT) -> set[str]:
    """Those that need nothing of a running workflow, not even by chain."""
    found = {
        ".".join(path.relative_to(root).with_suffix("").parts): {one.module for one in imports(path, root)}
        for path in (root / "workflows").rglob("*.py")
        if path.stem != "__init__"
    }
    running = {"temporalio.workflow"}
    while more := {
        name
        for name, needs in found.items()
        if name not in running and any(f"{one}.".startswith(f"{other}.") for one in needs for other in running)
    }:
        running |= more
    return set(found) - running


def test_what_a_workflow_knows_is_passed_through_the_sandbox_whole() -> None:
    # One that is forgotten is there twice: its enum members are not those that the others compare with.
    clients = {f"workflows.{name}" for name in ("aftercare_start", "connection", "plugin", "schedules", "start")}
    passed = {name for name in PASSED_THROUGH if name.startswith("workflows")}
    assert passed == pure_workflow_modules() - clients


def test_every_adapter_is_protected_by_a_contract() -> None:
    protected = {module for one in contracts() if one["type"] == "protected" for module in one["protected_modules"]}
    assert protected == adapters()


def test_every_room_is_held_apart_by_a_contract() -> None:
    rooms = {f"activities.{path.parent.name}" for path in (ROOT / "activities").glob("*/__init__.py")}
    (apart,) = (set(one["modules"]) for one in contracts() if one["type"] == "independence")
    assert apart == rooms


def test_every_package_of_the_product_is_under_the_contracts() -> None:
    packages = {path.relative_to(ROOT).parts[0] for path in product_files() if (path.parent / "__init__.py").exists()}
    assert packages == set(project()["tool"]["importlinter"]["root_packages"])
    (layers,) = (one["layers"] for one in contracts() if one["type"] == "layers")
    assert packages == {package.strip() for layer in layers for package in layer.split(":")}


def test_every_module_at_the_top_but_one_stays_outside() -> None:
    top = {path.stem for path in product_files() if path.parent == ROOT}
    (outside,) = (one["forbidden_modules"] for one in contracts() if "settings" in one.get("forbidden_modules", ()))
    assert set(outside) == top - {"entry"}


def test_no_contract_lets_an_import_pass_but_the_ledgers_command_line() -> None:
    passed = [line for one in contracts() for line in one.get("ignore_imports", [])]
    assert passed == ["ledger.__main__ -> wiring", "ledger.__main__ -> settings"]
