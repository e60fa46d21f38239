"""What the carrier says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, example
from domain.errors import Refused

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.parcel import Scan

app = output.group("Parcels.")
parcel = output.group("Parcels of a return beside its label's.")

_STATUSES = (
    "pre_transit, in_transit, out_for_delivery, delivered, available_for_pickup, return_to_sender, failure, "
    "cancelled, error or unknown."
)
_SCAN_ID = "The carrier's event id; without it a status counts once for each --at, and without that once for all."
_TRACKING = "Which of its parcels; else its label's."


@app.command(epilog=example("scan R-1 --status in_transit --location Hamburg"))
def scan(
    case: Case,
    status: Annotated[str, typer.Option(help=_STATUSES)],
    scan_id: Annotated[str | None, typer.Option(help=_SCAN_ID)] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When, such as 2026-11-06T13:20Z; else now.")] = None,
    location: Annotated[str, typer.Option(help="Which town or depot.")] = "",
    tracking: Annotated[str | None, typer.Option(metavar="NUMBER", help=_TRACKING)] = None,
    as_json: AsJson = False,
) -> None:
    """Tell a return where the carrier saw its parcel; the same scan again changes nothing."""
    from domain.parcel import Scan

    moment = values.moment("--at", at)
    own_id = status if moment is None else f"{status}-{moment:%Y%m%dT%H%M%SZ}"
    own_id += f"-{tracking[-20:]}" if tracking else ""
    # Checked before anybody is asked; the tracking number is the return's own.
    given = {"id": scan_id or own_id, "status": status, "at": moment or values.now(), "location": location}
    checked = values.make(Scan, {**given, "tracking_number": tracking or "not-known-yet"})

    def compose(seen: CaseView) -> Scan:
        if tracking:
            return checked
        if not seen.tracking_number:
            raise Refused(
                "no_parcel", f"Return {case} has no parcel yet; `parcel add` ties one to it. Next: {seen.next_action}"
            )
        return checked.model_copy(update={"tracking_number": seen.tracking_number})

    messages.tell(case, "record_scan", compose, as_json)


@parcel.command(epilog=example("parcel add R-2 --tracking 00340434161094042557 --by olga"))
def add(
    case: Case,
    by: By,
    tracking: Annotated[str, typer.Option(metavar="NUMBER", help="The other parcel's tracking number.")],
    as_json: AsJson = False,
) -> None:
    """Tie another parcel to a return: a second one of its own, or the one that it shares with another return."""
    from domain.parcel import OtherParcel

    said = values.make(OtherParcel, {"tracking_number": tracking, "by": by})
    messages.tell(case, "add_parcel", lambda _: said, as_json)
