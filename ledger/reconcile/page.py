"""A reconciliation as one page of HTML: nothing is loaded and nothing runs, so it can be mailed and kept."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.reconcile import Reconciliation, told


def page(found: Reconciliation) -> str:
    """The page."""
    # Ids and reasons come from the provider; all of them are escaped.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    kinds = [
        (told.title(kind, ours), told.means(kind), told.BREAKS, list(map(told.break_row, ours)))
        for kind, ours in told.breaks(found)
    ]
    tables = [
        (f"In flight or cut off: {len(found.waiting)}", told.WAITING, list(told.waiting_rows(found.waiting))),
        (f"Outside: {len(found.outside)}", told.OUTSIDE, list(told.outside_rows(found.outside))),
        ("What moved the provider's balance", told.CATEGORIES, list(told.categories(found))),
    ]
    return environment.get_template("page.html").render(
        days=told.days(found.period),
        verdict=told.verdict(found),
        kinds=kinds,
        currencies=[(one.currency, told.SUMS, list(told.sums(one))) for one in found.summaries],
        tables=tables,
    )
