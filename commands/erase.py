"""Erasing a customer's personal data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, example

if TYPE_CHECKING:
    from ledger.erasing import Erased

app = output.group("Privacy.")


@app.command(epilog=example("erase --customer cust-88 --by olga"))
def erase(
    customer: Annotated[str, typer.Option(metavar="ID", help="The customer's id at the shop, as in their orders.")],
    by: Annotated[str, typer.Option(metavar="PERSON", help="Who erases: ops or admin; it is recorded.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Although a return of theirs still runs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Blank a customer's contact, notes, label files and words on boxes, and record it; again, it erases the rest."""
    from ledger.erasing import EraseCustomer

    ask = values.make(EraseCustomer, {"customer": customer, "by": by, "anyway": anyway})
    erased = open_rooms().erasing.erase(ask, values.now())
    if as_json:
        output.print_json({**erased.model_dump(mode="json"), "kept": dict(_kept(erased))})
    else:
        output.card(f"Customer {customer}", [*_gone(erased), *_kept(erased)])


def _gone(erased: Erased) -> Iterator[tuple[str, str]]:
    if not erased.anything and erased.before:
        yield "Erased", f"before, by entry {erased.seq} of the journal; there was nothing more"
        return
    parts = (
        (erased.contacts, "contact"),
        (erased.notes, "note"),
        (erased.files, "label file"),
        (erased.boxes, "box note"),
    )
    yield "Erased", ", ".join(output.many(count, word) for count, word in parts)
    yield "Recorded", f"entry {erased.seq} of the journal"


def _kept(erased: Erased) -> Iterator[tuple[str, str]]:
    """What stays, and why."""
    found = erased.belongings
    about = f"{output.many(len(found.orders), 'order')}, {output.many(len(found.cases), 'return')}"
    rows = f"{found.entries} of its rows"
    yield "Kept: journal", f"{rows} on {about}: goods, amounts and ids without a name, as the law on accounts asks"
    yield "Kept: orders", "what was bought and paid, without whom it was for: refunds are computed and proven from it"
    yield "Kept by others", "the shop, carriers, and mail and payment providers have copies of their own; ask them"
    if found.running:
        yield "Still running", ", ".join(found.running)
