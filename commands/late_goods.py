"""Goods that come after their return has ended: counted, decided on, inspected."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from commands import messages, output, values
from commands.deployment import open_rooms
from commands.output import AsJson, By, Case, CaseOrAftercare, example
from domain.errors import InvalidRequest, Refused

app = output.group("Goods that come after their return has ended.")

_LINES = "Line and quantity; else all that could still come."
_GRADED = "As with `inspect`; without any line all of it is grade_a and restocked."


@app.command(epilog=example("late receive R-1 --by ann --receipt-id box-9"))
def receive(
    case: Case,
    by: By,
    receipt_id: Annotated[str, typer.Option(help="The warehouse's own id of the arrival; the same id counts once.")],
    line: Annotated[list[str] | None, typer.Option(metavar="LINE:QUANTITY", help=_LINES)] = None,
    location: Annotated[str, typer.Option(help="Where the box was opened.")] = "main",
    as_json: AsJson = False,
) -> None:
    """Record goods of a return that has ended; what is not paid for waits for a person's decision."""
    from commands.late import Aftercares
    from commands.temporal import Returns
    from domain.inspection import units
    from domain.late import LateGoods
    from ledger.recall import case_so_far

    entries = tuple(open_rooms().ledger.entries(case=case))
    if not entries:
        raise Refused("not_found", f"The journal knows of no return {case}.")
    known = case_so_far(entries)
    said_before = next((units(one.lines) for one in known.receipts if one.id == receipt_id), None)
    counts = known.expected if said_before is None else said_before
    lines = values.lines(line or ()) or [{"line_id": one, "quantity": count} for one, count in counts.items()]
    if not lines:
        raise Refused("nothing_expected", f"Nothing of return {case} could still come; `receive --unknown` takes it.")
    receipt = {"id": receipt_id, "received_by": by, "location": location, "lines": lines}
    late = values.make(LateGoods, {"case": case, "order_id": entries[0].order, "receipt": receipt})

    async def started() -> None:
        returns = await Returns.connect()
        name, seen = await Aftercares(returns.client).start(late)
        messages.show_late(returns, name, seen, as_json)

    asyncio.run(started())


@app.command(epilog=example("late accept R-1 --by olga"))
def accept(case: CaseOrAftercare, by: By, as_json: AsJson = False) -> None:
    """Take goods back that came late: they are inspected, and refunded by the terms that were decided."""
    _decide(case, by, "accept", as_json)


@app.command("send-back", epilog=example("late send-back R-1 --by olga"))
def send_back(case: CaseOrAftercare, by: By, as_json: AsJson = False) -> None:
    """Have goods that came late sent back to the shopper, whose they are again."""
    _decide(case, by, "send_back", as_json)


@app.command(epilog=example("late inspect R-1 --by ben --line 1:1:grade_b"))
def inspect(
    case: CaseOrAftercare,
    by: By,
    inspection_id: Annotated[str, typer.Option(help="The warehouse's own id of the inspection.")] = "late",
    line: Annotated[
        list[str] | None, typer.Option(metavar="LINE:QUANTITY:GRADE:DISPOSITION:LOCATION", help=_GRADED)
    ] = None,
    location: Annotated[str, typer.Option(help="Where the goods are put.")] = "main",
    as_json: AsJson = False,
) -> None:
    """Grade goods that came late; they are put away, and refunded unless they are paid for already."""
    from domain.inspection import Inspection

    graded = values.lines(line or (), "grade", "disposition", "location")
    lines = graded or [{"line_id": one, "quantity": count} for one, count in messages.late_view(case).received.items()]
    if not lines:
        raise InvalidRequest("--line", "say what was in the box")
    given = {"id": inspection_id, "inspected_by": by, "location": location, "lines": lines}
    messages.say_late(case, "inspect", values.make(Inspection, given), as_json)


@app.command(epilog=example("late approve R-1 --by fay --key fay.pem"))
def approve(
    case: CaseOrAftercare,
    by: By,
    key: Annotated[Path, typer.Option(metavar="FILE", help="Your own private key; it signs here and goes nowhere.")],
    as_json: AsJson = False,
) -> None:
    """Agree to the refund of goods that came late, where it is above the automatic limit."""
    import secrets

    from domain.approval import statement
    from ledger.signing import load_key, sign
    from workflows.return_case.said import Approve

    private, seen = load_key(key), messages.late_view(case)
    if seen.to_approve is None:
        raise Refused("nothing_to_approve", f"No refund of late goods of {case} waits for an approval.")
    update_id = f"approve-{secrets.token_hex(8)}"
    asked = seen.to_approve
    signature = sign(private, statement(seen.case, asked.minor, asked.currency, update_id))
    given = {"by": by, "amount": asked.minor, "update_id": update_id, "signature": signature}
    messages.say_late(case, "approve", values.make(Approve, given), as_json)


def _decide(case: str, by: str, how: str, as_json: bool) -> None:
    from domain.late import DecideLate

    messages.say_late(case, "decide_late", values.make(DecideLate, {"by": by, "how": how}), as_json)
