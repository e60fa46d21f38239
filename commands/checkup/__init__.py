"""What `doctor` looks at, one file per neighbour. Each look gives findings and changes nothing."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Model


class Level(StrEnum):
    """How bad it is: returns run, returns run and something is missing, returns do not run."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(Model):
    """What was found of one thing, and the command that mends it; empty where nothing is to be mended."""

    about: str
    level: Level
    found: str
    mend: str = ""


def ok(about: str, found: str) -> Finding:
    """All is well."""
    return Finding(about=about, level=Level.OK, found=found)


def warning(about: str, found: str, mend: str = "") -> Finding:
    """Returns run without it, and somebody will miss it."""
    return Finding(about=about, level=Level.WARNING, found=found, mend=mend)


def failed(about: str, found: str, mend: str = "") -> Finding:
    """Returns cannot run, or would stop on their way."""
    return Finding(about=about, level=Level.FAILED, found=found, mend=mend)
