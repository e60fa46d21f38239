"""What the shopper says."""

from __future__ import annotations

from typing import Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, CaseOrAftercare, example

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


@app.command(epilog=example("choose R-1 --resolution store_credit --by olga --remark 'by phone, 14:20'"))
def choose(
    case: Case,
    by: By,
    resolution: Annotated[str, typer.Option(help="refund or store_credit, if the policy offers it for the items.")],
    remark: Annotated[
        str,
        typer.Option(help="How staff heard it, at most 200 characters; it stays in the history, so name no people."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Choose what a return ends with, until its money is on the way; the quote follows."""
    from domain.choice import Choice

    said = values.make(Choice, {"by": by, "resolution": resolution, "remark": remark})
    messages.tell(case, "choose", lambda _: said, as_json)


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
