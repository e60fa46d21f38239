"""Every diary has its section, and every section its diary."""

from __future__ import annotations

from tests.diaries import book


def test_no_scenario_is_missing() -> None:
    assert list(book.sections()) == list(book.diaries())


def test_every_diary_says_what_it_tells() -> None:
    assert not [name for name, title in book.diaries().items() if not title]
