"""Whether the journal holds: verification, and seals to keep elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidRequest
from ledger import Ledger, Verification
from ledger.cli import AsJson, opened, say
from ledger.readable import amount

if TYPE_CHECKING:
    from ledger.seal import Sealed

ONE_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""Who seals, as it stands in the seal."""

Seals = Annotated[
    list[Path] | None,
    typer.Option("--seal", metavar="FILE", help="A seal from before, or a folder of them; may be given again."),
]


def verify(
    context: typer.Context,
    seals: Seals = None,
    public_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The public key that the seals must be signed with, in base64.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Recompute everything, and hold it against its seals; exit code 1 if anything does not hold."""
    if public_key is not None and not public_key.strip():
        raise typer.BadParameter("--public-key is empty; name the key, or leave the option out")
    if public_key and not seals:
        raise typer.BadParameter("--public-key is for seals; name one with --seal")
    ledger = opened(context)
    if not seals:
        found = ledger.verify()
        _print(ledger, found, None, as_json)
        return 1 if found.faults else 0
    from ledger.seal import check, load_seals, passed_over

    known = load_seals(seals)
    found = ledger.verify()
    sealed = check(ledger, known, found.entries, (public_key or "").strip())
    sealed = sealed.model_copy(update={"notes": (*passed_over(seals), *sealed.notes)})
    _print(ledger, found, sealed, as_json)
    return 1 if found.faults or sealed.faults else 0


def seal(
    context: typer.Context,
    key: Annotated[Path, typer.Option(metavar="FILE", help="The private key, as `starter.py people key` makes it.")],
    by: Annotated[str | None, typer.Option(metavar="PERSON", help="Who seals, in one word.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Into this file instead of standard output.")] = None,
) -> int:
    """The journal's head, signed; keep it where nobody who can write to the database can."""
    from ledger.exports import whole
    from ledger.seal import seal as sealed
    from ledger.signing import load_key

    if by is not None and not ONE_WORD.fullmatch(by):
        raise InvalidRequest("--by", "write who seals in one word, such as anna")
    text = sealed(opened(context), load_key(key), by or "", datetime.now(UTC)).model_dump_json(indent=2)
    if out:
        with whole(out) as part:
            part.write_text(f"{text}\n", encoding="utf-8")
    else:
        typer.echo(text)
    return 0


def _print(ledger: Ledger, found: Verification, sealed: Sealed | None, as_json: bool) -> None:
    if as_json:
        _print_json(found, sealed)
        return
    # Seals may still say otherwise, so the verdict on everything comes last.
    sound = "The journal holds in itself." if sealed else "Everything holds."
    lines = [f"{found.entries} entries, head {found.head}"]
    lines.append(f"Faults ({len(found.faults)}), the first bad entry first:" if found.faults else sound)
    lines.extend(f"  {fault}" for fault in found.faults)
    if found.open_accounts:
        lines.append("Open accounts, for finance to clear:")
    for name in found.open_accounts:
        stands = [one for one in ledger.balances(name) if one.account == name]
        lines.append(f"  {name}: {', '.join(amount(one.posted, one.commodity) for one in stands)}")
    say(*lines, *(_about_seals(sealed, sound=not found.faults) if sealed else ()))


def _print_json(found: Verification, sealed: Sealed | None) -> None:
    told = found.model_dump(mode="json")
    if sealed:
        told["seals"] = sealed.model_dump(mode="json")
        told["faults"] += [f"seal {fault}" for fault in sealed.faults]
    typer.echo(json.dumps({"holds": not told["faults"], **told}, indent=2))


def _about_seals(sealed: Sealed, sound: bool) -> Iterator[str]:
    yield from (f"Seal {fault}" for fault in sealed.faults)
    if sealed.last_at:
        yield f"The last seal that holds is at entry {sealed.last}, {sealed.last_at:%Y-%m-%d %H:%M} UTC."
    yield f"Entries after it, which no seal covers: {sealed.after}"
    yield from sealed.notes
    if sound and not sealed.faults:
        yield "Everything holds."
    else:
        against = [] if sound else ["the journal does not hold in itself"]
        against += [f"seals that it does not hold against: {len(sealed.faults)}"] if sealed.faults else []
        yield f"Not everything holds: {'; '.join(against)}."
