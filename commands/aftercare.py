"""What came late: which of it somebody looks after, and what finance says to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.deployment import check_known, open_rooms
from commands.output import AsJson, By, example
from domain.errors import Refused

if TYPE_CHECKING:
    from commands.late import OpenAftercare

app = output.group("Aftercare.")

Which = Annotated[
    str,
    typer.Argument(
        metavar="RETURN",
        help="The return, or the order if it belongs to none; or the aftercare's own id.",
        callback=output.named,
    ),
]


@app.command(epilog=example("aftercare --of R-1"))
def aftercare(
    of: Annotated[str, typer.Option(metavar="RETURN", help="Only that of this return, or order.")] = "",
    as_json: AsJson = False,
) -> None:
    """What came after a return had closed and is not settled: late failures, disputes, money that came in late."""
    from commands.late import Aftercares
    from commands.temporal import Returns

    async def found() -> list[OpenAftercare]:
        aftercares = Aftercares((await Returns.connect()).client)
        rows = await aftercares.open(of)
        # Ids come first: a number is looked for in the whole journal.
        return rows or (await aftercares.open(order) if (order := messages.order_named(of)) else [])

    rows = asyncio.run(found())
    if of and not rows:
        _check_known(of)
    if as_json:
        output.print_json([one.model_dump(mode="json") for one in rows])
        return
    output.table(("Id", "What", "Order", "Due", "Next"), map(_row, rows), "Nothing late waits for anybody.")


@app.command("pay-again", epilog=example("pay-again R-1 --by fay"))
def pay_again(
    case: Which,
    by: By,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Though a refund made elsewhere since could have paid it: it did not.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Pay what came back after the return had closed to the same payment again."""
    from workflows.aftercare_desk import PayAgain

    messages.say(case, "pay_again", values.make(PayAgain, {"by": by, "anyway": anyway}), as_json)


@app.command("take-back", epilog=example("take-back B-2041 --by fay"))
def take_back(case: Which, by: By, as_json: AsJson = False) -> None:
    """Take the store credit back that stands for money which a lost dispute took; what is spent the customer owes."""
    from workflows.aftercare_desk import Said

    messages.say(case, "take_back", values.make(Said, {"by": by}), as_json)


@app.command(epilog=example("noted R-1 --by fay"))
def noted(case: Which, by: By, as_json: AsJson = False) -> None:
    """A late fact was seen to; nothing waits for it any more. Refused where money is owed."""
    from workflows.aftercare_desk import Said

    messages.say(case, "noted", values.make(Said, {"by": by}), as_json)


def _check_known(subject: str) -> None:
    """Raises Refused for what is neither a return nor an order that the journal knows."""
    from ledger.cli import order_id

    rooms = open_rooms()
    try:
        check_known(rooms, subject)
    except Refused as unknown:
        try:
            order_id(rooms.ledger, subject)
        except Refused:
            raise unknown from None


def _row(one: OpenAftercare) -> tuple[object, ...]:
    seen = one.seen
    if seen is None:
        return one.id, "", "", "", "ops: no worker says how it stands"
    what = seen.turn.value.replace("_", " ") if seen.turn else ""
    due = f"{seen.due_at:%Y-%m-%d %H:%M}" if seen.due_at else ""
    trouble = next((f"{one.owner}: {one.message}" for one in seen.troubles), "")
    return one.id, what, seen.order_id or "", due, trouble or f"{seen.next_owner}: {seen.next_action}"
