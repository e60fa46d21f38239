"""Functions of at most 40 lines and files of at most 300. Tests and migrations are free."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.tree import ROOT, product_files

LONGEST_FUNCTION = 40
LONGEST_FILE = 300


def too_long(text: str) -> Iterator[str]:
    """What of a file's text is too long, in words. A function is counted from `def` to its last line."""
    length = len(text.splitlines())
    if length > LONGEST_FILE:
        yield f"{length} lines, {LONGEST_FILE} are allowed"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{node.name} (line {node.lineno}) has {length} lines, {LONGEST_FUNCTION} are allowed"


def test_every_file_and_function_fits_on_a_screen_or_a_few() -> None:
    found = [f"{path.relative_to(ROOT)}: {words}" for path in product_files() for words in too_long(path.read_text())]
    assert not found, "\n".join(found)


def test_forty_lines_are_allowed_and_forty_one_are_not() -> None:
    body = "    pass\n"
    assert not list(too_long("def f():\n" + body * 39))
    assert list(too_long("def f():\n" + body * 40)) == ["f (line 1) has 41 lines, 40 are allowed"]
    assert list(too_long("class C:\n  async def f():\n" + body * 40)) == ["f (line 2) has 41 lines, 40 are allowed"]


def test_three_hundred_lines_are_allowed_and_one_more_is_not() -> None:
    assert not list(too_long("x = 1\n" * 300))
    assert list(too_long("x = 1\n" * 301)) == ["301 lines, 300 are allowed"]


def test_the_product_is_among_the_files() -> None:
    names = {str(path.relative_to(ROOT)) for path in product_files()}
    assert {"worker.py", "domain/money.py", "ledger/store/append.py", "deploy/healthy.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "database/migrations/", "."))]
