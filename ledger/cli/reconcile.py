"""Whether journal, refunds and balance of the payment provider agree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from domain.errors import BackhaulError, InvalidRequest
from ledger.cli import AsJson, From, To, days, opened, provider, say, snapshots, table

if TYPE_CHECKING:
    from ledger.reconcile import Reconciliation

Shape = Annotated[
    Literal["table", "json", "html"], typer.Option("--format", help="For people, for programs, or one page to keep.")
]


def reconcile(
    context: typer.Context, first: From = None, last: To = None, format: Shape = "table", as_json: AsJson = False
) -> int:
    """Hold the journal against the provider's refunds and its balance; exit code 1 if there are breaks.

    The last 35 days unless said otherwise. Nothing is changed; exit code 2 means that it could not be found out.
    """
    from ledger.reconcile.run import period_of, run

    if as_json and format == "html":
        raise typer.BadParameter("--json and --format html are two answers; ask for one")
    period = period_of(days(first, last), clock())
    try:
        found = run(opened(context), snapshots(context), provider(context), period)
    except InvalidRequest:
        raise
    except BackhaulError as error:
        # 1 would say that there are breaks.
        typer.echo(error.message, err=True)
        return 2
    _show(found, "json" if as_json else format)
    return 1 if found.breaks else 0


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def _show(found: Reconciliation, shape: str) -> None:
    if shape == "json":
        typer.echo(found.model_dump_json(indent=2))
    elif shape == "html":
        from ledger.reconcile.page import page

        typer.echo(page(found))
    else:
        _tell(found)


def _tell(found: Reconciliation) -> None:
    from ledger.reconcile import told

    say(f"Refunds of {told.days(found.period)}")
    for one in found.summaries:
        say("", one.currency)
        table(told.SUMS, told.sums(one), "")
    if found.categories:
        say("", "What moved the provider's balance")
        table(told.CATEGORIES, told.categories(found), "")
    for name, columns, rows in (
        ("In flight or cut off", told.WAITING, list(told.waiting_rows(found.waiting))),
        ("Outside", told.OUTSIDE, list(told.outside_rows(found.outside))),
    ):
        if rows:
            say("", f"{name}: {len(rows)}")
            table(columns, rows, "")
    for kind, ours in told.breaks(found):
        say("", told.title(kind, ours), told.means(kind))
        table(told.BREAKS, map(told.break_row, ours), "")
    say("", told.verdict(found))
