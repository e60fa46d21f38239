"""The journal on paper: exports for other programs, reports for people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.chart import Chart, load_chart
from ledger.cli import AsJson, From, To, days, opened, say, snapshots, table
from ledger.exports import Format, export_text, export_to, watched
from ledger.readable import amount
from ledger.reports.exceptions import MANY, TITLES, Finding, Findings, customers, exceptions
from ledger.reports.period import TITLES as SECTIONS
from ledger.reports.period import Length, period_report

AsHtml = Annotated[bool, typer.Option("--html", help="One page with a chart, for the browser.")]

report = typer.Typer(help="Totals and exceptions, for people.", add_completion=False, no_args_is_help=True)


def export(
    context: typer.Context,
    format: Annotated[Format, typer.Option(help="csv and jsonl hold everything, the others what was moved for good.")],
    first: From = None,
    last: To = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Into this file instead of standard output.")] = None,
    accounts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The chart of accounts, as YAML: journal account: yours.")
    ] = None,
) -> int:
    """The journal for a spreadsheet or for bookkeeping; a long one takes a while and little memory."""
    chart = load_chart(accounts) if accounts else Chart()
    entries = days(first, last).of(watched(opened(context).entries(), sys.stderr))
    if out:
        export_to(entries, format, chart, out)
    else:
        export_text(entries, format, chart, sys.stdout)
    return 0


@report.command("exceptions")
def report_exceptions(
    context: typer.Context,
    first: From = None,
    last: To = None,
    returns: Annotated[int, typer.Option(min=2, help="So many returns make a repeat customer.")] = MANY,
    as_json: AsJson = False,
) -> int:
    """Refunds that did not go the ordinary way, and customers with many returns."""
    ledger, when = opened(context), days(first, last)
    customer_of = customers(ledger, snapshots(context))
    found = exceptions(ledger, when, watched(ledger.entries(), sys.stderr), customer_of, returns)
    if as_json:
        typer.echo(Findings(days=when, found=found).model_dump_json(indent=2))
        return 0
    for why, title in TITLES.items():
        ours = [one for one in found if one.why == why]
        say("", f"{title}: {len(ours)}")
        if ours:
            columns = ("Seq", "Day", "Return", "Order", "Who", "Amounts", "Reference", "Details")
            table(columns, map(_row, ours), "")
    return 0


def _row(one: Finding) -> tuple[object, ...]:
    who = (one.case, one.order, one.who)
    return (one.seq, f"{one.at:%Y-%m-%d}", *who, one.amounts, one.reference, one.detail)


@report.command("day")
def report_day(
    context: typer.Context, first: From = None, last: To = None, as_json: AsJson = False, as_html: AsHtml = False
) -> int:
    """Totals per day: by kind of entry, tax rate, tender and policy version."""
    return _by_period(context, "day", first, last, as_json, as_html)


@report.command("month")
def report_month(
    context: typer.Context, first: From = None, last: To = None, as_json: AsJson = False, as_html: AsHtml = False
) -> int:
    """Totals per month: by kind of entry, tax rate, tender and policy version."""
    return _by_period(context, "month", first, last, as_json, as_html)


def _by_period(context: typer.Context, length: Length, first: From, last: To, as_json: bool, as_html: bool) -> int:
    if as_json and as_html:
        raise typer.BadParameter("--json and --html are two answers; ask for one")
    ledger = opened(context)
    found = period_report(ledger, length, days(first, last), watched(ledger.entries(), sys.stderr))
    if as_html:
        from ledger.reports.page import page

        typer.echo(page(found))
    elif as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        for section, title in SECTIONS.items():
            say("", title)
            rows = (
                (one.period, one.name, one.count, amount(one.amount, one.commodity) if one.commodity else "")
                for one in found.of(section)
            )
            table((length.capitalize(), "What", "Number", "Amount"), rows, "  none")
    return 0
