"""The text that is hashed is canonical JSON, whatever the entry says."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ledger import EntryKind, NewEntry, TransferKind
from ledger.hashing import written, written_text
from tests.ledger.entries import AT, move

names = st.text(min_size=1)


@given(texts=st.lists(st.text(), min_size=4, max_size=4), name=names, amount=st.integers(1, 10**15))
def test_any_text_is_put_together_as_json_would_write_it(texts: list[str], name: str, amount: int) -> None:
    order, case, policy, fact = texts
    moved = move(name, f"a{name}", f"b{name}", amount, TransferKind.POST, f"p{name}", f"u{name}")
    entry = NewEntry(
        key=name,
        kind=EntryKind.PLAN,
        order=order,
        case=case,
        actor=name,
        reasons=(fact, name),
        policy=policy,
        at=AT,
        facts={"z": [fact, 1], name: {"b": -2, "a": fact}},
        transfers=(moved,),
    )
    told = {
        "v": 1,
        "seq": 7,
        "key": name,
        "kind": "plan",
        "subject": {"order": order, "case": case},
        "actor": name,
        "reasons": [fact, name],
        "policy": policy,
        "at": "2026-11-21T20:15:00.000000Z",
        "facts": {"z": [fact, 1], name: {"b": -2, "a": fact}},
        "transfers": [
            {
                "key": name,
                "kind": "post",
                "debit": f"a{name}",
                "credit": f"b{name}",
                "commodity": f"u{name}",
                "amount": amount,
                "pending": f"p{name}",
            }
        ],
    }
    expected = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert written_text(written(entry, 7), entry.transfers) == expected
