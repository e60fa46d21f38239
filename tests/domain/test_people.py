"""Who may say what, and who may change whom: the tables of docs/people.md."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from domain.approval import involved, statement
from domain.canonical import canonical_json
from domain.money import Money
from domain.people import Person, Role, may, may_change, who_may
from domain.verbs import Verb

#                     service warehouse ops finance admin
TABLE = {
    Verb.CANCEL: "       yes     -     yes    -     yes",
    Verb.CHOOSE: "       yes     -     yes   yes    yes",
    Verb.NEW_LABEL: "    yes     -     yes    -     yes",
    Verb.HANDED_OVER: "  yes     -     yes    -     yes",
    Verb.RECORD_SCAN: "  yes     -     yes    -     yes",
    Verb.ADD_PARCEL: "   yes    yes    yes    -     yes",
    Verb.RECEIVE: "       -     yes    yes    -     yes",
    Verb.INSPECT: "       -     yes    yes    -     yes",
    Verb.REPAIR: "        -     yes    yes    -     yes",
    Verb.SHIPPED: "       -     yes    yes    -     yes",
    Verb.APPROVE: "       -      -      -    yes    yes",
    Verb.OVERRIDE: "      -      -     yes   yes    yes",
    Verb.EDIT: "         yes     -     yes    -     yes",
    Verb.GIVE_EVIDENCE: "yes     -     yes    -     yes",
    Verb.ASK_EVIDENCE: "  -      -     yes    -     yes",
    Verb.CORRECT_COUNT: " -      -     yes    -     yes",
    Verb.REGRADE: "       -      -     yes    -     yes",
    Verb.EXTEND: "        -      -     yes    -     yes",
    Verb.FORCE_CLOSE: "   -      -     yes    -     yes",
    Verb.LOST: "          -      -     yes    -     yes",
    Verb.OPEN_CLAIM: "    -      -     yes    -     yes",
    Verb.ANSWER_CLAIM: "  -      -     yes   yes    yes",
    Verb.SETTLE: "        -      -      -    yes    yes",
    Verb.DECIDE_LATE: "   -      -     yes    -     yes",
    Verb.ASSIGN: "        -      -     yes   yes    yes",
    Verb.RESEND: "        -      -     yes    -     yes",
    Verb.RECORD_FINDING: " -    yes    yes    -     yes",
    Verb.SETTLE_FINDING: " -    yes    yes    -     yes",
    Verb.ANSWER_OFFER: " yes     -     yes    -     yes",
    Verb.UPHOLD: "        -      -     yes    -     yes",
    Verb.SENT_BACK: "     -     yes    yes    -     yes",
    Verb.RETRY_NOW: "     -      -     yes   yes    yes",
    Verb.REPLAN: "       yes     -     yes   yes    yes",
    Verb.RECORD_NEWS: "  yes     -      -     -     yes",
    Verb.CONSENT: "      yes     -     yes   yes    yes",
    Verb.PAY_AGAIN: "     -      -      -    yes    yes",
    Verb.TAKE_BACK: "     -      -      -    yes    yes",
    Verb.PAID_BY_HAND: "  -      -      -    yes    yes",
    Verb.BY_HAND_FAILED: "-      -      -    yes    yes",
    Verb.NOTED: "         -      -      -    yes    yes",
}
KEY, OTHER_KEY = "A" * 43 + "=", "B" * 43 + "="


def person(name: str, role: Role, **fields: Any) -> Person:
    return Person.model_validate({"id": name, "role": role, **fields})


ADA, EVE = person("ada", Role.ADMIN), person("eve", Role.ADMIN)
FAY = person("fay", Role.FINANCE, limits={"EUR": 5000}, public_key=KEY)
ALL = {one.id: one for one in (ADA, FAY)}


def test_every_verb_and_role_is_in_the_table() -> None:
    assert set(TABLE) == set(Verb)
    assert [role.value for role in Role] == ["service", "warehouse", "ops", "finance", "admin"]


@pytest.mark.parametrize("verb", TABLE)
def test_roles_say_what_the_table_says(verb: Verb) -> None:
    for role, word in zip(Role, TABLE[verb].split(), strict=True):
        refusal = may(person("x", role), verb, "x")
        assert (refusal is None) is (word == "yes"), role
        if refusal is not None:
            assert refusal.code == "role_may_not"
            assert re.fullmatch(rf"x \({role}\) may not [a-z ]+; that is for [a-z, ]+\.", refusal.message)


def test_nobody_and_those_who_left_may_say_nothing() -> None:
    unknown, gone = may(None, Verb.RECEIVE, "zoe"), may(person("ada", Role.ADMIN, active=False), Verb.RECEIVE, "ada")
    assert unknown is not None
    assert gone is not None
    assert (unknown.code, gone.code) == ("person_unknown", "person_inactive")
    assert "zoe" in unknown.message
    assert "people add" in unknown.message


@pytest.mark.parametrize(
    ("minor", "currency", "yes"), [(5000, "EUR", True), (0, "EUR", True), (5001, "EUR", False), (1, "USD", False)]
)
def test_limits_are_per_currency_and_inclusive(minor: int, currency: str, yes: bool) -> None:
    refusal = may(FAY, Verb.APPROVE, "fay", Money(minor=minor, currency=currency))
    assert (refusal is None) is yes
    if refusal is not None:
        most = {"EUR": "50.00 EUR", "USD": "0.00 USD"}[currency]
        assert (refusal.code, f"up to {most}, and" in refusal.message) == ("over_own_limit", True)


def test_an_admin_without_a_limit_approves_nothing() -> None:
    assert may(ADA, Verb.APPROVE, "ada", Money(minor=1, currency="EUR")) is not None
    rich = person("amy", Role.ADMIN, limits={"EUR": 9000})
    assert who_may([ADA, FAY, rich], Verb.APPROVE, Money(minor=6000, currency="EUR")) == ("amy",)
    assert who_may([ADA, FAY, rich], Verb.APPROVE, Money(minor=100, currency="EUR")) == ("amy", "fay")


@pytest.mark.parametrize(
    ("after", "by", "known", "code"),
    [
        (ADA, "", {}, None),
        (FAY, "", {}, "no_admin"),
        (person("ada", Role.ADMIN, active=False), "", {}, "no_admin"),
        (EVE, "ada", ALL, None),
        (EVE, "", ALL, "not_admin"),
        (EVE, "fay", ALL, "not_admin"),
        (EVE, "eve", ALL, "not_admin"),
        (FAY.model_copy(update={"limits": {"EUR": 9}}), "ada", ALL, None),
        (ADA.model_copy(update={"limits": {"EUR": 9}}), "ada", ALL, "own_limit"),
        (ADA.model_copy(update={"role": Role.OPS}), "ada", {**ALL, "eve": EVE}, "own_limit"),
        (ADA.model_copy(update={"limits": {"EUR": 9}}), "eve", {**ALL, "eve": EVE}, None),
        (ADA.model_copy(update={"public_key": OTHER_KEY}), "ada", ALL, None),
        (ADA.model_copy(update={"public_key": KEY}), "ada", ALL, "key_taken"),
        (ADA.model_copy(update={"active": False}), "ada", ALL, "last_admin"),
        (ADA.model_copy(update={"active": False}), "eve", {**ALL, "eve": EVE}, None),
        (person("eve", Role.OPS), "ada", {**ALL, "ada": ADA.model_copy(update={"active": False})}, "not_admin"),
        (person("shopper", Role.OPS), "ada", ALL, "reserved"),
    ],
)
def test_who_changes_whom(after: Person, by: str, known: dict[str, Person], code: str | None) -> None:
    refusal = may_change(after, by, known)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    "wrong",
    [{"public_key": "short"}, {"limits": {"EUR": -1}}, {"limits": {"eur": 1}}, {"limits": {"EUE": 1}}, {"id": "a b"}],
)
def test_what_is_no_person(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Person.model_validate({"id": "x", "role": "ops", **wrong})


def test_nobody_approves_what_they_asked_for_or_graded() -> None:
    assert involved("fay", "shopper", ("ben",)) is None
    for who in ("kim", "ben"):
        refusal = involved(who, "kim", ("ann", "ben"))
        assert refusal is not None
        assert refusal.code == "same_person"


def test_what_is_signed_is_one_text() -> None:
    assert canonical_json(statement("R-1", 4624, "EUR", "approve-1")) == (
        '{"amount":4624,"case":"R-1","currency":"EUR","update_id":"approve-1","verb":"approve"}'
    )
