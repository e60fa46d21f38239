"""The short form of the random walks in which facts overtake plans."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.proof.facts import Walk


@pytest.mark.parametrize("number", range(8))
def test_the_books_close_whatever_happens_elsewhere(number: int, tmp_path: Path) -> None:
    assert Walk(Random(f"7:{number}"), tmp_path).go() == []
