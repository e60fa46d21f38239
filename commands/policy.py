"""Return policies: write them, publish them, and see which is in force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, policy_check, policy_explain, policy_replay, policy_shopper, publications, values
from commands.deployment import open_rooms
from commands.output import AsJson, example

if TYPE_CHECKING:
    from domain.policy import PublishedPolicy
    from wiring import Rooms

app = output.group("Return policies: check them, publish them, see what they say.")
for one in (policy_check, policy_explain, policy_replay, policy_shopper):
    app.add_typer(one.app)


@app.command(epilog=example("policy publish policies/default.yaml --from 2027-01-01"))
def publish(
    file: Annotated[Path, typer.Argument(help="The policy as YAML; policies/default.yaml explains every field.")],
    effective_from: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="When it takes effect, UTC; now, unless it is in force already."),
    ] = None,
    backdate: Annotated[bool, typer.Option("--backdate", help="A date in the past is meant.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a version of the policy for orders placed from a date on; the same again changes nothing."""
    from activities.decisions.policy_file import load_policy
    from domain.policy.document import ref

    rooms, text, now = open_rooms(), values.read_text(file), values.now()
    begins = values.moment("--from", effective_from)
    policy, version = load_policy(text)
    publications.check_sound(text)
    publications.check_date(rooms, ref(policy.id, version), begins, now, backdate)
    published = publish_policy(rooms, text, begins, now)
    if as_json:
        output.print_json(_shown(published))
    else:
        title, since = published.policy.title, f"{published.effective_from:%d %B %Y %H:%M} UTC"
        output.say(f"Published {published.ref} ({title}); it judges orders placed from {since} on.")
        if (seconds := published.policy.trial_day) is not None:
            output.say(f"It is for trying out: a day that somebody has to act lasts {seconds} seconds.")


@app.command("list", epilog=example("policy list"))
def list_policies(as_json: AsJson = False) -> None:
    """Every publication, oldest first, and which one is in force."""
    rooms = open_rooms()
    known = rooms.stores.policies.in_force(values.now())
    found = [(one, one == known) for one in publications.publications(rooms)]
    if as_json:
        output.print_json([{**_shown(one), "in_force": in_force} for one, in_force in found])
        return
    rows = [
        (one.ref, one.policy.title, f"{one.effective_from:%Y-%m-%d %H:%M}", "in force" if in_force else "")
        for one, in_force in found
    ]
    output.table(
        ("Policy", "Title", "From (UTC)", ""),
        rows,
        "No policy has been published; publish one: `python starter.py policy publish policies/default.yaml`",
    )


def publish_policy(rooms: Rooms, text: str, effective_from: datetime | None, now: datetime) -> PublishedPolicy:
    """Publish the policy in a YAML text and record that in the journal.

    Without `effective_from` it takes effect now; if this very version is in force already, nothing changes.
    """
    from activities.decisions.policy_file import canonical_document, load_policy
    from domain import ids
    from domain.canonical import canonical_json, iso_utc, sha256
    from domain.policy import PublishedPolicy
    from ledger import EntryKind, NewEntry

    policy, version = load_policy(text)
    document = canonical_document(text)
    known = rooms.stores.policies.in_force(now)
    if effective_from is None and known and known.version == version and known.effective_from <= now:
        return known
    published = PublishedPolicy(policy=policy, version=version, effective_from=effective_from or now)
    since = iso_utc(published.effective_from)
    # The journal first: a crash between the two leaves a record without effect, never an effect without a record.
    entry = rooms.ledger.append(
        NewEntry(
            key=ids.policy_key(published.ref, since),
            kind=EntryKind.POLICY_PUBLISHED,
            actor="ops",
            policy=published.ref,
            at=now,
            facts={
                "version": version,
                "effective_from": since,
                "policy": policy.model_dump(mode="json", exclude_none=True),
                "document": document,
                "text": sha256(text),
            },
            asked={"version": version, "effective_from": since},
        )
    )
    # The file as it was published first; another one may say the same in other words.
    kept = text if entry.facts.get("text") in (None, sha256(text)) else ""
    return rooms.stores.policies.publish(policy, version, published.effective_from, canonical_json(document), kept)


def _shown(published: PublishedPolicy) -> dict[str, object]:
    return {"ref": published.ref, **published.model_dump(mode="json")}
