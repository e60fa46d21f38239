"""How these tests run programs: apart from this user's settings, and each with a limit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from embedded.stack import Ports
from tests.house.tree import ROOT

BIN = Path(sys.executable).parent
INIT = ROOT / "deploy" / "temporal-init.sh"


def alone(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing of Temporal or of ours is set; files are written below `folder`."""
    return {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "BACKHAUL_HOME": str(folder), **more}


def run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT, seconds: float = 90
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=seconds)


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs for as long as the block lasts."""
    with log.open("w") as written:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=written, stderr=written)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=60)


@contextmanager
def temporal(folder: Path) -> Iterator[str]:
    """A Temporal server's address. It was told to start, but is perhaps not ready yet."""
    port = Ports.free().temporal
    command = [str(BIN / "temporal"), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--db-filename", str(folder / "temporal.db"), "--log-level", "error"]
    with started(command, alone(folder), folder / "temporal.log"):
        yield f"127.0.0.1:{port}"


def prepare(server: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the job that makes namespace and search attributes."""
    return run(["sh", str(INIT)], alone(folder, TEMPORAL_ADDRESS=server, TEMPORAL_NAMESPACE="returns"))
