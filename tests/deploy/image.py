"""The Dockerfile as data: what it takes out of the project's folder, and the folder /app that this makes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.house.tree import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def stages() -> dict[str, str]:
    """The text of each stage by its name; what a stage is built on stands in its first line."""
    parts = [part for part in re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE) if part.startswith("FROM ")]
    return {part.splitlines()[0].split(" AS ")[1]: part for part in parts}


def copied(*names: str) -> dict[str, str]:
    """What these stages (else all) copy, and where to, seen from the stage's working folder."""
    texts = [text for name, text in stages().items() if not names or name in names]
    lines = [line.split()[1:] for text in texts for line in text.splitlines() if line.startswith("COPY ")]
    return {
        source: target.rstrip("/") + "/" + Path(source).name if target.endswith("/") else target
        for *sources, target in lines
        for source in sources
        if not sources[0].startswith("--from")
    }


def lay_out(app: Path, *names: str) -> None:
    """Make /app here, as these stages have it."""
    for source, target in copied(*(names or ("program",))).items():
        if target.startswith("/"):
            continue
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, app / target)
