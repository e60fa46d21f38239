"""Finance's commands: what they share. `ledger.__main__` joins them and says where the ledger comes from."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from pydantic import ValidationError

from domain.errors import InvalidRequest
from domain.stores import People, Snapshots
from ledger import Ledger
from ledger.days import Days
from ledger.facts import Facts

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of a table.")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="From this day on, in UTC.")
]
To = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="Until this day, which counts too.")
]

# What steers a terminal must not reach it out of a name.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class Books(NamedTuple):
    """Where the journal, and the orders that it names, come from."""

    ledger: Callable[[], Ledger]
    snapshots: Callable[[], Snapshots]
    people: Callable[[], People]


def opened(context: typer.Context) -> Ledger:
    """The ledger of this command."""
    books: Books = context.obj
    return books.ledger()


def snapshots(context: typer.Context) -> Snapshots:
    """The orders that were decided on."""
    books: Books = context.obj
    return books.snapshots()


def people(context: typer.Context) -> People:
    """Who may act."""
    books: Books = context.obj
    return books.people()


def facts(context: typer.Context) -> Facts:
    """Where facts are entered."""
    return Facts(opened(context), snapshots(context))


def days(first: datetime | None, last: datetime | None) -> Days:
    """The days between two options. Raises InvalidRequest if the last comes before the first."""
    try:
        return Days(first=first.date() if first else None, last=last.date() if last else None)
    except ValidationError:
        raise InvalidRequest("to", "the last day comes before the first") from None


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
