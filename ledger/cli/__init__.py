"""Finance's commands: what they share. `ledger.__main__` joins them and says where the ledger comes from."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from pydantic import ValidationError

from domain import ids
from domain.errors import InvalidRequest, Refused
from domain.stores import People, Snapshots
from ledger import EntryKind, Ledger
from ledger.days import Days
from ledger.facts import Facts

if TYPE_CHECKING:
    from rich.console import Console

    from ledger.reconcile.run import Provider

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of a table.")]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="From this day on, in UTC.")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Until this day, which counts too.")]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What steers a terminal must not reach it out of a name.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class Books(NamedTuple):
    """Where the journal, and the orders that it names, come from."""

    ledger: Callable[[], Ledger]
    snapshots: Callable[[], Snapshots]
    people: Callable[[], People]
    provider: Callable[[], Provider]
    prefix: Callable[[], str]
    """What the numbers of credit notes begin with."""


def opened(context: typer.Context) -> Ledger:
    """The ledger of this command."""
    books: Books = context.obj
    return books.ledger()


def snapshots(context: typer.Context) -> Snapshots:
    """The orders that were decided on."""
    books: Books = context.obj
    return books.snapshots()


def provider(context: typer.Context) -> Provider:
    """The payment provider, to be read."""
    books: Books = context.obj
    return books.provider()


def people(context: typer.Context) -> People:
    """Who may act."""
    books: Books = context.obj
    return books.people()


def facts(context: typer.Context) -> Facts:
    """Where facts are entered."""
    return Facts(opened(context), snapshots(context))


def order_id(ledger: Ledger, told: str) -> str:
    """The id of an order that is told by its id or by its number.

    Raises Refused if no return asked for such an order, and InvalidRequest where orders of several shops have that
    number.
    """
    if ledger.find(ids.order_key(told)) is not None:
        return told
    opened = (one for one in ledger.entries() if one.kind is EntryKind.ORDER_OPENED)
    found = [one.order for one in opened if one.facts.get("number") == told]
    if len(found) > 1:
        raise InvalidRequest("order", f"several orders have the number {told}; name one by its id: {', '.join(found)}")
    if not found:
        text = f"the journal has no order with the id or number {told}: it was never opened, as no return asked for it"
        raise Refused("order_not_opened", text)
    return found[0]


def days(first: str | None, last: str | None) -> Days:
    """The days between the options --from and --to. Raises InvalidRequest naming the one that is wrong."""
    between = (_day("--from", first), _day("--to", last))
    try:
        return Days(first=between[0], last=between[1])
    except ValidationError:
        raise InvalidRequest("--to", "the last day comes before the first") from None


def _day(option: str, text: str | None) -> date | None:
    # The shape too, because Python also reads 20261130 and 2026-W48-1.
    try:
        if text is None or _DAY.fullmatch(text):
            return date.fromisoformat(text) if text else None
    except ValueError:
        pass
    raise InvalidRequest(option, "write a day as 2026-11-30")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table for people, or a sentence if it has no rows."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        # Text, because in a plain string square brackets would count as markup.
        shown.add_row(*(Text(_CONTROL.sub("�", str(value))) for value in row))
    if shown.row_count:
        _console().print(shown)
    else:
        say(empty)


def say(*lines: str) -> None:
    """Lines for people."""
    for line in lines:
        typer.echo(_CONTROL.sub("�", line))


def _console() -> Console:
    from rich.console import Console

    # Into a file or a pipe nothing is folded to a terminal's width.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=400)
