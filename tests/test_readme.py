"""What the README names is there. Its code blocks are run in tests/stack/test_running.py."""

from __future__ import annotations

import re

from settings import ROOT

README = (ROOT / "README.md").read_text()


def test_every_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"make ([a-z]+)", README))
    assert targets >= {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
