"""Child processes: started with a log file each, watched, and stopped in turn."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from settings import ROOT

_STOP_SECONDS = 40


class Child:
    """One process of the stack. `alive` is set while it runs."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self.alive = asyncio.Event()
        self.alive.set()
        self.ended = asyncio.create_task(self._watch())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    async def _watch(self) -> int:
        code = await self.process.wait()
        self.alive.clear()
        return code

    async def stop(self) -> int:
        """SIGTERM, then wait; SIGKILL only if it hangs. Returns its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(asyncio.shield(self.ended), _STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            return await self.ended


async def start(name: str, command: Sequence[str], logs: Path, environment: Mapping[str, str]) -> Child:
    """Start a process. In a session of its own, so that Ctrl-C reaches only the stack, which stops them in order."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )
    return Child(name, process)
