"""The journal's last entries, hashed anew: quick, and as sure as the chain as far as they go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ledger import EntryKind, Ledger, NewEntry
from ledger.store import head

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def five(ledger: Ledger) -> Ledger:
    """A journal of five entries."""
    for number in range(1, 6):
        ledger.append(NewEntry(key=f"note:{number}", kind=EntryKind.PERSON, actor="test", at=NOW, facts={"n": 1}))
    return ledger


def test_an_empty_journal_and_a_sound_one_hold(ledger: Ledger) -> None:
    assert ledger.head_fault() == ""
    ledger.append(NewEntry(key="note:1", kind=EntryKind.PERSON, actor="test", at=NOW))
    assert ledger.head_fault() == ""


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_an_entry_that_was_changed_is_named(five: Ledger, tampering: Callable[[str], None], seq: int) -> None:
    assert five.head_fault() == ""
    tampering(f"UPDATE journal SET actor = 'somebody' WHERE seq = {seq}")
    assert five.head_fault().startswith(f"entry {seq} (note:{seq}) is not what was recorded")


def test_it_looks_no_further_back_than_it_says(
    five: Ledger, tampering: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "ENTRIES", 2)
    tampering("UPDATE journal SET actor = 'somebody' WHERE seq = 3")
    assert five.head_fault() == ""
    tampering("UPDATE journal SET actor = 'somebody' WHERE seq = 4")
    assert five.head_fault().startswith("entry 4 ")
