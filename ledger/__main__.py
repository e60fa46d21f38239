"""Finance's command line: `python -m ledger list` and `python -m ledger verify`.

Exit codes: 0 all is well, 1 something is wrong (verification failed, the database does not answer), 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import BackhaulError
from entry import leave
from ledger import JournalEntry, Ledger, Verification, credit_notes_cli

if TYPE_CHECKING:
    from rich.console import Console

LedgerFactory = Callable[[], Ledger]

app = typer.Typer(
    help="What the journal says, and whether it holds.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of a table.")]


@app.command("list")
def list_entries(
    context: typer.Context,
    case: Annotated[str | None, typer.Option(help="Only this return.")] = None,
    order: Annotated[str | None, typer.Option(help="Only this order, by its id.")] = None,
    as_json: AsJson = False,
) -> int:
    """Every entry of the journal, oldest first."""
    entries = _ledger(context).entries(order=order, case=case)
    if as_json:
        _print_json(entries)
    else:
        _print_table(entries)
    return 0


@app.command()
def verify(context: typer.Context, as_json: AsJson = False) -> int:
    """Recompute everything; exit code 1 if anything does not hold."""
    ledger = _ledger(context)
    found = ledger.verify()
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        _print_verification(ledger, found)
    return 1 if found.faults else 0


def main(arguments: Sequence[str] | None = None, open_ledger: LedgerFactory | None = None) -> int:
    """Run one command and return its exit code; the ledger is the configured one unless a caller brings another."""
    try:
        code: int = app(arguments, obj=open_ledger, prog_name="python -m ledger", standalone_mode=False)
    except typer.TyperException as error:
        typer.echo(f"{error} (python -m ledger --help says more)", err=True)
        return 2
    except typer.Abort:
        return 1
    except BackhaulError as error:
        typer.echo(error.message, err=True)
        return 1
    except ValueError as error:
        # A stored row that was tampered with until it cannot be read any more.
        first = str(error).partition("\n")[0]
        typer.echo(f"The journal cannot be read ({first}); `python -m ledger verify` finds out where.", err=True)
        return 1
    return code


def _ledger(context: typer.Context) -> Ledger:
    open_ledger: LedgerFactory | None = context.obj
    if open_ledger is not None:
        return open_ledger()
    # Imported late: --help must not wait for the database and every vendor's library.
    from settings import Settings
    from wiring import rooms

    ledger: Ledger = rooms(Settings.load()).ledger
    return ledger


credit_notes_cli.register(app, _ledger)


def _print_json(entries: Iterable[JournalEntry]) -> None:
    """One JSON array, an entry a line, written as it is read."""
    before = "[\n"
    for entry in entries:
        typer.echo(before + json.dumps(entry.model_dump(mode="json"), ensure_ascii=False), nl=False)
        before = ",\n"
    typer.echo("[]" if before == "[\n" else "\n]")


def _print_table(entries: Iterable[JournalEntry]) -> None:
    from rich.table import Table
    from rich.text import Text

    from ledger.readable import amounts, reference

    table = Table("Seq", "Time (UTC)", "Kind", "Case", "Who", "Amounts", "Reasons", "Reference", box=None)
    for entry in entries:
        time = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        what = (entry.kind.value, entry.case, entry.actor, amounts(entry.transfers), ", ".join(entry.reasons))
        # Text, because in a plain string square brackets would count as markup.
        table.add_row(*map(Text, (str(entry.seq), time, *what, reference(entry))))
    _console().print(table if table.row_count else "The journal has no such entries.")


def _print_verification(ledger: Ledger, found: Verification) -> None:
    from ledger.readable import amount

    lines = [f"{found.entries} entries, head {found.head}"]
    lines.append(f"Faults ({len(found.faults)}), the first bad entry first:" if found.faults else "Everything holds.")
    lines.extend(f"  {fault}" for fault in found.faults)
    if found.open_accounts:
        lines.append("Open accounts, for finance to clear:")
    for name in found.open_accounts:
        stands = [one for one in ledger.balances(name) if one.account == name]
        lines.append(f"  {name}: {', '.join(amount(one.posted, one.commodity) for one in stands)}")
    typer.echo("\n".join(lines))


def _console() -> Console:
    from rich.console import Console

    # Into a file or a pipe nothing is folded to a terminal's width.
    return Console() if sys.stdout.isatty() else Console(width=400)


if __name__ == "__main__":
    leave(main)
