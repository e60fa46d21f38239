"""Mails to shoppers, and what became of them."""

from __future__ import annotations

from typing import Annotated

import typer

from commands import output
from commands.deployment import open_rooms
from commands.output import AsJson, By, example

app = typer.Typer(
    help="Mails to shoppers.", invoke_without_command=True, add_completion=False, pretty_exceptions_enable=False
)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The mail's key, as `mails` shows it.")]
_FAILED = "Only those that the shopper may not have, or does not want."
_MOST = 200


@app.command(epilog=example("mails resend notice:R-1:approved:1 --by olga"))
def resend(key: Key, by: By, as_json: AsJson = False) -> None:
    """Send a mail of an open return once more, made anew from how it stands now; the shopper had lost it, say."""
    from commands import messages, values
    from domain import ids
    from workflows.return_case.said import Resend

    said = values.make(Resend, {"by": by, "notice": key})
    messages.tell(ids.case_in(key), "resend", lambda _: said, as_json)


@app.command(epilog=example("mails skip notice:R-1:reminder:740000 --by olga"))
def skip(key: Key, by: By, as_json: AsJson = False) -> None:
    """Leave out a mail that is owed; it is not tried any more."""
    from activities.mail.skipping import Skipping
    from commands import values

    rooms = open_rooms()
    row = Skipping(rooms.stores.outbox, rooms.ledger, rooms.stores.people).skip(key, by, values.now())
    if as_json:
        output.print_json(row.model_dump(mode="json"))
    else:
        output.say(f"The mail {row.kind} of return {row.case} is not sent.")


@app.callback(invoke_without_command=True, epilog=example("mails --failed"))
def mails(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help=_FAILED)] = False,
    case: Annotated[str, typer.Option("--return", metavar="RETURN", help="Only those of this return.")] = "",
    as_json: AsJson = False,
) -> None:
    """What became of mails, the newest first. No addresses: those stand in the shop."""
    if context.invoked_subcommand is not None:
        return
    from domain.notice import WELL, NoticeState

    kept = open_rooms().stores.outbox
    states = [None, *(state for state in NoticeState if not failed or state not in WELL)]
    rows = [one for one in kept.of_case(case)[::-1] if one.state in states] if case else kept.listed(states, _MOST)
    if as_json:
        output.print_json([one.model_dump(mode="json") for one in rows])
        return
    shown = [
        (one.case, one.kind, one.state or "reserved", f"{one.reserved_at:%Y-%m-%d %H:%M:%S}", one.why, one.key)
        for one in rows
    ]
    none = "Every mail is out." if failed else "There are no mails."
    output.table(("Return", "Mail", "State", "Since (UTC)", "Why", "Key"), shown, none)
    if len(rows) == _MOST:
        output.say(f"These are the newest {_MOST}; there may be more.")
