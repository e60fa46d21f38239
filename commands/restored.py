"""After a restore from backups: the returns whose journal and whose workflow were copied at different moments."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, By, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from commands.rejoining import Apart, Rejoined

app = output.group("After a restore.")


@app.command(epilog=example("restored --since 2026-11-22T03:00:00Z --by olga --dry-run"))
def restored(
    by: By,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="The moment of the older of the two backups.")
    ] = None,
    case: Annotated[str | None, typer.Option("--return", metavar="RETURN", help="Only this one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list which returns it would begin anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Begin returns anew from the journal, and tell each again what its workflow was told: those that moved since the
    older of two backups, or one; exit code 1 if any of it was not taken."""
    from activities.people import check_speaker
    from domain.verbs import Verb

    moment = values.past("--since", since)
    if (moment is None) is (case is None):
        raise InvalidRequest("--since", "say when the older of the two backups was made, or name one `--return`")
    check_speaker(open_rooms().stores.people, by, Verb.FORCE_CLOSE)  # ops or an admin
    apart, rejoined = asyncio.run(_all(moment, case, dry_run))
    if as_json:
        output.print_json([one.model_dump(mode="json") for one in (rejoined or apart)])
    elif dry_run:
        rows = [(one.id, one.journal, one.workflow, "would begin anew") for one in apart]
        output.table(("Return", "Journal", "Temporal", ""), rows, "Journal and Temporal agree on every return.")
    else:
        lines = [(one.id, one.stage, str(one.told), "; ".join(one.refused)) for one in rejoined]
        output.table(("Return", "Stage", "Told again", "Not taken"), lines, "Journal and Temporal agree.")
        output.say("", "Now hold the journal against the provider: `python -m ledger reconcile`")
    if failed := [one for one in rejoined if one.refused]:
        raise Refused("not_all", f"{output.many(len(failed), 'return')} did not take all that was told before")


async def _all(since: datetime | None, case: str | None, dry_run: bool) -> tuple[Sequence[Apart], Sequence[Rejoined]]:
    from commands.rejoining import Rejoining

    rejoining = await Rejoining.connect(open_rooms())
    apart = await rejoining.moved(since) if since else await rejoining.one(case or "")
    return apart, [] if dry_run else await rejoining.rejoin(apart)
