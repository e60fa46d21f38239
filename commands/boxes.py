"""Boxes that nobody announced: recorded, listed, and matched to returns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, By, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from domain.box import BoxRow

app = output.group("Boxes that nobody announced.")
report = typer.Typer(
    help="Boxes that nobody announced.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_ITEM = "What was in it, once per item; the SKU or the title may be left out, not both."
Items = Annotated[list[str] | None, typer.Option("--item", metavar="SKU:QUANTITY[:TITLE]", help=_ITEM)]
Empty = Annotated[bool, typer.Option("--empty", help="There was nothing in it.")]
Place = Annotated[str | None, typer.Option(help="Where it stands now.")]
_PHOTO = "Where a photo of it lies; kept for people, never fetched."
Photos = Annotated[list[str] | None, typer.Option("--photo", metavar="URL", help=_PHOTO)]
Tracking = Annotated[str | None, typer.Option(metavar="NUMBER", help="The carrier's number, if it can be read.")]
At = Annotated[str | None, typer.Option(metavar="TIME", help="When it came, such as 2026-11-06T13:20Z; else now.")]

_MOST = 1_000


class Seen(NamedTuple):
    """What was typed about such a box."""

    items: list[str]
    empty: bool
    place: str | None
    photos: list[str]
    tracking: str | None
    at: str | None

    @property
    def anything(self) -> str:
        """The first option that was given; none otherwise."""
        names = ("--item", "--empty", "--place", "--photo", "--tracking", "--at")
        return next((name for name, one in zip(names, self, strict=True) if one), "")


def receive(case: str | None, box_id: str | None, line: list[str] | None, by: str, seen: Seen, as_json: bool) -> None:
    """Record a box. Raises InvalidRequest naming the option that is wrong or missing."""
    from domain.box import Box

    if case is not None or line:
        words = "it is of no known return: say what was in it with --item, and match it to a return later"
        raise InvalidRequest("--unknown", words)
    if box_id is None:
        raise InvalidRequest("--receipt-id", "give the box an id and write it on the box, so that it counts once")
    if not seen.place:
        raise InvalidRequest("--place", "say where it stands, so that somebody finds it again")
    if bool(seen.items) is seen.empty:
        raise InvalidRequest("--item", "say what was in it, or --empty if there was nothing")
    now = values.now()
    given: dict[str, object] = {"id": box_id, "received_by": by, "place": seen.place, "photos": seen.photos}
    moment = values.moment("--at", seen.at) or now
    if moment > now:
        raise InvalidRequest("--at", f"{moment:%Y-%m-%d %H:%M} UTC is still to come")
    given |= {"received_at": moment, "tracking_number": seen.tracking, "lines": list(_items(seen.items))}
    _show(open_rooms().boxes.receive(values.make(Box, given), now), as_json)


@report.callback(epilog=example("boxes --overdue"))
def boxes(
    context: typer.Context,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those; then the exit code is 1 if there are any.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Those too of which all is matched.")] = False,
    as_json: AsJson = False,
) -> None:
    """Boxes that nobody announced and whose return is not found yet: who looks for it, and until when."""
    if context.invoked_subcommand is not None:
        return
    now, kept = values.now(), open_rooms().stores.boxes
    found = [one for one in kept.listed(everything=everything, limit=_MOST) if one.overdue(now) or not overdue]
    if as_json:
        output.print_json([_told(one) for one in found])
    else:
        columns = ("Box", "Units", "Left", "Place", "Tracking", "Received (UTC)", "Owner", "Due (UTC)", "Matched to")
        output.table(columns, map(_row, found), "No box waits for its return to be found.")
        if len(found) == _MOST:
            output.say(f"These are {_MOST:,}; there may be more.")
    if overdue and found:
        raise typer.Exit(1)


@report.command(epilog=example("boxes show box-7"))
def show(
    box: Annotated[str, typer.Argument(metavar="BOX", help="The box's id.")],
    as_json: AsJson = False,
) -> None:
    """One box, and the returns and orders that it may belong to."""
    _show(open_rooms().boxes.get(box), as_json)


@report.command(epilog=example("boxes end box-8 --as donate --by olga"))
def end(
    box: Annotated[str, typer.Argument(metavar="BOX", help="The box's id.")],
    disposition: Annotated[str, typer.Option("--as", metavar="DISPOSITION", help="What becomes of it.")],
    by: Annotated[str, typer.Option(metavar="PERSON", help="Who decides so: ops or admin; it is recorded.")],
    item: Annotated[
        list[str] | None,
        typer.Option("--item", metavar="SKU:QUANTITY", help="What is left, where some of it is matched; else all."),
    ] = None,
    location: Annotated[str, typer.Option(help="Where it is put.")] = "main",
    as_json: AsJson = False,
) -> None:
    """Put away what nobody claims of a box; the same again changes nothing."""
    from domain.box import BoxEnd

    desk, now = open_rooms().boxes, values.now()
    units = _left(desk.get(box), item or ())
    said = {"box": box, "units": units, "disposition": disposition, "location": location, "by": by, "at": now}
    _show(desk.end(values.make(BoxEnd, said), now), as_json)


@app.command(epilog=example("match box-7 --return R-1 --by ann"))
def match(
    box: Annotated[str, typer.Argument(metavar="BOX", help="The box's id.")],
    by: By,
    case: Annotated[
        str | None, typer.Option("--return", metavar="RETURN", help="The open return it belongs to.")
    ] = None,
    order: Annotated[str | None, typer.Option(help="The order it is of: a return of it is started.")] = None,
    new_id: Annotated[
        str | None, typer.Option("--id", help="With --order: the new return's id; else R- and the box's.")
    ] = None,
    reason: Annotated[str, typer.Option(help="With --order: why it comes back.")] = "unknown",
    line: Annotated[
        list[str] | None, typer.Option(metavar="LINE:QUANTITY", help="What of it belongs there; else all, by SKU.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a box, or some of it, to a return, which counts it as received; the same again changes nothing."""
    from commands import matching

    if (case is None) is (order is None):
        raise InvalidRequest("--return", "name the return it belongs to, or with --order the order it is of")
    if case is not None and (new_id is not None or reason != "unknown"):
        raise InvalidRequest("--order", "--id and --reason are for a return that is started for the box")
    said = matching.Said(box, by, values.lines(line or ()))
    rooms = open_rooms()
    if order is None:
        found = matching.to_return(rooms, said, str(case))
    else:
        found = matching.to_order(rooms, said, order, new_id or f"R-{box}", reason)
    _show(asyncio.run(found), as_json)


def _left(row: BoxRow, texts: Iterable[str]) -> dict[str, int]:
    """What nobody claims, by SKU. Raises Refused where what is matched leaves that open."""
    given: dict[str, int] = {}
    for one in _items(texts):
        sku = str(one["sku"]) or row.box.id
        given[sku] = given.get(sku, 0) + int(str(one["quantity"]))
    if given:
        return given
    if row.ended is not None:
        return dict(row.ended.units)
    if any(one.units for one in row.matches) and row.left > 0:
        held = ", ".join(f"{count} of {sku}" for sku, count in row.box.by_sku.items())
        text = f"Some of box {row.box.id} is matched, which held {held}: say with --item which {row.left} are left."
        raise Refused("say_which", text)
    return row.box.by_sku


def _items(texts: Iterable[str]) -> Iterator[dict[str, object]]:
    for text in texts:
        sku, _, rest = text.partition(":")
        quantity, _, title = rest.partition(":")
        if not quantity.isascii() or not quantity.isdigit() or len(quantity) > 9:
            words = "is not SKU:QUANTITY[:TITLE]; the quantity is a whole number, as in MUG-1:2 or :1:blue scarf"
            raise InvalidRequest("--item", f"{text[:100]!r} {words}")
        yield {"sku": sku.strip(), "quantity": int(quantity), "title": title.strip()}


def _row(row: BoxRow) -> tuple[object, ...]:
    box = row.box
    came, until = f"{box.received_at:%Y-%m-%d %H:%M}", f"{row.due_at:%Y-%m-%d %H:%M}" if row.open else ""
    cases = ", ".join(one.case for one in row.matches)
    return (
        box.id,
        box.units,
        row.left,
        box.place,
        box.tracking_number or "",
        came,
        row.owner(values.now()),
        until,
        cases,
    )


def _told(row: BoxRow) -> dict[str, object]:
    now = values.now()
    known = {**row.box.model_dump(mode="json"), "due_at": f"{row.due_at:%Y-%m-%dT%H:%M:%SZ}", "units": row.box.units}
    matches = [one.model_dump(mode="json", exclude={"box"}) for one in row.matches]
    ended = row.ended.model_dump(mode="json", exclude={"box"}) if row.ended else None
    state = {"ended": ended, "left": row.left, "open": row.open, "overdue": row.overdue(now), "owner": row.owner(now)}
    return {**known, **state, "matches": matches}


def _show(row: BoxRow, as_json: bool) -> None:
    from activities.inventory.likely import likely

    rooms = open_rooms()
    stores = rooms.stores
    found = likely(row.box, stores.parcels, stores.orders, stores.snapshots, rooms.ledger) if row.open else ()
    if as_json:
        output.print_json({**_told(row), "likely": [one.model_dump(mode="json") for one in found]})
        return
    output.card(f"Box {row.box.id}", _rows(row))
    if row.open:
        shown = [(one.kind, one.id, one.order, one.units, one.because) for one in found]
        columns = ("It may be of", "Id", "Order", "Units that fit", "Because")
        output.table(columns, shown, "No open return and no order is known that it would fit.")


def _rows(row: BoxRow) -> Iterator[tuple[str, object]]:
    from domain.box import told

    box = row.box
    yield "Received", f"{box.received_at:%d %B %Y %H:%M} UTC by {box.received_by}"
    yield "Place", box.place
    yield "Tracking", box.tracking_number or ""
    yield "Contents", told(box.lines)
    for photo in box.photos:
        yield "Photo", photo
    for one in row.matches:
        lines = ", ".join(f"{line.quantity} of line {line.line_id}" for line in one.lines) or "nothing was in it"
        yield "Matched to", f"{one.case} by {one.by}: {lines}" + ("" if one.done else "; it has not answered yet")
    if (ended := row.ended) is not None:
        units = ", ".join(f"{count} of {sku}" for sku, count in ended.units.items()) or "it was empty"
        yield "Ended", f"{ended.disposition.replace('_', ' ')} at {ended.location} by {ended.by}: {units}"
    if ended is not None and not ended.done:
        yield "Next", "ops: its end was not written to the end; say it again"
    elif row.open:
        yield "Next", f"{row.owner(values.now())}: find out whose it is (until {row.due_at:%d %B %Y %H:%M} UTC)"
