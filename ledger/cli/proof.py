"""Whether the journal holds: verification, and seals to keep elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger import Ledger, Verification
from ledger.cli import AsJson, opened, say
from ledger.readable import amount

Seals = Annotated[
    list[Path] | None,
    typer.Option("--seal", metavar="FILE", help="A seal from before, or a folder of them; may be given again."),
]


def verify(
    context: typer.Context,
    seals: Seals = None,
    public_key: Annotated[
        str, typer.Option(metavar="KEY", help="The public key that the seals must be signed with, in base64.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Recompute everything, and hold it against its seals; exit code 1 if anything does not hold."""
    if public_key and not seals:
        raise typer.BadParameter("--public-key is for seals; name one with --seal")
    ledger = opened(context)
    if not seals:
        found = ledger.verify()
        _print(ledger, found, as_json, {})
        return 1 if found.faults else 0
    from ledger.seal import check, load_seals

    known = load_seals(seals)
    found = ledger.verify()
    sealed = check(ledger, known, found.entries, public_key)
    _print(ledger, found, as_json, {"seals": sealed.model_dump(mode="json")})
    if not as_json:
        moment = f", {sealed.last_at:%Y-%m-%d %H:%M} UTC" if sealed.last_at else ""
        say(*(f"Seal {fault}" for fault in sealed.faults))
        if sealed.last_at:
            say(f"The last seal that holds is at entry {sealed.last}{moment}.")
        say(f"Entries after it, which no seal covers: {sealed.after}", *sealed.notes)
    return 1 if found.faults or sealed.faults else 0


def seal(
    context: typer.Context,
    key: Annotated[Path, typer.Option(metavar="FILE", help="The private key, as `starter.py people key` makes it.")],
    by: Annotated[str, typer.Option(metavar="PERSON", help="Who seals, in one word.")] = "",
) -> int:
    """Print the journal's head, signed; keep it where nobody who can write to the database can."""
    from ledger.seal import seal as sealed
    from ledger.signing import load_key

    found = sealed(opened(context), load_key(key), by, datetime.now(UTC))
    typer.echo(found.model_dump_json(indent=2))
    return 0


def _print(ledger: Ledger, found: Verification, as_json: bool, more: dict[str, object]) -> None:
    if as_json:
        typer.echo(json.dumps({**found.model_dump(mode="json"), **more}, indent=2))
        return
    lines = [f"{found.entries} entries, head {found.head}"]
    lines.append(f"Faults ({len(found.faults)}), the first bad entry first:" if found.faults else "Everything holds.")
    lines.extend(f"  {fault}" for fault in found.faults)
    if found.open_accounts:
        lines.append("Open accounts, for finance to clear:")
    for name in found.open_accounts:
        stands = [one for one in ledger.balances(name) if one.account == name]
        lines.append(f"  {name}: {', '.join(amount(one.posted, one.commodity) for one in stands)}")
    say(*lines)
