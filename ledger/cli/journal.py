"""What the journal says: its entries, one return, the balances."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from domain.errors import Refused
from ledger import Balance, JournalEntry, Ledger
from ledger.cli import AsJson, opened, order_id, say, table
from ledger.readable import amount, amounts, reference
from ledger.totals import totals


def list_entries(
    context: typer.Context,
    case: Annotated[str | None, typer.Option(help="Only this return.")] = None,
    order: Annotated[str | None, typer.Option(help="Only this order, by its id or number.")] = None,
    as_json: AsJson = False,
) -> int:
    """Every entry of the journal, oldest first."""
    ledger = opened(context)
    if as_json:
        _print_json(_entries(ledger, case, order))
        return 0
    rows = [_row(one) for one in _entries(ledger, case, order)]
    if order is not None and not rows:
        order_id(ledger, order)
    if case is not None and not rows:
        raise Refused("not_found", f"the journal has no return {case}; `python -m ledger list` shows those it has")
    columns = ("Seq", "Time (UTC)", "Kind", "Case", "Who", "Amounts", "Reasons", "Reference")
    table(columns, rows, "The journal has no entries.")
    return 0


def show(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="RETURN", help="The return's id.")],
    as_json: AsJson = False,
) -> int:
    """The whole story of one return: decisions, people, amounts, and what stands open."""
    from ledger.cli.told import tell
    from ledger.story import story

    found = story(opened(context), case)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        tell(found)
    return 0


def balances(
    context: typer.Context,
    account: Annotated[
        str, typer.Argument(metavar="[ACCOUNT]", help="An account and those below it: owed, tender:pi_1.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Totals per kind of account and commodity; with an account, or the beginning of some, these too."""
    found = _below(opened(context), account)
    if as_json:
        accounts = [{**one.model_dump(), "available": one.available} for one in found]
        typer.echo(json.dumps({"accounts": accounts, "totals": [one.model_dump() for one in totals(found)]}, indent=2))
        return 0
    if account and not found:
        raise Refused(
            "not_found", f"the journal has no accounts {account}; `python -m ledger balances` shows its kinds"
        )
    if account:
        _print_accounts(found)
        say("")
    rows = (
        (one.kind, one.accounts, *_amounts(one.posted, one.pending_out, one.pending_in, one.commodity))
        for one in totals(found)
    )
    table(("Kind", "Accounts", "Posted", "Reserved out", "Reserved in"), rows, "There are no such accounts.")
    return 0


def _below(ledger: Ledger, account: str) -> list[Balance]:
    """An account with those below it; a colon at its end leaves the account itself out."""
    found = ledger.balances(account)
    if not account or account.endswith(":"):
        return list(found)
    # What begins like two-rates may be two-rates-2 too.
    return [one for one in found if one.account == account or one.account.startswith(f"{account}:")]


def _entries(ledger: Ledger, case: str | None, order: str | None) -> Iterable[JournalEntry]:
    """Of a return and an order, if they are named; none where the journal does not know them."""
    try:
        return ledger.entries(order=None if order is None else order_id(ledger, order), case=case)
    except Refused:
        return ()


def _print_accounts(found: Sequence[Balance]) -> None:
    rows = ((one.account, *_amounts(one.posted, one.pending_out, one.pending_in, one.commodity)) for one in found)
    table(("Account", "Posted", "Reserved out", "Reserved in"), rows, "")


def _amounts(posted: int, out: int, into: int, commodity: str) -> tuple[str, ...]:
    return (amount(posted, commodity), *(amount(one, commodity) if one else "" for one in (out, into)))


def _print_json(entries: Iterable[JournalEntry]) -> None:
    """One JSON array, an entry a line, written as it is read."""
    before = "[\n"
    for entry in entries:
        typer.echo(before + json.dumps(entry.model_dump(mode="json"), ensure_ascii=False), nl=False)
        before = ",\n"
    typer.echo("[]" if before == "[\n" else "\n]")


def _row(entry: JournalEntry) -> tuple[object, ...]:
    time = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    what = (entry.kind.value, entry.case, entry.actor, amounts(entry.transfers), ", ".join(entry.reasons))
    return (entry.seq, time, *what, reference(entry))
