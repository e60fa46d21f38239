"""What finance says to a return."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, example
from domain.errors import Refused

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from workflows.return_case.said import Approve

app = output.group("Finance.")


@app.command(epilog=example("approve R-1 --by fay --key fay.pem"))
def approve(
    case: Case,
    by: By,
    key: Annotated[Path, typer.Option(metavar="FILE", help="Your own private key; it signs here and goes nowhere.")],
    as_json: AsJson = False,
) -> None:
    """Agree to a refund that is above the automatic limit; what is signed is this return and this amount alone."""
    import secrets

    from domain.approval import statement
    from ledger.signing import load_key, sign
    from workflows.return_case.said import Approve, RetryNow

    values.make(RetryNow, {"by": by})
    private = load_key(key)

    def compose(seen: CaseView) -> Approve | None:
        asked = seen.to_approve
        if asked is None and seen.approved_by == by:
            return None  # this was said before
        if asked is None:
            raise Refused("nothing_to_approve", f"No refund of return {case} waits for an approval.")
        # A new id each time: what was refused may be said again when that has been mended.
        update_id = f"approve-{secrets.token_hex(8)}"
        said = statement(case, asked.minor, asked.currency, update_id)
        return values.make(
            Approve, {"by": by, "amount": asked.minor, "update_id": update_id, "signature": sign(private, said)}
        )

    messages.tell(case, "approve", compose, as_json)
