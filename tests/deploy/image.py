"""The Dockerfile as data: what it takes out of the project's folder, and the folder /app that this makes."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.house.tree import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def copied() -> dict[str, str]:
    """What is copied, and where to, seen from the stage's working folder."""
    lines = [line.split()[1:] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
    return {
        source: target.rstrip("/") + "/" + Path(source).name if target.endswith("/") else target
        for *sources, target in lines
        for source in sources
        if not sources[0].startswith("--from")
    }


def lay_out(app: Path) -> None:
    """Make /app here."""
    for source, target in copied().items():
        if target.startswith("/"):
            continue
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, app / target)
