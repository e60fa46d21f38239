"""Whether this deployment can work: everything it needs is looked at, and nothing is changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import typer

from commands import output
from commands.checkup import Finding, Level, failed
from commands.output import AsJson, example

app = output.group("Whether everything is there.")


@app.command(epilog=example("doctor"))
def doctor(as_json: AsJson = False) -> None:
    """Look at Temporal, the database, everybody outside, the clock and the settings; exit code 1 if something fails."""
    found = examine(datetime.now(UTC))
    sound = all(one.level is not Level.FAILED for one in found)
    if as_json:
        output.print_json({"ok": sound, "findings": [one.model_dump(mode="json") for one in found]})
    else:
        output.table(("what", "", "found"), ((one.about, one.level, one.found) for one in found), "Nothing was found.")
        for one in found:
            if one.mend:
                output.say(f"{one.about} ({one.level}): `{one.mend}`")
        counts = Counter(one.level for one in found)
        output.say(", ".join(f"{counts[level]} {level}" for level in Level))
    if not sound:
        raise typer.Exit(1)


def examine(now: datetime) -> list[Finding]:
    """All findings, in the order in which they are best mended."""
    from commands.checkup import database, outside, settings, temporal
    from commands.deployment import open_rooms
    from domain.errors import InvalidRequest
    from settings import misspelled
    from wiring import outside as named

    spelled = settings.spelling(misspelled())
    try:
        rooms = open_rooms()
    except InvalidRequest as error:
        wrong = failed("settings", error.message, f"unset {error.field.partition('.')[0]}")
        return [wrong, *spelled, *asyncio.run(temporal.look(plain=True))]
    own = rooms.settings
    return [
        *spelled,
        *settings.gaps(own),
        *asyncio.run(temporal.look()),
        *database.look(rooms, now),
        *outside.look(own, named(own)),
    ]
