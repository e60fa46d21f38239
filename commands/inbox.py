"""What vendors told us by webhook, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, example

if TYPE_CHECKING:
    from domain.inbox import InboxRow
    from domain.stores import Inbox

app = typer.Typer(help="Webhooks.", add_completion=False, pretty_exceptions_enable=False)

_RETRY = "Send this one again at once, by its id as shown here, such as stripe:evt_1."
_MOST = 200
_SHORTEST_DAYS = 7
"""Vendors send an event again for up to three days."""


@app.callback(invoke_without_command=True, epilog=example("inbox --retry stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy"))
def inbox(
    context: typer.Context,
    retry: Annotated[str | None, typer.Option(metavar="ID", help=_RETRY)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what was delivered too.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only count, and exit with 1 if somebody has to look.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """What vendors told us and nobody has taken yet: waiting, refused, unreadable, or about no order of ours."""
    from domain.inbox import InboxState

    if context.invoked_subcommand is not None:
        return 0
    kept = open_rooms().stores.inbox
    if retry is not None:
        _ask_again(retry, as_json)
        return 0
    if check:
        return _count(kept, as_json)
    states = [state for state in InboxState if everything or state is not InboxState.DELIVERED]
    rows = kept.listed(states, _MOST)
    if as_json:
        output.print_json([_shown(row) for row in rows])
        return 0
    shown = [
        (row.id, row.kind, row.state, row.target, row.attempts, f"{row.received_at:%Y-%m-%d %H:%M:%S}", row.error)
        for row in rows
    ]
    columns = ("Id", "What", "State", "To", "Attempts", "Received (UTC)", "Why")
    output.table(columns, shown, "Nothing waits: whatever vendors told us was delivered.")
    if len(rows) == _MOST:
        output.say(f"These are the newest {_MOST}; there may be more.")
    if wanted := _to_look_at(kept):
        output.say(wanted)
    return 0


@app.command(epilog=example("inbox prune --older-than 90"))
def prune(
    older_than: Annotated[int, typer.Option(metavar="DAYS", help="How many days it has to be there; 7 at least.")],
    as_json: AsJson = False,
) -> None:
    """Delete what came in long ago and was delivered, refused or unreadable; what waits or is outside stays."""
    from domain.errors import InvalidRequest

    if older_than < _SHORTEST_DAYS:
        raise InvalidRequest("--older-than", f"vendors send the same again for days; keep {_SHORTEST_DAYS} at least")
    gone = open_rooms().stores.inbox.prune(values.now() - timedelta(days=min(older_than, 36_500)))
    if as_json:
        output.print_json({"deleted": gone})
    else:
        output.say(f"{output.many(gone, 'event')} deleted.")


def _count(kept: Inbox, as_json: bool) -> int:
    counts, wanted = kept.counts(), _to_look_at(kept)
    if as_json:
        output.print_json({state.value: number for state, number in counts.items()})
    else:
        output.say(wanted or "Nothing that vendors told us waits for a person.")
    return 1 if wanted else 0


def _to_look_at(kept: Inbox) -> str:
    """What no retry will mend, in a sentence; empty if there is none."""
    from domain.inbox import InboxState

    counts = kept.counts()
    known = [(counts.get(state, 0), state.value) for state in (InboxState.REFUSED, InboxState.UNREADABLE)]
    found = " and ".join(f"{number} {word}" for number, word in known if number)
    return f"Somebody has to look: {found} (docs/webhooks.md)." if found else ""


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
