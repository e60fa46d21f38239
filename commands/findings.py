"""What the warehouse finds beside the goods of a return, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.deployment import open_rooms
from commands.output import AsJson, By, Case, example
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.finding import Finding

finding = output.group("What was found beside the goods of a return.")

FindingId = Annotated[str, typer.Option("--id", help="The warehouse's own id of it; the same id counts once.")]


@finding.command(epilog=example("finding add R-1 --id f-1 --what damaged_in_transit --line 1 --quantity 1 --by ann"))
def add(
    case: Case,
    by: By,
    finding_id: FindingId,
    what: Annotated[str, typer.Option(help="short, wrong_item, extra_item, empty_box, damaged_in_transit or used.")],
    line: Annotated[str | None, typer.Option(help="The line of the order that it is about.")] = None,
    sku: Annotated[str, typer.Option(help="Of other goods: their SKU.")] = "",
    quantity: Annotated[int | None, typer.Option(help="How many units it is about; none of an empty box.")] = None,
    photo: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Where a photo of it lies; kept for people, never fetched.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what is not as it should be, before the goods are inspected."""
    from domain.finding import Finding

    given: dict[str, object] = {"id": finding_id, "by": by, "code": what, "sku": sku}
    given |= {"line_id": line} if line is not None else {}
    given |= {"quantity": quantity} if quantity is not None else {}
    values.make(Finding, given)
    addresses = _photos(photo or [])

    def compose(seen: CaseView) -> Finding:
        # Said again it needs no second note: what is recorded keeps the first.
        known = finding_id in seen.found
        note = {"note_id": open_rooms().stores.notes.put("\n".join(addresses))} if addresses and not known else {}
        return values.make(Finding, {**given, **note})

    messages.tell(case, "record_finding", compose, as_json)


@finding.command(epilog=example("finding settle R-1 --id f-2 --as sent_back --tracking BH998877665544332 --by ann"))
def settle(
    case: Case,
    by: By,
    finding_id: FindingId,
    ending: Annotated[str, typer.Option("--as", help="sent_back, kept or other_return.")],
    tracking: Annotated[str | None, typer.Option(help="Of goods that were sent back: the parcel's number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of goods that are not of the return: other ones, and extra units."""
    from domain.finding import FindingSettled

    given = {"finding": finding_id, "by": by, "ending": ending, "tracking_number": tracking}
    said = values.make(FindingSettled, given)
    messages.tell(case, "settle_finding", lambda _: said, as_json)


def _photos(addresses: list[str]) -> list[str]:
    """Raises InvalidRequest for too many, and for what is no address of a photo."""
    from domain.box import MOST_PHOTOS, Photos

    if len(addresses) > MOST_PHOTOS:
        raise InvalidRequest("--photo", f"{len(addresses)} photos; at most {MOST_PHOTOS} are kept")
    return list(values.make(Photos, {"photos": addresses}).photos)
