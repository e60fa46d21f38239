"""Who says so: every room asks here before it records what a person did."""

from __future__ import annotations

from domain.errors import Refused
from domain.people import SHOPPER, Person, may
from domain.stores import People
from domain.verbs import Verb


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
