"""The journal's chain: every entry's hash covers its content and the hash before it."""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring as _text
from typing import NamedTuple, Protocol

from domain.canonical import canonical_json, iso_utc, sha256
from ledger import JournalEntry, NewEntry

START = "0" * 64
"""What stands before the first entry."""

VERSION = 1
"""Rises when the fields that are hashed change; old entries keep theirs."""


class Moved(Protocol):
    """A transfer: as the model, or as one row of its table."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def debit(self) -> str: ...
    @property
    def credit(self) -> str: ...
    @property
    def commodity(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def pending(self) -> str: ...


class Written(NamedTuple):
    """An entry as its table holds it: `reasons` and `facts` as canonical JSON, `at` as `iso_utc` writes it."""

    seq: int
    key: str
    kind: str
    order_id: str
    case_id: str
    actor: str
    reasons: str
    policy: str
    at: str
    facts: str
    hash: str = ""


def written(entry: NewEntry | JournalEntry, seq: int) -> Written:
    """The texts of an entry, without its hash. Raises TypeError for facts other than integers and text."""
    return Written(
        seq=seq,
        key=entry.key,
        kind=entry.kind.value,
        order_id=entry.order,
        case_id=entry.case,
        actor=entry.actor,
        reasons=canonical_json(entry.reasons),
        policy=entry.policy,
        at=iso_utc(entry.at),
        facts=canonical_json(entry.facts),
    )


def entry_hash(previous: str, entry: Written, transfers: Iterable[Moved]) -> str:
    """SHA-256 over the previous hash (64 hex characters) and the canonical JSON of the entry."""
    return sha256(previous + written_text(entry, transfers))


def written_text(entry: Written, transfers: Iterable[Moved]) -> str:
    """What is hashed: the canonical JSON of the entry, put together from the texts that are stored.

    Raises TypeError for a value that is no text where text belongs. Whether `reasons`, `at` and `facts` are what they
    should be is for the caller to know.
    """
    return (
        f'{{"actor":{_text(entry.actor)},"at":{_text(entry.at)},"facts":{entry.facts},"key":{_text(entry.key)},'
        f'"kind":{_text(entry.kind)},"policy":{_text(entry.policy)},"reasons":{entry.reasons},"seq":{entry.seq},'
        f'"subject":{{"case":{_text(entry.case_id)},"order":{_text(entry.order_id)}}},'
        f'"transfers":[{",".join(map(_moved_text, transfers))}],"v":{VERSION}}}'
    )


def _moved_text(one: Moved) -> str:
    return (
        f'{{"amount":{one.amount},"commodity":{_text(one.commodity)},"credit":{_text(one.credit)},'
        f'"debit":{_text(one.debit)},"key":{_text(one.key)},"kind":{_text(one.kind)},"pending":{_text(one.pending)}}}'
    )
