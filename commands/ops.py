"""What ops say."""

from __future__ import annotations

from typing import Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, CaseOrAftercare, Remark, example

app = output.group("Ops.")


@app.command(epilog=example("retry R-1 --by ops"))
def retry(case: CaseOrAftercare, by: By, as_json: AsJson = False) -> None:
    """Try the steps of a return, or of its aftercare, that wait for help again; what was done stays done once."""
    from workflows.return_case.said import RetryNow

    said = values.make(RetryNow, {"by": by})
    messages.say(case, "retry_now", said, as_json)


@app.command(epilog=example("close R-1 --by olga --reason duplicate"))
def close(
    case: Case,
    by: By,
    reason: Annotated[str, typer.Option(help="duplicate, settled_otherwise, no_answer or suspected_abuse.")],
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """End a return now, until its goods arrive; the units are free again and the label is voided."""
    from workflows.return_case.said import ForceClose

    said = values.make(ForceClose, {"by": by, "reason": reason, "remark": remark})
    messages.tell(case, "force_close", lambda _: said, as_json)


@app.command(epilog=example("lost R-1 --by olga"))
def lost(case: Case, by: By, as_json: AsJson = False) -> None:
    """The carrier has answered that it lost the parcel: the shopper is paid as if the goods had come as new."""
    from workflows.return_case.said import Lost

    said = values.make(Lost, {"by": by})
    messages.tell(case, "lost", lambda _: said, as_json)


@app.command(epilog=example("assign R-1 --to olga --by fay"))
def assign(
    case: Case,
    by: By,
    to: Annotated[str, typer.Option(metavar="WHO", help="ops, warehouse, finance, or a person's id.")],
    as_json: AsJson = False,
) -> None:
    """Ask a team or a person to do what comes next of a return; it holds until the next step."""
    from workflows.return_case.said import Assign

    said = values.make(Assign, {"by": by, "to": to})
    messages.tell(case, "assign", lambda _: said, as_json)


@app.command(epilog=example("replan R-1 --by fay"))
def replan(case: Case, by: By, as_json: AsJson = False) -> None:
    """Money of the order went another way: have the refund planned anew where it must be."""
    from workflows.return_case.said import Replan

    said = values.make(Replan, {"by": by})
    messages.tell(case, "replan", lambda _: said, as_json)
