"""Every patch in the workflows stands in the catalogue, and every patch of the catalogue in the workflows."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from settings import ROOT
from workflows.patches import PATCHES


def used(sources: Iterable[str]) -> list[str]:
    """The ids of all patches in some code; one that is no plain text cannot be looked up, and has none."""
    calls = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    patches = (one for one in calls if ast.unparse(one.func) in ("workflow.patched", "workflow.deprecate_patch"))
    return [one.args[0].value if isinstance(one.args[0], ast.Constant) else ast.unparse(one) for one in patches]  # type: ignore[misc]


def test_the_catalogue_is_whole() -> None:
    known = [one.id for one in PATCHES]
    assert len(known) == len(set(known))
    assert set(used(path.read_text() for path in (ROOT / "workflows").rglob("*.py"))) == set(known)
    assert all(one.changed and one.remove_when for one in PATCHES)


def test_a_patch_is_found_wherever_it_stands() -> None:
    source = 'class A:\n    def run(self):\n        if workflow.patched("offer-first"):\n            pass\n'
    assert used([source, 'workflow.deprecate_patch("old")', "workflow.patched(NAME)"]) == [
        "offer-first",
        "old",
        "workflow.patched(NAME)",
    ]
