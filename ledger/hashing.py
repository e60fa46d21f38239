"""The journal's chain: every entry's hash covers its content and the hash before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _text
from typing import NamedTuple, Protocol

from domain.canonical import JsonFact, canonical_json, iso_utc, sha256
from ledger import JournalEntry, Transfer

START = "0" * 64
"""What stands before the first entry."""

VERSION = 1
"""Rises when the fields that are hashed change; old entries keep theirs."""


def entry_hash(previous: str, fields: Mapping[str, JsonFact]) -> str:
    """SHA-256 over the previous hash (64 hex characters) and the canonical JSON of the entry's fields."""
    return sha256(previous + canonical_json(fields))


def entry_fields(entry: JournalEntry) -> dict[str, JsonFact]:
    """What of an entry is hashed. Raises TypeError for facts other than integers and text."""
    return {
        "v": VERSION,
        "seq": entry.seq,
        "key": entry.key,
        "kind": entry.kind.value,
        "subject": {"case": entry.case, "order": entry.order},
        "actor": entry.actor,
        "reasons": list(entry.reasons),
        "policy": entry.policy,
        "at": iso_utc(entry.at),
        "facts": dict(entry.facts),
        "transfers": transfer_fields(entry.transfers),
    }


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
    hash: str


def written_text(entry: Written, transfers: Iterable[Moved]) -> str:
    """The canonical JSON of `entry_fields`, put together from the texts that are stored.

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


def transfer_fields(transfers: Sequence[Transfer]) -> list[JsonFact]:
    """The transfers as they are hashed, in the order in which they were written."""
    return [
        {
            "key": transfer.key,
            "kind": transfer.kind.value,
            "debit": transfer.debit,
            "credit": transfer.credit,
            "commodity": transfer.commodity,
            "amount": transfer.amount,
            "pending": transfer.pending,
        }
        for transfer in transfers
    ]
