"""Refunds: how each stands, and who is next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import output
from commands.deployment import check_known, open_rooms
from commands.output import AsJson, example
from domain.refund import RefundStatus

if TYPE_CHECKING:
    from ledger.refund_list import RefundRow

app = output.group("Refunds.")


@app.command(epilog=example("refunds --state failed"))
def refunds(
    order: Annotated[str | None, typer.Option(help="Only this order's, by its number or id.")] = None,
    case: Annotated[str | None, typer.Option("--return", help="Only this return's.")] = None,
    state: Annotated[RefundStatus | None, typer.Option(help="Only those in this state.")] = None,
    as_json: AsJson = False,
) -> None:
    """Refunds as the journal knows them: state, attempts, references, by when they show, and who is next."""
    from ledger.cli import order_id
    from ledger.refund_list import refund_list

    rooms = open_rooms()
    ledger = rooms.ledger
    if case is not None:
        check_known(rooms, case)
    entries = (
        list(ledger.entries(case=case))
        if case is not None
        else ledger.entries(order=None if order is None else order_id(ledger, order))
    )
    found = [one for one in refund_list(entries) if state in (None, one.state)]
    if as_json:
        output.print_json([one.model_dump(mode="json") for one in found])
        return
    columns = ("Return", "Order", "Payment", "Amount", "State", "Tries", "Refund", "Bank's reference", "Shows by")
    output.table((*columns, "Next"), map(_row, found), "There are no such refunds.")


def _row(one: RefundRow) -> tuple[object, ...]:
    from ledger.readable import amount

    state = f"{one.state} ({one.reason})" if one.reason else one.state.value
    known = (one.case, one.order, one.payment, amount(one.amount, one.currency), state, one.attempts or "")
    upcoming = f"{one.owner}: {one.action}" if one.action else one.owner
    return (*known, one.refund, one.arn, one.shows_by or "", upcoming)
