"""What ops read in the Temporal UI is Markdown; words from outside stay words in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workflows.return_case.panel import help_wanted, plain
from workflows.return_case.stage import Trouble


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![seen](https://evil.example/1.png)", "!\\[seen](https://evil.example/1.png)"),
        ("[sign in again](https://evil.example)", "\\[sign in again](https://evil.example)"),
        ("<img src=//evil.example> <https://evil.example>", "\\<img src=//evil.example> \\<https://evil.example>"),
        # Whoever escapes first does not open it again.
        ("\\[a](b)", "\\\\\\[a](b)"),
        ("Stoneware mug, 0.3 l (blue) & saucer", "Stoneware mug, 0.3 l (blue) & saucer"),
    ],
)
def test_no_text_becomes_a_link_or_a_picture(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_what_a_vendor_says_of_a_trouble_stays_words() -> None:
    due = datetime(2026, 11, 22, tzinfo=UTC)
    said = "The storefront says no: [log in](https://evil.example)"
    line = help_wanted(Trouble(owner="ops", step="Read the order", message=said, due_at=due))
    assert "says no: \\[log in](" in line
    assert line.startswith("⚠ **Read the order** needs ops: ")
