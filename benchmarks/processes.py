"""What running processes have used so far, as the kernel counts it (Linux)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Used(NamedTuple):
    """`cpu` in seconds of processor time, `memory` in MiB: what is in memory now; of parts that are shared, a share."""

    cpu: float
    memory: float


def used(pid: int) -> Used:
    """Of one process, with the processor time of those of its children that have ended; zeros once it is gone."""
    try:
        fields = _status(pid)
        sizes = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return Used(0, 0)
    proportional = next((line.split()[1] for line in sizes if line.startswith("Pss:")), "0")
    return Used(sum(map(int, fields[11:15])) / _TICKS, int(proportional) / 1024)


def words(pid: int) -> str:
    """Its command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


def parent(pid: int) -> int:
    """Which process has started it. Raises FileNotFoundError if there is none."""
    return int(_status(pid)[1])


def below(pid: int) -> list[int]:
    """All processes that it has started, and those that they have."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(parent(int(entry.name)), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, ask = [], [pid]
    while ask:
        more = children.get(ask.pop(), [])
        found += more
        ask += more
    return found


def _status(pid: int) -> list[str]:
    """What /proc tells, from the third field on: the name before may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
