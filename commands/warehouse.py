"""What the warehouse says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from commands import boxes, messages, output, values
from commands.output import AsJson, By, Case, Remark, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.inspection import Inspection, Receipt

app = output.group("The warehouse.")

_ANY = [{"line_id": "any", "quantity": 1}]


@app.command(epilog=example("receive R-1 --by ann --receipt-id box-7 --line 1:2"))
def receive(
    by: By,
    case: Annotated[str | None, typer.Argument(metavar="RETURN", help="The return's id, unless --unknown.")] = None,
    receipt_id: Annotated[
        str | None, typer.Option(help="The warehouse's own id of the arrival; the same id counts once.")
    ] = None,
    line: Annotated[
        list[str] | None, typer.Option(metavar="LINE:QUANTITY", help="What was counted; else all that is expected.")
    ] = None,
    serial: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE:SERIAL", help="A serial number that was read, once per unit; a wrong one is told."),
    ] = None,
    location: Annotated[str, typer.Option(help="Where the box was opened.")] = "main",
    unknown: Annotated[bool, typer.Option("--unknown", help="A box of which nobody knows the return.")] = False,
    item: boxes.Items = None,
    empty: boxes.Empty = False,
    place: boxes.Place = None,
    photo: boxes.Photos = None,
    tracking: boxes.Tracking = None,
    at: boxes.At = None,
    as_json: AsJson = False,
) -> None:
    """Tell a return that goods arrived, or record a box that nobody announced."""
    seen = boxes.Seen(item or [], empty, place, photo or [], tracking, at)
    if unknown:
        boxes.receive(case, receipt_id, line, by, seen, as_json)
    elif seen.anything:
        raise InvalidRequest(seen.anything, "this is told of a box that nobody announced; say --unknown with it")
    elif case is None:
        raise InvalidRequest("RETURN", "name the return, or say --unknown if it is not known")
    else:
        _receive(case, by, receipt_id, line, serial or (), location, as_json)


def _receive(
    case: str,
    by: str,
    receipt_id: str | None,
    line: list[str] | None,
    serial: Sequence[str],
    location: str,
    as_json: bool,
) -> None:
    from domain.inspection import Receipt

    counted = values.lines(line or ())
    if counted and not receipt_id:
        words = "name the arrival, so that the same box counts once; two boxes may hold the same"
        raise InvalidRequest("--receipt-id", words)
    given: dict[str, object] = {"id": receipt_id or "everything", "received_by": by, "location": location}
    # Checked before anybody is asked; what is expected is only known to the return.
    values.make(Receipt, {**given, "lines": values.with_serials(counted, serial) if counted else _ANY})

    def compose(seen: CaseView) -> Receipt | None:
        lines = counted or [{"line_id": one, "quantity": count} for one, count in seen.expected.items()]
        if not lines and seen.received:
            return None  # everything came already, so this was said before
        if not lines:
            raise Refused("nothing_expected", f"Return {case} expects no goods now. Next: {seen.next_action}")
        return values.make(Receipt, {**given, "lines": values.with_serials(lines, serial)})

    messages.tell(case, "receive", compose, as_json)


@app.command(epilog=example("inspect R-1 --by ann --line 1:1 --line 1:1:grade_d:not_restocked"))
def inspect(
    case: Case,
    by: By,
    inspection_id: Annotated[str, typer.Option(help="The warehouse's own id of the inspection.")] = "inspection",
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE:QUANTITY:GRADE:DISPOSITION:LOCATION",
            help="Grade (grade_a to grade_d), disposition (restocked, not_restocked, processing_required, missing, "
            "quarantine, refurbish, liquidate, donate, recycle) and a place of their own may be left out; without any "
            "line all that was received is grade_a and restocked.",
        ),
    ] = None,
    location: Annotated[str, typer.Option(help="Where the goods are put.")] = "main",
    more: Annotated[
        bool, typer.Option("--more", help="More of the return is to come: pay what is here, and wait.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Grade everything that a return received; the refund follows."""
    from domain.inspection import Inspection

    graded = values.lines(line or (), "grade", "disposition", "location")
    given: dict[str, object] = {"id": inspection_id, "inspected_by": by, "location": location}
    given |= {"rest": "expected"} if more else {}
    # Checked before anybody is asked; what was received is only known to the return.
    values.make(Inspection, {**given, "lines": graded or _ANY})

    def compose(seen: CaseView) -> Inspection:
        lines = graded or [{"line_id": line_id, "quantity": count} for line_id, count in seen.ungraded.items()]
        if not lines:
            raise Refused("nothing_received", f"Nothing of return {case} has been received; receive it first.")
        return values.make(Inspection, {**given, "lines": lines})

    messages.tell(case, "inspect", compose, as_json)


@app.command(epilog=example("repair R-1 --by ann --result repaired"))
def repair(
    case: Case,
    by: By,
    result: Annotated[str, typer.Option(help="repaired, or not_repairable: then the next remedy follows.")],
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """Tell a return what came of the repair of all its goods."""
    from domain.repair import WorkshopSaid

    said = values.make(WorkshopSaid, {"by": by, "result": result, "remark": remark})
    messages.tell(case, "repair", lambda seen: said, as_json)


@app.command(epilog=example("shipped R-1 --by ann --tracking JJD0001 --carrier DHL"))
def shipped(
    case: Case,
    by: By,
    tracking: Annotated[str, typer.Option(help="The parcel's number, if it has one.")] = "",
    carrier: Annotated[str, typer.Option(help="Who brings it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell a return that what goes out for its goods is on its way to the shopper."""
    from domain.repair import ShippedByHand

    said = values.make(ShippedByHand, {"by": by, "tracking_number": tracking, "carrier": carrier})
    messages.tell(case, "shipped", lambda seen: said, as_json)
