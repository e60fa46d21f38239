"""Removes the files of labels and packing sheets, which show where somebody lives."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

# What stands after the stem: a part that nobody can guess, the ending, and that of a file left half written.
_REST = r"-[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{1,8}(\.[A-Za-z0-9_]+)?"


def remove_files(folder: Path, stems: Collection[str]) -> int:
    """Remove the files whose names begin with one of these words and a dash; how many there were."""
    if not stems or not folder.is_dir():
        return 0
    named = re.compile(rf"\.?(?:{'|'.join(map(re.escape, stems))}){_REST}")
    found = [one for one in folder.iterdir() if named.fullmatch(one.name)]
    for one in found:
        one.unlink(missing_ok=True)
    return len(found)
