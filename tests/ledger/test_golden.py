"""The hashes that no later version may change; how they were made stands in README.md."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ledger import Ledger, NewEntry
from ledger.hashing import START, entry_hash, written, written_text

GOLDEN: list[dict[str, str]] = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))


def _new(fields: dict[str, Any]) -> NewEntry:
    own = {name: fields[name] for name in ("key", "kind", "actor", "reasons", "policy", "at", "facts", "transfers")}
    return NewEntry.model_validate({**own, **fields["subject"]})


def test_there_are_ten_and_they_chain() -> None:
    previous = START
    for one in GOLDEN:
        previous = hashlib.sha256((previous + one["text"]).encode()).hexdigest()
        assert previous == one["hash"]
    assert len(GOLDEN) == 10


def test_the_ledger_gives_exactly_these_hashes(ledger: Ledger) -> None:
    written = [ledger.append(_new(json.loads(one["text"]))) for one in GOLDEN]
    assert [entry.hash for entry in written] == [one["hash"] for one in GOLDEN]
    assert list(ledger.entries()) == written
    found = ledger.verify()
    assert (found.entries, found.head) == (10, GOLDEN[-1]["hash"])
    # The golden journal stands alone: the order that its second entry names by hash was never kept here.
    assert found.faults == ("entry 2 (order:1001) rests on a snapshot of order 1001 that is missing",)


def test_the_hash_is_over_the_fields_of_the_entry_as_read_back(ledger: Ledger) -> None:
    for one in GOLDEN:
        ledger.append(_new(json.loads(one["text"])))
    previous = START
    for entry in ledger.entries():
        assert written_text(written(entry, entry.seq), entry.transfers) == GOLDEN[entry.seq - 1]["text"]
        assert entry_hash(previous, written(entry, entry.seq), entry.transfers) == entry.hash
        previous = entry.hash
