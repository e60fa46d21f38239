"""Where tests write. It is read once and thrown away: where memory has the room, no disk needs to take it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30


def choose() -> None:
    """Have this process, and those that it starts, write into memory, unless somebody has said where to."""
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def in_memory() -> bool:
    """Whether that is so."""
    return Path(tempfile.gettempdir()) == _MEMORY
