"""docs/lifecycle.md: one section per diary, written by `make lifecycle` and compared by every diary that is told."""

from __future__ import annotations

import ast
import fcntl
import re
from pathlib import Path

from settings import ROOT

PAGE = ROOT / "docs" / "lifecycle.md"
HEAD = """# The life of a return

What happens in each scenario, day by day: who says something, what the journal records, which mail goes out, and whom
the return waits for next. Every diagram is the diary of a test in `tests/diaries`, written by `make lifecycle` from
what happened there, and the test fails when something else happens.
"""


def diaries() -> dict[str, str]:
    """The names of all diaries with their titles, in the order in which they are told."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for one in ast.parse(file.read_text()).body:
            if not isinstance(one, ast.AsyncFunctionDef) or not one.name.startswith("test_"):
                continue
            if any(arg.arg == "diary" for arg in one.args.args):
                found[heading(one.name)] = ast.get_docstring(one) or ""
    return found


def heading(test: str) -> str:
    """What the section of a test is called."""
    return test.removeprefix("test_").replace("_", " ").capitalize()


def test_of(heading: str) -> str:
    """The test that a section is of, without its `test_`."""
    return heading.lower().replace(" ", "_")


def sections() -> dict[str, str]:
    """The sections of the page as it stands, by heading."""
    text = PAGE.read_text() if PAGE.exists() else ""
    parts = re.split(r"(?m)^## (.+)\n", text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def write(told: dict[str, str]) -> None:
    """The page with these sections anew; those of diaries that are gone go. Several processes write it in turn."""
    with PAGE.open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        known = {**sections(), **told}
        listed = [f"## {name}\n\n{known[name]}\n" for name in diaries() if name in known]
        PAGE.write_text("\n".join([HEAD, *listed]))
