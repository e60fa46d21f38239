"""Claims at the carrier, for parcels of which nobody hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, example

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.carrier_claim import AnswerClaim, OpenClaim

app = output.group("Claims at the carrier, for parcels of which nobody hears.")

Reference = Annotated[str, typer.Option(metavar="REFERENCE", help="The carrier's own id of the claim.")]


@app.command("open", epilog=example("claim open R-1 --reference CL-1 --amount 50.00 --by olga"))
def open_(
    case: Case,
    by: By,
    reference: Reference,
    amount: Annotated[str, typer.Option(help="What is claimed, in the order's currency, such as 50.00.")],
    as_json: AsJson = False,
) -> None:
    """Claim the parcel of a return at the carrier; the policy says whether the shopper is paid at once."""
    from domain.carrier_claim import OpenClaim

    given = {"by": by, "reference": reference}
    values.make(OpenClaim, {**given, "amount": 0})

    def compose(seen: CaseView) -> OpenClaim:
        return values.make(OpenClaim, {**given, "amount": values.minor("--amount", amount, seen.currency)})

    messages.tell(case, "open_claim", compose, as_json)


@app.command(epilog=example("claim answer R-1 --reference CL-1 --answer lost --paid 45.00 --by olga"))
def answer(
    case: Case,
    by: By,
    reference: Reference,
    answer: Annotated[str, typer.Option(help="found or lost.")],
    paid: Annotated[str, typer.Option(help="What the carrier pays for what it lost.")] = "0",
    as_json: AsJson = False,
) -> None:
    """Say what the carrier answered: what is lost is refunded, what is found is waited for."""
    from domain.carrier_claim import AnswerClaim

    given = {"by": by, "reference": reference, "answer": answer}
    values.make(AnswerClaim, {**given, "paid": 0})

    def compose(seen: CaseView) -> AnswerClaim:
        return values.make(AnswerClaim, {**given, "paid": values.minor("--paid", paid, seen.currency)})

    messages.tell(case, "answer_claim", compose, as_json)
