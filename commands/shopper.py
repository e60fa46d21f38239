"""What the shopper says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, CaseOrAftercare, example

if TYPE_CHECKING:
    from commands.temporal import CaseView

app = output.group("The shopper.")


@app.command(epilog=example("cancel R-1 --by shopper --reason sent_by_mistake"))
def cancel(
    case: Case,
    by: By,
    reason: Annotated[str, typer.Option(help="changed_mind, sent_by_mistake or staff.")] = "changed_mind",
    remark: Annotated[
        str, typer.Option(help="For staff, at most 200 characters; it stays in the history, so name no people.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Call a return off, until its goods arrive; the units are free again and the label is voided."""
    from workflows.return_case.said import Cancel

    said = values.make(Cancel, {"by": by, "reason": reason, "remark": remark})
    messages.tell(case, "cancel", lambda _: said, as_json)


@app.command("new-label", epilog=example("new-label R-1 --by shopper --method qr_code"))
def new_label(
    case: Case,
    by: By,
    method: Annotated[
        str | None, typer.Option(help="Another way back: label, qr_code, drop_off, in_store or shopper_ships.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Issue another label, until a carrier has the parcel; the one before is given back, and its scans still count."""
    from domain.parcel import NewLabel

    def compose(seen: CaseView) -> NewLabel:
        return values.make(NewLabel, {"by": by, "number": max(2, seen.label_number + 1), "method": method})

    messages.tell(case, "new_label", compose, as_json)


@app.command("handed-over", epilog=example("handed-over R-1 --by shopper --tracking 00340434161094042557"))
def handed_over(
    case: Case,
    by: By,
    tracking: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Of a parcel that is not under our label.")
    ] = None,
    receipt: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Of the receipt that the carrier or drop-off point gave.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The shopper shows that the goods were handed over; from then on the return does not expire."""
    from domain.parcel import HandedOver

    said = values.make(HandedOver, {"by": by, "tracking_number": tracking, "receipt": receipt})
    messages.tell(case, "handed_over", lambda _: said, as_json)


@app.command(epilog=example("consent R-1 --to store_credit --by olga --remark 'by phone, 14:20'"))
def consent(
    case: CaseOrAftercare,
    by: By,
    to: Annotated[str, typer.Option(help="store_credit or bank.")],
    payment: Annotated[str | None, typer.Option(metavar="PAYMENT", help="Where more than one failed: which.")] = None,
    remark: Annotated[
        str,
        typer.Option(help="How staff heard it, at most 200 characters; it stays in the history, so name no people."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """The shopper agrees that a refund which failed goes another way; it is paid anew that way."""
    from workflows.return_case.said import Consented

    said = values.make(Consented, {"by": by, "payment": payment, "to": to, "remark": remark})
    messages.say(case, "consent", said, as_json)
