"""What every command shares: answers as tables or JSON, errors in one paragraph, and true exit codes."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from domain.errors import BackhaulError, InvalidRequest

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def named(case: str) -> str:
    """The id of a return as it was typed. Raises InvalidRequest if it is empty."""
    # An empty id would find everything that belongs to no return.
    if not case.strip():
        raise InvalidRequest("RETURN", "the id is empty; see which there are: `python starter.py list`")
    return case


Swaps = Annotated[
    list[str] | None,
    typer.Option(metavar="LINE=SKU", help="An exchange: what goes out for each line, as many units of it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output, nothing else.")]
Case = Annotated[str, typer.Argument(metavar="RETURN", help="The return's id.", callback=named)]
CaseOrAftercare = Annotated[
    str,
    typer.Argument(
        metavar="RETURN",
        help="The return's id, or that of its aftercare where more than one is open.",
        callback=named,
    ),
]
By = Annotated[str, typer.Option(help="Who says so, in one word; it is recorded.")]
Remark = Annotated[
    str, typer.Option(help="For staff, at most 200 characters; it stays in the history, so name no people.")
]
Format = Annotated[
    Literal["auto", "shopify", "woocommerce", "backhaul"], typer.Option(help="Whose JSON it is; auto finds out.")
]
Transactions = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What the shop tells apart: Shopify's transactions, Woo's refunds.")
]

# Made once: to make it, of some sixty commands, takes longer than most of them run.
command_of = cache(typer.main.get_command)
"""A whole command line, ready to run."""

# Titles and names come from outside; what steers a terminal must not reach it.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
# Those that JSON lets stand as they are.
_C1 = re.compile(r"[\x7f-\x9f]")


def group(help: str) -> typer.Typer:
    """A group of commands; unexpected errors are ours to show, not typer's."""
    return typer.Typer(help=help, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def example(command: str) -> str:
    """The example at the end of a command's help."""
    return f"Example: python starter.py {command}"


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run one command line. 0: done; 1: refused, not found or no answer; 2: the input is wrong, nothing was changed."""
    try:
        return command_of(app)(arguments, prog_name="python starter.py", standalone_mode=False) or 0
    except typer.TyperException as error:
        # A group without a command has shown its help already and has nothing more to say.
        if text := error.format_message():
            typer.echo(f"{sentence(text)} See --help.", err=True)
        return 2
    except InvalidRequest as error:
        typer.echo(sentence(_named_as_typed(app, arguments, error)), err=True)
        return 2
    except BackhaulError as error:
        typer.echo(sentence(error.message), err=True)
        return 1
    except typer.Abort:
        return 130
    except Exception as error:
        typer.echo(_fault(error), err=True)
        return 1


_TYPED = {
    "received_by": ("by",),
    "inspected_by": ("by",),
    "requested_by": ("by",),
    "id": ("receipt-id", "inspection-id", "scan-id", "id", "bulk-id"),
    "lines": ("line", "item"),
    "photos": ("photo",),
    "tracking_number": ("tracking",),
    "order_id": ("order",),
    "appeals": ("appeal",),
}
"""The options that a field may be typed as, where it is not called the same."""


def _named_as_typed(app: typer.Typer, arguments: Sequence[str] | None, error: InvalidRequest) -> str:
    """The message with the option instead of the field, where the command has one for it."""
    words = error.message.removeprefix(f"{error.field}: ")
    command = command_of(app)
    said = sys.argv[1:] if arguments is None else arguments
    for word in said:
        command = getattr(command, "commands", {}).get(word, command)
    options = {name for parameter in command.params for name in parameter.opts}
    field, *inner = error.field.split(".")
    typed = [f"--{name}" for name in _TYPED.get(field, (field.replace("_", "-"),))]
    typed.sort(key=lambda name: not any(word.split("=")[0] == name for word in said))  # what was said comes first
    option = next((name for name in typed if name in options), None)
    if option is None:
        return words if field == "input" else error.message
    part = next((f"{one.replace('_', ' ')}: " for one in inner if not one.isdigit() and one != "line_id"), "")
    return f"{option}: {part}{words}"


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    typer.echo(_C1.sub(lambda one: f"\\u{ord(one[0]):04x}", json.dumps(value, indent=2, ensure_ascii=False)))


def say(*lines: str) -> None:
    """Lines for people."""
    for line in lines:
        typer.echo(_CONTROL.sub("�", line))


def many(count: int, word: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table for people, or a sentence if it has no rows."""
    from rich.table import Table

    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*map(_cell, row))
    if shown.row_count:
        _console().print(shown)
    else:
        say(empty)


def card(title: str, rows: Iterable[tuple[str, object]]) -> None:
    """A thing for people: its title, then what is known of it; rows without a value are left out."""
    from rich.table import Table

    shown = Table.grid(padding=(0, 2))
    shown.add_column(style="bold")
    for name, value in rows:
        if value not in ("", None):
            shown.add_row(_cell(name), _cell(value))
    console = _console()
    console.print(_cell(title), style="bold")
    console.print(shown)


def _cell(value: object) -> Text:
    from rich.text import Text

    # Text, because in a plain string square brackets would count as markup.
    return Text(_CONTROL.sub("�", str(value)))


def _console() -> Console:
    from rich.console import Console

    # Into a file or a pipe nothing is folded to a terminal's width.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=400)


def _fault(error: Exception) -> str:
    """A fault of this program: where it is, for whoever mends it, instead of a page of code for everybody."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename}, line {place.lineno}"
    return sentence(f"This is a fault in the program ({type(error).__name__} in {where}): {error}")


def sentence(message: str) -> str:
    """A message on one line, with a full stop unless it ends in something to be typed."""
    text = _CONTROL.sub("�", " ".join(message.split()))
    return text if text.endswith((".", "!", "?", "`")) else f"{text}."
