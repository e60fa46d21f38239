"""How a command says something to one return."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from commands import output
from commands.deployment import open_rooms

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.model import Model

Compose = Callable[["CaseView"], "Model | None"]
"""What is to be said, from how the return stands; None if that was said already."""


def tell(case: str, verb: str, compose: Compose, as_json: bool) -> None:
    """Compose a message, say it, and show the return as it stands then. Raises Refused if it is closed."""
    asyncio.run(_tell(case, verb, compose, as_json))


async def _tell(case: str, verb: str, compose: Compose, as_json: bool) -> None:
    from commands import links, panel
    from commands.temporal import Returns
    from domain import ids
    from domain.errors import Refused
    from domain.verbs import Verb

    rooms = open_rooms()
    returns = await Returns.connect()
    seen = await returns.view(case)
    if seen.outcome is not None:
        appeal = (
            f"; a new one can appeal it: `python starter.py start --appeal {case}`"
            if verb == "override" and not seen.appeals
            else ""
        )
        raise Refused("closed", f"Return {case} is closed ({seen.outcome}); nothing can change it any more{appeal}.")
    said = compose(seen)
    if said is not None:
        seen = await returns.tell(case, Verb(verb), said)
    ui = links.ui(rooms.settings, returns.namespace, case)
    if as_json:
        output.print_json({"return": seen.model_dump(mode="json"), "workflow_id": ids.workflow_id(case), "ui": ui})
    else:
        command = links.update(returns, case, verb, said) if said else links.history(returns, case)
        panel.show_view(seen, None, ui, command)
