"""What the shopper says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, CaseOrAftercare, Remark, Swaps, example

if TYPE_CHECKING:
    from commands.temporal import CaseView

app = output.group("The shopper.")


@app.command(epilog=example("cancel R-1 --by shopper --reason sent_by_mistake"))
def cancel(
    case: Case,
    by: By,
    reason: Annotated[str, typer.Option(help="changed_mind, sent_by_mistake or staff.")] = "changed_mind",
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """Call a return off, until its goods arrive; the units are free again and the label is voided."""
    from workflows.return_case.said import Cancel

    said = values.make(Cancel, {"by": by, "reason": reason, "remark": remark})
    messages.tell(case, "cancel", lambda _: said, as_json)


@app.command(epilog=example("choose R-1 --resolution store_credit --by olga --remark 'by phone, 14:20'"))
def choose(
    case: Case,
    by: By,
    resolution: Annotated[str, typer.Option(help="refund or store_credit, if the policy offers it for the items.")],
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """Choose what a return ends with, until its money is on the way; the quote follows."""
    from domain.choice import Choice

    said = values.make(Choice, {"by": by, "resolution": resolution, "remark": remark})
    messages.tell(case, "choose", lambda _: said, as_json)


@app.command(epilog=example("edit R-1 --by shopper --line 1:2 --line 3:1:defective"))
def edit(
    case: Case,
    by: By,
    line: Annotated[
        list[str], typer.Option(metavar="LINE:QUANTITY:REASON", help="All that comes back from now on, each line.")
    ],
    basis: Annotated[
        str | None, typer.Option(help="Another ground: withdrawal, non_conformity, warranty, policy.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="Another way back, until it is settled: label, in_store and others.")
    ] = None,
    resolution: Annotated[
        str | None,
        typer.Option(help="What it ends with instead, of what the policy offers: refund, replacement and others."),
    ] = None,
    exchange: Swaps = None,
    edit_id: Annotated[str | None, typer.Option("--id", help="Your own id of it; the same id counts once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for something else instead, until the goods arrive; what stays of it stays as it was promised."""
    import secrets

    from domain.editing import Edit

    ends = "exchange" if exchange else resolution
    lines = values.exchanged(values.lines(line, "reason"), exchange or (), ends)
    wanted = {"lines": lines, "basis": basis, "method": method, "resolution": ends}
    said = values.make(Edit, {"id": edit_id or f"edit-{secrets.token_hex(6)}", "by": by, **wanted})
    messages.tell(case, "edit", lambda _: said, as_json)


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
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """The shopper agrees that a refund which failed goes another way; it is paid anew that way."""
    from workflows.return_case.said import Consented

    said = values.make(Consented, {"by": by, "payment": payment, "to": to, "remark": remark})
    messages.say(case, "consent", said, as_json)
