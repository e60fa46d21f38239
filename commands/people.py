"""The people of the shop: who may act, and up to which amounts they approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from domain.people import Person
    from wiring import Rooms

app = output.group("People: who may act, in which role, and what they may approve.")

Id = Annotated[str, typer.Argument(metavar="PERSON", help="The person's id, one word; it is recorded for ever.")]
Admin = Annotated[
    str, typer.Option("--by", metavar="ADMIN", help="Who says so: an active admin; the first needs none.")
]
Limits = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="CURRENCY:AMOUNT", help="The largest refund to approve, such as EUR:500.00."),
]
PublicKey = Annotated[
    str | None, typer.Option("--key", metavar="PUBLIC", help="The public key, as `people key` prints it.")
]
_ROLES = "service, warehouse, ops, finance or admin."


@app.command(epilog=example("people add fay --role finance --limit EUR:500.00 --by ada"))
def add(
    person: Id,
    role: Annotated[str, typer.Option(help=_ROLES)],
    limit: Limits = None,
    key: PublicKey = None,
    by: Admin = "",
    as_json: AsJson = False,
) -> None:
    """Add somebody. The first person is an admin, whom nobody can ask for; everybody else is added by one."""
    from domain.people import Person

    given = {"id": person, "role": role, "limits": _limits(limit or ()), "public_key": key or ""}
    wanted = values.make(Person, given)
    rooms = open_rooms()
    known = _everybody(rooms).get(person)
    if known is not None and known != wanted:
        raise Refused("known", f"{person} is there already; change them: `python starter.py people change {person}`")
    _record(rooms, wanted, by, as_json)


@app.command(epilog=example("people change fay --limit EUR:1000.00 --by ada"))
def change(
    person: Id,
    by: Admin,
    role: Annotated[str | None, typer.Option(help=_ROLES)] = None,
    limit: Limits = None,
    key: PublicKey = None,
    active: Annotated[bool, typer.Option("--activate", help="Let somebody act again who was deactivated.")] = False,
    as_json: AsJson = False,
) -> None:
    """Change role, limits or key of somebody; what is not named stays as it is."""
    rooms = open_rooms()
    before = _known(rooms, person)
    changed: dict[str, object] = {**before.model_dump(), "limits": {**before.limits, **_limits(limit or ())}}
    changed |= {name: one for name, one in (("role", role), ("public_key", key)) if one is not None}
    changed["active"] = before.active or active
    _record(rooms, values.make(type(before), changed), by, as_json)


@app.command(epilog=example("people deactivate ben --by ada"))
def deactivate(person: Id, by: Admin, as_json: AsJson = False) -> None:
    """Let somebody act no more, from now on; what they did stays recorded."""
    rooms = open_rooms()
    _record(rooms, _known(rooms, person).model_copy(update={"active": False}), by, as_json)


@app.command("list", epilog=example("people list"))
def list_people(as_json: AsJson = False) -> None:
    """Everybody, as the journal says."""
    found = sorted(_everybody(open_rooms()).values(), key=lambda one: one.id)
    if as_json:
        output.print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(one.id, one.role, _told(one.limits), one.public_key, "" if one.active else "inactive") for one in found]
    empty = "There is nobody yet; the first is an admin: `python starter.py people add ada --role admin`"
    output.table(("Person", "Role", "Approves up to", "Public key", ""), rows, empty)


@app.command(epilog=example("people key --out fay.pem"))
def key(
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new file for the private key; keep it to yourself.")],
    as_json: AsJson = False,
) -> None:
    """Make a key pair to sign approvals with; the private key stays in the file, the public one is printed."""
    from ledger.signing import new_key

    public = new_key(out)
    if as_json:
        output.print_json({"public_key": public, "file": str(out)})
    else:
        output.say(public)


def _record(rooms: Rooms, wanted: Person, by: str, as_json: bool) -> None:
    from ledger.people import change as record

    person = record(rooms.ledger, rooms.stores.people, wanted, by, values.now())
    if as_json:
        output.print_json(person.model_dump(mode="json"))
    else:
        limits = f", approves up to {_told(person.limits)}" if person.limits else ""
        output.say(f"{person.id}: {person.role}{limits}, {'active' if person.active else 'inactive'}.")


def _everybody(rooms: Rooms) -> dict[str, Person]:
    from ledger.people import everybody

    return {name: one.person for name, one in everybody(rooms.ledger).items()}


def _known(rooms: Rooms, person: str) -> Person:
    found = _everybody(rooms).get(person)
    if found is None:
        raise Refused("not_found", f"There is no {person}. See who there is: `python starter.py people list`")
    return found


def _limits(texts: Sequence[str]) -> dict[str, int]:
    from domain.money import Money

    found: dict[str, int] = {}
    for text in texts:
        currency, _, amount = text.partition(":")
        try:
            found[currency] = Money.parse(amount, currency).minor
        except ValueError as error:
            raise InvalidRequest("--limit", f"{text!r} is not CURRENCY:AMOUNT, as in EUR:500.00 ({error})") from None
    return found


def _told(limits: Mapping[str, int]) -> str:
    from domain.money import Money

    return ", ".join(str(Money(minor=minor, currency=currency)) for currency, minor in sorted(limits.items()))
