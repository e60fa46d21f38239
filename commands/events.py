"""Events for storefronts and others: how far everybody is, and sending some again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from domain.event import Endpoint, EndpointState, OutgoingRow
    from ledger import JournalEntry
    from wiring import Rooms

app = typer.Typer(
    help="Events for storefronts and others: how far everybody is, and sending some again.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_AT_ONCE = 200


@app.callback(invoke_without_command=True, epilog=example("events"))
def events(context: typer.Context, as_json: AsJson = False) -> None:
    """What each endpoint was told, what still waits, since when, and why."""
    if context.invoked_subcommand is not None:
        return
    rooms = open_rooms()
    shown = list(_shown(rooms, values.now()))
    if as_json:
        output.print_json(shown)
        return
    columns = ("Endpoint", "State", "Delivered", "Last", "Waiting", "Oldest (UTC)", "Why")
    rows = [tuple(str("" if one[name] is None else one[name]) for name in _COLUMNS) for one in shown]
    output.table(columns, rows, "Nobody is told of returns: BACKHAUL_EVENT_ENDPOINTS is empty; see docs/events.md.")


_COLUMNS = ("name", "condition", "delivered", "delivered_at", "waiting", "oldest", "error")


@app.command(epilog=example("events replay --return R-1 --endpoint storefront"))
def replay(
    since: Annotated[int | None, typer.Option(metavar="SEQ", min=1, help="From this entry of the journal on.")] = None,
    case: Annotated[str | None, typer.Option("--return", metavar="RETURN", help="Those of one return.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From this day or time on, by the journal.")
    ] = None,
    endpoint: Annotated[str | None, typer.Option(metavar="NAME", help="To this one only; else to all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send events again that were delivered before, with the same ids: who has them already leaves them out."""
    if sum(one is not None for one in (since, case, start)) != 1:
        raise InvalidRequest("--since", "say which ones, in one way: --since SEQ, --return RETURN or --from TIME")
    at, rooms = values.moment("--from", start), open_rooms()
    found = {one.name: _again(rooms, one, since, case, at) for one in _endpoints(rooms, endpoint)}
    if as_json:
        output.print_json(found)
        return
    for name, count in found.items():
        output.say(f"{output.many(count, 'event')} will be sent to {name} again, as soon as the portal runs.")


def _endpoints(rooms: Rooms, name: str | None) -> list[Endpoint]:
    known = rooms.settings.event_endpoints
    found = [one for one in known if name in (None, one.name)]
    if not found:
        there = ", ".join(one.name for one in known) or "none; see BACKHAUL_EVENT_ENDPOINTS"
        raise Refused("not_found", f"There is no such endpoint. There are: {there}")
    return found


def _again(rooms: Rooms, endpoint: Endpoint, since: int | None, case: str | None, at: datetime | None) -> int:
    from ledger.events import waiting

    outgoing, now = rooms.stores.outgoing, values.now()
    # What comes after its place is on its way without being asked for.
    place, count = outgoing.place(endpoint.name), 0
    rows: list[OutgoingRow] = []
    for entry in _entries(rooms, since, case, at, place):
        rows += waiting(entry, endpoint)
        if len(rows) >= _AT_ONCE:
            count += outgoing.again(endpoint.name, rows, now)
            rows = []
    return count + outgoing.again(endpoint.name, rows, now)


def _entries(
    rooms: Rooms, since: int | None, case: str | None, at: datetime | None, place: int
) -> Iterator[JournalEntry]:
    for entry in rooms.ledger.entries(case=case, after=(since or 1) - 1):
        if entry.seq > place:
            return
        if at is None or entry.at >= at:
            yield entry


def _shown(rooms: Rooms, now: datetime) -> Iterator[dict[str, object]]:
    from domain.event import EndpointState

    newest = rooms.stores.outgoing.newest()
    states = {one.name: one for one in rooms.stores.outgoing.states()}
    told = [one.name for one in rooms.settings.event_endpoints]
    for name in dict.fromkeys([*told, *states]):
        state = states.get(name) or EndpointState(name=name, seq=newest, delivered=0, delivered_at=None)
        yield {**state.model_dump(mode="json"), "condition": _condition(state, name in told, newest, now)}


def _condition(state: EndpointState, told: bool, newest: int, now: datetime) -> str:
    # One that was taken out of the settings keeps its place, and what waits for it, in case it comes back.
    return state.condition(newest, now).value if told else "not_configured"
