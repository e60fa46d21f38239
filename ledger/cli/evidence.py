"""The papers of one order, for a dispute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli import opened, order_id, say
from ledger.evidence import evidence as papers_of
from ledger.evidence import write_folder, write_zip


def evidence(
    context: typer.Context,
    order: Annotated[str, typer.Argument(help="The order, by its id or its number.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A folder, or a file that ends in .zip; evidence-ORDER.zip unless said."),
    ] = None,
) -> int:
    """All that the journal knows of an order, as the shop sends it to the bank in a dispute; no personal data."""
    ledger = opened(context)
    name = order_id(ledger, order)
    papers, path = papers_of(ledger, name), out or Path(f"evidence-{name}.zip")
    write = write_zip if path.suffix == ".zip" else write_folder
    write(papers, path)
    say(f"{path}: {', '.join(papers)}")
    return 0
