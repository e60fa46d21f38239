"""Finance's commands for credit notes: one of them as text, JSON or PDF, and the list of all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from domain.credit_note import CreditNote, parse_name
from domain.errors import InvalidRequest, Refused
from ledger import Ledger
from ledger.cli import From, To, days
from ledger.credit_notes import issued_by
from ledger.days import Days

_COLUMNS = ("Number", "Date", "Order", "Return", "Credited", "Tax", "Kept", "Refunded", "Cancels")


class Format(StrEnum):
    """How one note is written."""

    TEXT = "text"
    JSON = "json"
    PDF = "pdf"


AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON.")]


def register(app: typer.Typer, ledger: Callable[[typer.Context], Ledger]) -> None:
    """Add the commands to an app; `ledger` opens the ledger of a call."""

    @app.command("credit-note")
    def credit_note(
        context: typer.Context,
        number: Annotated[str, typer.Argument(help="Its number, such as CN-demo-000123.")],
        written: Annotated[
            Format | None, typer.Option("--format", help="How it is written: text, unless said.")
        ] = None,
        out: Annotated[Path | None, typer.Option(help="Into this file instead of standard output.")] = None,
        as_json: AsJson = False,
    ) -> int:
        """One credit note, drawn anew from the journal: the same bytes each time."""
        if as_json and written not in (None, Format.JSON):
            raise typer.BadParameter(f"--json and --format {written} are two answers; ask for one")
        form = Format.JSON if as_json else written or Format.TEXT
        content = _written(find(ledger(context), number), form)
        return _put(content, out)

    @app.command("credit-notes")
    def credit_notes(
        context: typer.Context,
        first: From = None,
        last: To = None,
        as_json: AsJson = False,
    ) -> int:
        """Every credit note, in the order in which they were issued."""
        found = _issued(ledger(context), days(first, last))
        if as_json:
            _print_json(found)
        else:
            _print_table(found)
        return 0


def find(ledger: Ledger, name: str) -> CreditNote:
    """A note by its number. Raises InvalidRequest if it is no number, Refused (`no_credit_note`) if no note has it."""
    entry = next(ledger.numbered(*parse_name(name)), None)
    note = issued_by(entry) if entry else None
    if note is None:
        text = f"there is no credit note {name}; `python -m ledger credit-notes` lists all there are"
        raise Refused("no_credit_note", text)
    return note


def _written(note: CreditNote, written: Format) -> bytes:
    # Each loaded only when asked for: --help need not wait for the PDF library.
    if written is Format.PDF:
        from ledger.credit_notes.pdf import as_pdf

        return as_pdf(note)
    from ledger.credit_notes.page import as_json, as_text

    return (as_text(note) if written is Format.TEXT else f"{as_json(note)}\n").encode()


def _put(content: bytes, out: Path | None) -> int:
    if out is not None:
        try:
            out.write_bytes(content)
        except OSError as error:
            raise InvalidRequest("--out", f"{out} cannot be written: {error.strerror}") from None
    elif content.startswith(b"%PDF") and sys.stdout.isatty():
        raise InvalidRequest("--out", "a terminal shows no PDF; name a file, such as --out note.pdf")
    else:
        # typer.echo writes bytes as they are.
        typer.echo(content, nl=False)
    return 0


def _issued(ledger: Ledger, when: Days) -> Iterator[CreditNote]:
    for entry in ledger.numbered():
        note = issued_by(entry)
        if note and when.has(note.issued_on):
            yield note


def _print_json(notes: Iterator[CreditNote]) -> None:
    """One JSON array, a note a line, written as it is read."""
    before = "[\n"
    for note in notes:
        typer.echo(before + json.dumps(note.published(), ensure_ascii=False), nl=False)
        before = ",\n"
    typer.echo("[]" if before == "[\n" else "\n]")


def _print_table(notes: Iterator[CreditNote]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ledger.readable import amount

    table = Table(*_COLUMNS, box=None)
    for note in notes:
        money = (amount(minor, note.currency) for minor in (note.gross, note.tax, note.kept, note.total))
        told = (note.name, note.issued_on.isoformat(), note.order_number, note.case, *money, note.cancels)
        # Text, because in a plain string square brackets would count as markup.
        table.add_row(*map(Text, told))
    console = Console() if sys.stdout.isatty() else Console(width=400)
    console.print(table if table.row_count else "There are no such credit notes.")
