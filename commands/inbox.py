"""What vendors told us by webhook, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, example

if TYPE_CHECKING:
    from domain.inbox import InboxRow

app = output.group("Webhooks.")

_RETRY = "Send this one again at once, by its id as shown here, such as stripe:evt_1."
_MOST = 200


@app.command(epilog=example("inbox --retry stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy"))
def inbox(
    retry: Annotated[str | None, typer.Option(metavar="ID", help=_RETRY)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what was delivered too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What vendors told us and nobody has taken yet: waiting, refused, unreadable, or about no order of ours."""
    from domain.inbox import InboxState

    kept = open_rooms().stores.inbox
    if retry is not None:
        _ask_again(retry, as_json)
        return
    states = [state for state in InboxState if everything or state is not InboxState.DELIVERED]
    rows = kept.listed(states, _MOST)
    if as_json:
        output.print_json([_shown(row) for row in rows])
        return
    shown = [
        (row.id, row.kind, row.state, row.target, row.attempts, f"{row.received_at:%Y-%m-%d %H:%M:%S}", row.error)
        for row in rows
    ]
    columns = ("Id", "What", "State", "To", "Attempts", "Received (UTC)", "Why")
    output.table(columns, shown, "Nothing waits: whatever vendors told us was delivered.")
    if len(rows) == _MOST:
        output.say(f"These are the newest {_MOST}; there may be more.")


def _ask_again(name: str, as_json: bool) -> None:
    from domain.errors import InvalidRequest, Refused
    from domain.inbox import Vendor

    vendor, colon, event = name.partition(":")
    if not colon or vendor not in list(Vendor):
        text = f"{name!r} is no event's id; write it as `python starter.py inbox` shows it, such as stripe:evt_1"
        raise InvalidRequest("--retry", text)
    row = open_rooms().stores.inbox.ask_again(Vendor(vendor), event, values.now())
    if row is None:
        text = f"There is no event {name} that could be sent. See which there are: `python starter.py inbox --all`"
        raise Refused("not_found", text)
    if as_json:
        output.print_json(_shown(row))
    else:
        output.say(f"{row.id} is sent again as soon as the portal looks, within a second of its running.")


def _shown(row: InboxRow) -> dict[str, object]:
    return {"id": row.id, **row.model_dump(mode="json")}
