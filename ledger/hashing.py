"""The journal's chain: every entry's hash covers its content and the hash before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
