"""docs/operations.md, read: the commands that stand below a heading, and how one of them is run."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from settings import ROOT
from tests.proof.site import environment

PAGE = (ROOT / "docs" / "operations.md").read_text()
TEMPORAL = str(Path(sysconfig.get_path("scripts")) / "temporal")


def commands(heading: str) -> list[str]:
    """The lines of shell below a heading, in order."""
    _, _, section = PAGE.partition(f"\n### {heading}\n")
    assert section, heading
    section = re.split(r"\n##", section)[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


async def run(home: Path, line: str, case: str = "", settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """One of them, about this return; what it says."""
    program, *words = shlex.split(line.replace("R-1", case))
    start = {"python": [sys.executable], "temporal": [TEMPORAL, "--config-file", str(home / "stack.toml")]}
    process = await asyncio.create_subprocess_exec(
        *start[program],
        *words,
        cwd=ROOT,
        env=environment(home, settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, f"{line}\n{said.decode()}"
    return said.decode()
