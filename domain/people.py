"""Who may say what: the people of a shop, their roles, and up to which amounts they approve."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from domain.model import Id, Minor, Model, PublicKey
from domain.money import ListedCurrency, Money
from domain.verbs import Refusal, Verb

SHOPPER = "shopper"
"""Whoever follows a return as its shopper: no person of the shop, who may still call the return off."""

RESERVED = (SHOPPER, "carrier", "provider", "backhaul", "nobody")
"""Names that the journal and the lists use for others than people."""


TEAMS = ("ops", "warehouse", "finance")
"""Those of the shop that a return may wait for, besides single people."""


class Role(StrEnum):
    """What somebody does at the shop."""

    SERVICE = "service"
    """A machine: a storefront that speaks for shoppers, or a carrier's."""
    WAREHOUSE = "warehouse"
    OPS = "ops"
    FINANCE = "finance"
    ADMIN = "admin"


_GOODS = frozenset(
    {
        *(Verb.RECEIVE, Verb.INSPECT, Verb.ADD_PARCEL, Verb.SENT_BACK, Verb.RECORD_FINDING, Verb.SETTLE_FINDING),
        *(Verb.REPAIR, Verb.SHIPPED),
    }
)
_AFTERCARE = frozenset(
    {Verb.PAY_AGAIN, Verb.TAKE_BACK, Verb.PAID_BY_HAND, Verb.BY_HAND_FAILED, Verb.NOTED, Verb.SETTLE}
)
MAY: Mapping[Role, frozenset[Verb]] = {
    Role.SERVICE: frozenset(
        {
            Verb.CANCEL,
            Verb.CHOOSE,
            Verb.EDIT,
            Verb.GIVE_EVIDENCE,
            Verb.NEW_LABEL,
            Verb.HANDED_OVER,
            Verb.RECORD_SCAN,
            Verb.ADD_PARCEL,
            Verb.RECORD_NEWS,
            Verb.REPLAN,
            Verb.CONSENT,
            Verb.ANSWER_OFFER,
        }
    ),
    Role.WAREHOUSE: _GOODS,
    Role.OPS: _GOODS
    | {
        Verb.CANCEL,
        Verb.CHOOSE,
        Verb.EDIT,
        Verb.ASK_EVIDENCE,
        Verb.GIVE_EVIDENCE,
        Verb.CORRECT_COUNT,
        Verb.REGRADE,
        Verb.EXTEND,
        Verb.NEW_LABEL,
        Verb.HANDED_OVER,
        Verb.RECORD_SCAN,
        Verb.OVERRIDE,
        Verb.RETRY_NOW,
        Verb.REPLAN,
        Verb.CONSENT,
        Verb.FORCE_CLOSE,
        Verb.LOST,
        Verb.ANSWER_OFFER,
        Verb.UPHOLD,
        Verb.OPEN_CLAIM,
        Verb.ANSWER_CLAIM,
        Verb.DECIDE_LATE,
        Verb.RESEND,
        Verb.ASSIGN,
    },
    Role.FINANCE: frozenset(
        {Verb.APPROVE, Verb.OVERRIDE, Verb.RETRY_NOW, Verb.REPLAN, Verb.CONSENT, Verb.CHOOSE, Verb.ASSIGN}
    )
    | {Verb.ANSWER_CLAIM}
    | _AFTERCARE,
    Role.ADMIN: frozenset(Verb),
}


class Person(Model):
    """Somebody who may act. `limits` are the most that they may approve, or give by an override, in minor units of
    a currency; no limit means none.

    `public_key` is what this person's approvals are checked against, empty as long as there is none.
    """

    id: Id
    role: Role
    limits: Mapping[ListedCurrency, Minor] = {}
    public_key: PublicKey = ""
    active: bool = True

    @property
    def admin(self) -> bool:
        """Whether this person may change people."""
        return self.active and self.role is Role.ADMIN


_DOES = {
    Verb.NEW_LABEL: "ask for another label",
    Verb.HANDED_OVER: "say that goods were handed over",
    Verb.RECORD_SCAN: "record scans",
    Verb.ADD_PARCEL: "add parcels",
    Verb.RECEIVE: "receive goods",
    Verb.INSPECT: "inspect goods",
    Verb.REPAIR: "say what came of a repair",
    Verb.SHIPPED: "send goods to shoppers",
    Verb.RECORD_NEWS: "record news",
    Verb.RETRY_NOW: "have steps tried again",
    Verb.ANSWER_OFFER: "answer an offer for the shopper",
    Verb.UPHOLD: "say that an offer stands",
    Verb.RECORD_FINDING: "record what was found",
    Verb.SETTLE_FINDING: "say what becomes of goods that were found",
    Verb.SENT_BACK: "say that goods went back to the shopper",
    Verb.ASK_EVIDENCE: "ask for evidence",
    Verb.GIVE_EVIDENCE: "show evidence for the shopper",
    Verb.EDIT: "change what comes back",
    Verb.CORRECT_COUNT: "correct a count",
    Verb.EXTEND: "give more time",
    Verb.CONSENT: "consent for the shopper",
    Verb.CHOOSE: "choose for the shopper",
    Verb.PAID_BY_HAND: "say that something is paid by hand",
    Verb.OPEN_CLAIM: "claim parcels at the carrier",
    Verb.ANSWER_CLAIM: "say what the carrier answered",
    Verb.DECIDE_LATE: "decide on goods that came late",
    Verb.SETTLE: "settle what shoppers owe",
    Verb.TAKE_BACK: "take store credit back",
    Verb.NOTED: "say that something is seen to",
}
"""Verbs for people, where the bare word would not do."""


def may(person: Person | None, verb: Verb, who: str, amount: Money | None = None) -> Refusal | None:
    """Whether `who` (the person of this id, None if there is none) may say a verb, up to an amount; None is yes."""
    if person is None:
        text = f"{who} is nobody who may act here; an admin can add {who}: `python starter.py people add`"
        return Refusal(code="person_unknown", message=text)
    if not person.active:
        return Refusal(code="person_inactive", message=f"{who} may not act any more; an admin can change that.")
    if verb not in MAY[person.role]:
        others = ", ".join(role for role in Role if verb in MAY[role])
        text = f"{who} ({person.role}) may not {_DOES.get(verb, verb.replace('_', ' '))}; that is for {others}."
        return Refusal(code="role_may_not", message=text)
    if amount is not None and not _within(person, amount):
        most = Money(minor=person.limits.get(amount.currency, 0), currency=amount.currency)
        return Refusal(
            code="over_own_limit", message=f"{who} may {verb.replace('_', ' ')} up to {most}, and this is {amount}."
        )
    return None


def may_record(person: Person | None, who: str, roles: Collection[Role]) -> Refusal | None:
    """Whether `who` may enter a fact into the journal that is for these roles; None is yes."""
    if person is None or not person.active:
        return may(person, Verb.REPLAN, who)
    if person.role not in roles:
        text = f"{who} ({person.role}) may not do this; that is for {', '.join(roles)}."
        return Refusal(code="role_may_not", message=text)
    return None


def who_may(everybody: Collection[Person], verb: Verb, amount: Money) -> tuple[str, ...]:
    """The ids of those who may say a verb for this amount."""
    return tuple(sorted(one.id for one in everybody if may(one, verb, one.id, amount) is None))


def may_change(after: Person, by: str, everybody: Mapping[str, Person]) -> Refusal | None:
    """Whether `by` may make somebody what `after` says; None is yes. The first person needs nobody, but is an admin."""
    if after.id in RESERVED:
        return Refusal(code="reserved", message=f"{after.id} means somebody else in the journal; choose another id.")
    if not everybody:
        return None if after.admin else Refusal(code="no_admin", message="The first person must be an active admin.")
    actor, before = everybody.get(by), everybody.get(after.id)
    if actor is None or not actor.admin:
        admins = ", ".join(one.id for one in everybody.values() if one.admin)
        return Refusal(code="not_admin", message=f"Only an active admin changes people (--by): {admins}.")
    if before is not None and by == after.id and (before.role, before.limits) != (after.role, after.limits):
        text = "Nobody changes their own role or limit; another admin does it."
        return Refusal(code="own_limit", message=text)
    if not any(one.admin for one in {**everybody, after.id: after}.values()):
        return Refusal(code="last_admin", message=f"{after.id} is the last active admin; make somebody else one first.")
    return _same_key(after, everybody)


def _same_key(after: Person, everybody: Mapping[str, Person]) -> Refusal | None:
    for other in everybody.values():
        if after.public_key and other.id != after.id and other.public_key == after.public_key:
            text = f"This is the key of {other.id}; a key belongs to one person, so that nobody agrees twice."
            return Refusal(code="key_taken", message=text)
    return None


def _within(person: Person, amount: Money) -> bool:
    return amount.minor <= person.limits.get(amount.currency, 0)
