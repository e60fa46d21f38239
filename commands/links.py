"""Where else a return can be seen: its page in the Temporal UI, and the same by Temporal's own command line."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from domain import ids

if TYPE_CHECKING:
    from commands.temporal import Returns
    from domain.model import Model
    from settings import Settings

_USUAL = ("127.0.0.1:7233", "localhost:7233")
_SHORT = 300


def ui(settings: Settings, namespace: str, case: str) -> str:
    """A return's page in the Temporal UI; empty if nobody said where that is."""
    if not settings.ui_url:
        return ""
    return f"{settings.ui_url.rstrip('/')}/namespaces/{namespace}/workflows/{ids.workflow_id(case)}"


def history(returns: Returns, case: str) -> str:
    """The command that shows the return's history."""
    return _command(returns, ["show", "-w", ids.workflow_id(case)])


def update(returns: Returns, case: str, verb: str, said: Model) -> str:
    """The command that says the same to the return; the one that shows its history where that would be too long, or
    what was said is signed and counts once."""
    if verb in ("approve", "override"):
        return history(returns, case)
    words = said.model_dump_json(exclude_none=True, exclude_defaults=True)
    command = _command(returns, ["update", "execute", "-w", ids.workflow_id(case), "--name", verb, "--input", words])
    return command if len(command) <= _SHORT else history(returns, case)


def _command(returns: Returns, words: list[str]) -> str:
    where = [] if returns.address in _USUAL else ["--address", returns.address]
    where += [] if returns.namespace == "default" else ["--namespace", returns.namespace]
    return shlex.join(["temporal", "workflow", *words, *where])
