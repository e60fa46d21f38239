"""The project's files, and what its Python files import."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def files(root: Path = ROOT) -> list[Path]:
    """Every file that belongs to the project: those that .gitignore does not name."""
    lines = (root / ".gitignore").read_text().split()
    return sorted(_below(root, [".git", *(line.rstrip("/") for line in lines)]))


def _below(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored) or path.is_symlink():
            continue
        if path.is_dir():
            yield from _below(path, ignored)
        else:
            yield path


def product_files(root: Path = ROOT) -> list[Path]:
    """The Python files that run in production or on a user's machine: all but tests and migrations."""
    free = (root / "tests", root / "database" / "migrations")
    return [path for path in files(root) if path.suffix == ".py" and not any(map(path.is_relative_to, free))]


def project(root: Path = ROOT) -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text())


def contracts(root: Path = ROOT) -> list[dict[str, Any]]:
    """The import contracts."""
    found: list[dict[str, Any]] = project(root)["tool"]["importlinter"]["contracts"]
    return found


@dataclass(frozen=True)
class Import:
    """One import statement's module, by its full name, and where it stands."""

    module: str
    line: int

    @property
    def top(self) -> str:
        """The package that it comes from."""
        return self.module.partition(".")[0]


def imports(path: Path, root: Path = ROOT) -> Iterator[Import]:
    """Everything that a file imports anywhere in it, lazily or for type checking too.

    `from a import b` counts as `a.b`, because b may be a module.
    """
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(name.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            for name in node.names:
                yield Import(".".join([*base, *filter(None, [node.module]), name.name]), node.lineno)


def file_of(module: str, root: Path = ROOT) -> Path | None:
    """The project's file for a dotted name, or for the longest part of it that is one; None for foreign modules."""
    parts = module.split(".")
    while parts:
        stem = root.joinpath(*parts)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.exists():
                return path
        parts.pop()
    return None


def reached_from(*starts: str, root: Path = ROOT) -> set[Path]:
    """All files of the project that these modules import, directly or through others, and their packages."""
    found: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = file_of(waiting.pop(), root)
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [one.module for one in imports(path, root)]
        waiting += [".".join(path.relative_to(root).parent.parts)]
    return found
