"""What programs read: JSON that says everything, and steers no terminal."""

from __future__ import annotations

import json

import pytest

from commands import output


def test_json_steers_no_terminal_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"title": "Tasse \x1b[31m \x9b31m \x85 \x7f äöü 日本"}
    output.print_json(told)
    printed = capsys.readouterr().out
    assert not [one for one in printed if one != "\n" and not one.isprintable()]
    assert "äöü 日本" in printed
    assert json.loads(printed) == told
