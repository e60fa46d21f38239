"""What runs by the clock."""

from __future__ import annotations

import asyncio

from commands import output
from commands.output import AsJson, example

app = output.group("What runs by the clock.")


@app.callback()
def _group() -> None:
    """Without this the group's only command would be the group itself."""


@app.command(epilog=example("schedules create"))
def create(as_json: AsJson = False) -> None:
    """Make the nightly reconciliation; one that is there is left as it is, moved or paused."""
    made = asyncio.run(_create())
    if as_json:
        output.print_json({"schedule": "reconcile", "made": made})
    else:
        output.say("The schedule reconcile was made." if made else "The schedule reconcile is there already.")


async def _create() -> bool:
    from temporalio.service import RPCError

    from domain.errors import Unavailable
    from wiring import connect
    from workflows.schedules import create_schedules

    try:
        return await create_schedules(await connect())
    except RPCError as error:
        raise Unavailable(f"Temporal does not take the call ({error.status.name.lower()}): {error.message}") from None
