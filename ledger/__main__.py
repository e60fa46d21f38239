"""Finance's command line: `python -m ledger`. The commands stand in `ledger.cli`; here they are joined.

Exit codes: 0 all is well, 1 something is wrong (verification failed, there are breaks, there is no such return, the
database does not answer), 2 wrong usage, or a reconciliation that got no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import typer

from domain.credit_note import PREFIX
from domain.errors import BackhaulError, InvalidRequest
from domain.stores import People, Snapshots
from entry import leave
from ledger import Ledger
from ledger.cli import Books, credit_notes, opened
from ledger.cli.evidence import evidence
from ledger.cli.facts import record
from ledger.cli.journal import balances, list_entries, show
from ledger.cli.papers import export, report
from ledger.cli.proof import seal, verify
from ledger.cli.reconcile import reconcile

if TYPE_CHECKING:
    from ledger.reconcile.run import Provider
    from wiring import Rooms

LedgerFactory = Callable[[], Ledger]

app = typer.Typer(
    help="What the journal says, and whether it holds.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(list_entries)
for command in (show, balances, verify, reconcile, seal, export, evidence):
    app.command()(command)
app.add_typer(report, name="report")
app.add_typer(record, name="record")
credit_notes.register(app, opened)


def main(
    arguments: Sequence[str] | None = None,
    open_ledger: LedgerFactory | None = None,
    open_snapshots: Callable[[], Snapshots] | None = None,
    open_people: Callable[[], People] | None = None,
    open_provider: Callable[[], Provider] | None = None,
) -> int:
    """Run one command and return its exit code; the stores are the configured ones unless a caller brings others."""
    books = Books(
        open_ledger or (lambda: _rooms().ledger),
        open_snapshots or (lambda: _rooms().stores.snapshots),
        open_people or (lambda: _rooms().stores.people),
        open_provider or (lambda: _rooms().provider),
        lambda: PREFIX if open_ledger else _rooms().settings.credit_note_prefix,
    )
    try:
        code: int = _command()(arguments, obj=books, prog_name="python -m ledger", standalone_mode=False)
    except typer.TyperException as error:
        typer.echo(f"{error} (python -m ledger --help says more)", err=True)
        return 2
    except typer.Abort:
        return 1
    except BackhaulError as error:
        typer.echo(error.message, err=True)
        return 2 if isinstance(error, InvalidRequest) else 1
    except ValueError as error:
        # A stored row that was tampered with until it cannot be read any more.
        first = str(error).partition("\n")[0]
        typer.echo(f"The journal cannot be read ({first}); `python -m ledger verify` finds out where.", err=True)
        return 1
    return code


@cache
def _command() -> Callable[..., int]:
    return typer.main.get_command(app)


@cache
def _rooms() -> Rooms:
    # Imported late: --help must not wait for the database and every vendor's library.
    from settings import Settings
    from wiring import rooms

    return rooms(Settings.load())


if __name__ == "__main__":
    leave(main)
