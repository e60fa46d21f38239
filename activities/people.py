"""Who says so: every room asks here before it records what a person did."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.errors import Refused
from domain.people import SHOPPER, Person, may
from domain.stores import People
from domain.verbs import Verb

SignedBy = Callable[[str, Mapping[str, object], str], bool]
"""Whether the owner of a public key signed exactly this statement: key, statement, signature."""


def check_person(people: People, who: str, verb: Verb) -> Person:
    """The person who says a verb. Raises Refused if nobody is known by this id, or they may not say it."""
    person = people.get(who)
    refusal = may(person, verb, who)
    if refusal is not None:
        raise Refused(refusal.code, refusal.message)
    assert person is not None  # nobody may say nothing
    return person


def check_speaker(people: People, who: str, verb: Verb) -> None:
    """Raises Refused unless it is the shopper, or a person who may say so."""
    if who != SHOPPER:
        check_person(people, who, verb)


def check_signed(signed_by: SignedBy, person: Person, said: Mapping[str, object], signature: str) -> None:
    """Raises Refused unless this person signed exactly this."""
    if not person.public_key:
        text = f"{person.id} has no key; make one and have an admin add it: `python starter.py people key`"
        raise Refused("no_key", text)
    if not signed_by(person.public_key, said, signature):
        text = (
            f"this is not signed with the key of {person.id} for this return, this amount and this id; "
            f"say it with `--key FILE`: `python starter.py {str(said['verb']).replace('_', '-')}` signs it with the "
            f"private key of {person.id} in that file"
        )
        raise Refused("not_signed", text)
