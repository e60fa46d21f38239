"""Where else a return or its aftercare can be seen: in the Temporal UI, and by Temporal's own command line."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.temporal import Returns
    from domain.model import Model
    from settings import Settings

_USUAL = ("127.0.0.1:7233", "localhost:7233")
_SHORT = 300


def ui(settings: Settings, namespace: str, workflow_id: str) -> str:
    """A workflow's page in the Temporal UI; empty if nobody said where that is."""
    if not settings.ui_url:
        return ""
    return f"{settings.ui_url.rstrip('/')}/namespaces/{namespace}/workflows/{workflow_id}"


def history(returns: Returns, workflow_id: str) -> str:
    """The command that shows a workflow's history."""
    return _command(returns, ["show", "-w", workflow_id])


def update(returns: Returns, workflow_id: str, verb: str, said: Model) -> str:
    """The command that says the same to the workflow; the one that shows its history where that would be too long, or
    what was said is signed and counts once."""
    if verb in ("approve", "override"):
        return history(returns, workflow_id)
    words = said.model_dump_json(exclude_none=True, exclude_defaults=True)
    command = _command(returns, ["update", "execute", "-w", workflow_id, "--name", verb, "--input", words])
    return command if len(command) <= _SHORT else history(returns, workflow_id)


def _command(returns: Returns, words: list[str]) -> str:
    where = [] if returns.address in _USUAL else ["--address", returns.address]
    where += [] if returns.namespace == "default" else ["--namespace", returns.namespace]
    return shlex.join(["temporal", "workflow", *words, *where])
