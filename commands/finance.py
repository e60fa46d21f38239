"""What finance says to a return."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, CaseOrAftercare, example
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
    """Agree to the refund or the override that waits; what is signed is this return and this amount alone."""
    import secrets

    from domain.approval import statement, statement_of_override
    from ledger.signing import load_key, sign
    from workflows.return_case.said import Approve, RetryNow

    values.make(RetryNow, {"by": by})
    private = load_key(key)

    def compose(seen: CaseView) -> Approve | None:
        asked = seen.to_approve
        if asked is None and seen.approved_by == by:
            return None  # this was said before
        if asked is None:
            raise Refused("nothing_to_approve", f"Nothing of return {case} waits for an approval.")
        # A new id each time: what was refused may be said again when that has been mended.
        update_id = f"approve-{secrets.token_hex(8)}"
        said = statement(case, asked.minor, asked.currency, update_id)
        given: dict[str, object] = {"by": by, "amount": asked.minor, "update_id": update_id}
        if override := seen.override_to_approve:
            said = statement_of_override(case, override, asked.minor, asked.currency, update_id)
            given["override"] = override
        return values.make(Approve, {**given, "signature": sign(private, said)})

    messages.tell(case, "approve", compose, as_json)


@app.command(
    "paid-by-hand", epilog=example("paid-by-hand R-1 --payment bacs-7 --reference SEPA-4711 --by fay --key fay.pem")
)
def paid_by_hand(
    case: CaseOrAftercare,
    by: By,
    payment: Annotated[str, typer.Option(metavar="PAYMENT", help="Which payment it pays back.")],
    reference: Annotated[str, typer.Option(metavar="REFERENCE", help="The bank's, or that of the receipt.")],
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own private key, if the shop knows one of yours.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What of a return, or of its aftercare, waited for a person is paid; up to your own limit."""
    import secrets

    from domain import ids
    from domain.approval import statement_by_hand
    from ledger.signing import load_key, sign
    from workflows.return_case.said import PaidByHand

    given: dict[str, object] = {"by": by, "payment": payment, "reference": reference}
    values.make(PaidByHand, given)
    if key is not None:
        update_id = f"paid-by-hand-{secrets.token_hex(8)}"
        signature = sign(load_key(key), statement_by_hand(ids.case_in(case) or case, payment, reference, update_id))
        given |= {"update_id": update_id, "signature": signature}
    said = values.make(PaidByHand, given)
    messages.say(case, "paid_by_hand", said, as_json)


@app.command(epilog=example("settle R-1 --how paid --reference SEPA-4712 --by fay"))
def settle(
    case: Case,
    by: By,
    how: Annotated[str, typer.Option(help="paid, or waived to let it go.")],
    reference: Annotated[str, typer.Option(metavar="REFERENCE", help="The bank's, of what was paid.")] = "",
    as_json: AsJson = False,
) -> None:
    """What the shopper owes for goods that were paid for early, and are worse or never came, is paid or let go."""
    from domain.early import Settle

    said = values.make(Settle, {"by": by, "how": how, "reference": reference})
    messages.tell(case, "settle", lambda _: said, as_json)


@app.command("by-hand-failed", epilog=example("by-hand-failed R-1 --payment bacs-7 --reason wrong_account --by fay"))
def by_hand_failed(
    case: CaseOrAftercare,
    by: By,
    payment: Annotated[str, typer.Option(metavar="PAYMENT", help="Which payment it should have paid back.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why, in one word, such as wrong_account.")],
    as_json: AsJson = False,
) -> None:
    """What of a return, or of its aftercare, waited for a person could not be paid; it stays owed."""
    from workflows.return_case.said import ByHandFailed

    said = values.make(ByHandFailed, {"by": by, "payment": payment, "reason": reason})
    messages.say(case, "by_hand_failed", said, as_json)
