"""What ops say."""

from __future__ import annotations

from commands import messages, output, values
from commands.output import AsJson, By, Case, CaseOrAftercare, example

app = output.group("Ops.")


@app.command(epilog=example("retry R-1 --by ops"))
def retry(case: CaseOrAftercare, by: By, as_json: AsJson = False) -> None:
    """Try the steps of a return, or of its aftercare, that wait for help again; what was done stays done once."""
    from workflows.return_case.said import RetryNow

    said = values.make(RetryNow, {"by": by})
    messages.say(case, "retry_now", said, as_json)


@app.command(epilog=example("replan R-1 --by fay"))
def replan(case: Case, by: By, as_json: AsJson = False) -> None:
    """Money of the order went another way: have the refund planned anew where it must be."""
    from workflows.return_case.said import Replan

    said = values.make(Replan, {"by": by})
    messages.tell(case, "replan", lambda _: said, as_json)
