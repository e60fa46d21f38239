"""What the carrier says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, Case, example
from domain.errors import Refused

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.parcel import Scan

app = output.group("Parcels.")

_STATUSES = (
    "pre_transit, in_transit, out_for_delivery, delivered, available_for_pickup, return_to_sender, failure, "
    "cancelled, error or unknown."
)
_SCAN_ID = "The carrier's event id; without it a status counts once for each --at, and without that once for all."


@app.command(epilog=example("scan R-1 --status in_transit --location Hamburg"))
def scan(
    case: Case,
    status: Annotated[str, typer.Option(help=_STATUSES)],
    scan_id: Annotated[str | None, typer.Option(help=_SCAN_ID)] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When, such as 2026-11-06T13:20Z; else now.")] = None,
    location: Annotated[str, typer.Option(help="Which town or depot.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell a return where the carrier saw its parcel; the same scan again changes nothing."""
    from domain.parcel import Scan

    moment = values.moment("--at", at)
    own_id = status if moment is None else f"{status}-{moment:%Y%m%dT%H%M%SZ}"
    # Checked before anybody is asked; the tracking number is the return's own.
    given = {"id": scan_id or own_id, "status": status, "at": moment or values.now(), "location": location}
    checked = values.make(Scan, {**given, "tracking_number": "not-known-yet"})

    def compose(seen: CaseView) -> Scan:
        if not seen.tracking_number:
            raise Refused("no_parcel", f"Return {case} has no label yet, so it has no parcel. Next: {seen.next_action}")
        return checked.model_copy(update={"tracking_number": seen.tracking_number})

    messages.tell(case, "record_scan", compose, as_json)
