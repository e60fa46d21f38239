"""What each entry of the journal tells outside: the types, the ids, the amounts, and nobody's name."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.event import Condition, EndpointState, EventType
from domain.order import TenderKind
from domain.refund import Refund, RefundIntention, RefundStatus
from ledger import EntryKind, JournalEntry
from ledger.events import DECIDING, TYPES, UNTOLD, events_of
from tests.events.receiver import endpoint
from tests.shop import NOW, open_shop

INTENTION = RefundIntention(
    key="refund:R-1:1:pi_1:1",
    case="R-1",
    order_id="o-1",
    plan=1,
    attempt=1,
    payment="pi_1",
    amount=2353,
    currency="EUR",
    kind=TenderKind.CARD,
)


def entry(kind: EntryKind, facts: dict[str, Any], case: str = "R-1", order: str = "o-1", **fields: Any) -> JournalEntry:
    """An entry with these facts."""
    told = {
        "seq": 7,
        "key": "k",
        "actor": "fay",
        "reasons": ("seen",),
        "policy": "",
        "transfers": (),
        "hash": "ab" * 32,
    }
    return JournalEntry.model_validate(
        {**told, "kind": kind, "order": order, "case": case, "at": NOW, "facts": facts, **fields}
    )


def refund(status: RefundStatus, **fields: Any) -> dict[str, Any]:
    """The provider's word on the intention, as the journal keeps it."""
    made: Refund = INTENTION.refund(status, NOW, "re_1", **fields)
    return {"refund": made.model_dump(mode="json")}


SCAN = {"id": "s-1", "tracking_number": "BH1", "status": "in_transit", "at": NOW.isoformat(), "location": "Hamburg"}
LABEL = {"tracking_number": "BH1", "carrier": "Parcel", "url": "https://x.example/BH1", "bought_at": NOW.isoformat()}
SENT = {"refund": "refund:R-1:1:pi_1:1", "payment": "pi_1", "amount": 2353, "currency": "EUR"}
DISPUTE = {"dispute": "dp_1", "payment": "pi_1", "amount": 900, "currency": "EUR", "reason": "fraudulent", "event": "e"}
AGREED = {"by": "fay", "plan": 1, "override": "", "amount": 2353, "currency": "EUR"}
TAKEN = {"id": "re_9", "at": NOW.isoformat(), "lines": [], "shipping": 0, "tip": 0, "money": {"pi_1": 900}}
MOVED = [{"key": "t", "debit": "order:o-1", "credit": "tender:pi_1", "commodity": "EUR", "amount": 900}]
CASES: list[tuple[EntryKind, dict[str, Any], str, dict[str, Any]]] = [
    (EntryKind.LABEL, {"label": LABEL}, "label.issued", {"tracking_number": "BH1", "carrier": "Parcel"}),
    (EntryKind.LABEL_VOIDED, {"tracking_number": "BH1", "answer": "ok"}, "label.voided", {"tracking_number": "BH1"}),
    (EntryKind.SCAN, {"scan": SCAN}, "parcel.scanned", {"tracking_number": "BH1", "status": "in_transit"}),
    (EntryKind.RESTOCK, {"inspection": "i-1"}, "return.restocked", {}),
    (EntryKind.EXPIRED, {}, "return.expired", {}),
    (EntryKind.APPROVAL, {"approval": AGREED}, "refund.approved", {"plan": 1, "amount": 2353, "currency": "EUR"}),
    (
        EntryKind.REFUND_SUBMITTED,
        {"intention": INTENTION.model_dump(mode="json")},
        "refund.submitted",
        {**SENT, "plan": 1, "to": "card"},
    ),
    (EntryKind.REFUND_SETTLED, refund(RefundStatus.SUCCEEDED), "refund.succeeded", {**SENT, "provider_id": "re_1"}),
    (
        EntryKind.REFUND_FAILED,
        refund(RefundStatus.FAILED, reason="declined", message="Ask Ms Doe."),
        "refund.failed",
        {**SENT, "provider_id": "re_1", "reason": "declined"},
    ),
    (
        EntryKind.REFUND_REVERSED,
        refund(RefundStatus.FAILED, reason="lost_or_stolen_card"),
        "refund.reversed",
        {**SENT, "provider_id": "re_1", "reason": "lost_or_stolen_card"},
    ),
    (EntryKind.REFUND_REVERSED, {"fact": "elsewhere:re_9"}, "refund.reversed", {"refund": "elsewhere:re_9"}),
    (
        EntryKind.REFUND_TRACED,
        {"intention": INTENTION.key, "provider_id": "re_1", "arn": "7490"},
        "refund.traced",
        {"refund": INTENTION.key, "provider_id": "re_1", "arn": "7490"},
    ),
    (
        EntryKind.REFUND_ELSEWHERE,
        {"refund": TAKEN, "withdrawn": []},
        "refund.elsewhere",
        {"provider_id": "re_9", "payment": "pi_1", "amount": 900, "currency": "EUR"},
    ),
    (
        EntryKind.DISPUTE_OPENED,
        {"dispute": DISPUTE, "submitted": []},
        "dispute.opened",
        {"dispute": "dp_1", "payment": "pi_1", "amount": 900, "currency": "EUR", "reason": "fraudulent"},
    ),
    (
        EntryKind.DISPUTE_WON,
        {"dispute": "dp_1", "payment": "pi_1", "told_at": ""},
        "dispute.won",
        {"dispute": "dp_1", "payment": "pi_1"},
    ),
    (
        EntryKind.DISPUTE_LOST,
        {"refund": TAKEN, "withdrawn": []},
        "dispute.lost",
        {"dispute": "re_9", "payment": "pi_1", "amount": 900, "currency": "EUR"},
    ),
]


@pytest.mark.parametrize(("kind", "facts", "type", "data"), CASES, ids=lambda one: one if isinstance(one, str) else "")
def test_what_a_fact_tells(kind: EntryKind, facts: dict[str, Any], type: str, data: dict[str, Any]) -> None:
    (event,) = events_of(entry(kind, facts, transfers=MOVED))
    assert json.loads(event.body()) == {
        "id": "evt_7_abababababab",
        "type": type,
        "timestamp": "2026-11-21T12:00:00Z",
        "sequence": 7,
        "data": {"case": "R-1", "order": "o-1", **data},
    }


def test_a_return_from_its_request_to_its_end(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        shop.begin("R-1", {"1": 2})
        shop.receive("R-1", {"1": 2})
        shop.plan("R-1", {"1": 2})
        shop.close("R-1")
        shop.begin("R-2", {"2": 1})
        shop.cancel("R-2")
        told = [event for one in shop.ledger.entries() for event in events_of(one)]
        seqs = {one.key: one.seq for one in shop.ledger.entries()}
    assert [(one.data.case, one.type.value) for one in told] == [
        ("R-1", "return.opened"),
        ("R-1", "return.approved"),
        ("R-1", "return.received"),
        ("R-1", "return.inspected"),
        ("R-1", "refund.planned"),
        ("R-1", "return.closed"),
        ("R-2", "return.opened"),
        ("R-2", "return.approved"),
        ("R-2", "return.cancelled"),
    ]
    # Of 3 mugs for 35.29 EUR two come back: half up of 2 * 3529 / 3.
    opened, approved, received, inspected, planned, closed, _, _, cancelled = (
        one.data.model_dump(exclude_none=True, exclude={"case", "order"}) for one in told
    )
    assert opened == {"lines": ({"line_id": "1", "quantity": 2, "reason": "unknown"},)}
    assert approved == {"lines": ({"line_id": "1", "quantity": 2, "reason": "unknown", "verdict": "approve"},)}
    assert received == {"lines": ({"line_id": "1", "quantity": 2},)}
    graded = {"line_id": "1", "quantity": 2, "grade": "grade_a", "disposition": "restocked"}
    assert inspected == {"lines": (graded,)}
    assert planned == {"plan": 1, "amount": 2353, "currency": "EUR"}
    assert (closed, cancelled) == ({"outcome": "refunded"}, {"reason": "changed_mind"})
    # Two of one entry have two ids, and both rise with the journal.
    assert [one.sequence for one in told][:3] == [seqs["decision:R-1"]] * 2 + [seqs["receipt:R-1:box-1"]]
    assert told[1].id == f"{told[0].id}_2"
    assert len({one.id for one in told}) == len(told)


def test_what_an_erasure_tells_belongs_to_no_return() -> None:
    (event,) = events_of(entry(EntryKind.ERASED, {"customer": "cust-1", "notes": 2}, case="", order=""))
    assert json.loads(event.body())["data"] == {"customer": "cust-1"}
    assert event.subject == "customer:cust-1"


def test_what_waits_for_a_second_person_is_not_told() -> None:
    assert events_of(entry(EntryKind.OVERRIDE, {"override": {}, "before": {}, "proposed": {}})) == ()
    assert events_of(entry(EntryKind.APPROVAL, {"approval": {**AGREED, "plan": 0, "override": "u-1"}})) == ()


def test_every_kind_of_entry_is_told_or_left_out_on_purpose() -> None:
    assert sorted([*TYPES, *DECIDING, *UNTOLD]) == sorted(EntryKind)


def test_every_type_is_told_of_something() -> None:
    decided = {"return.opened", "return.approved", "return.in_review", "return.declined", "refund.approved"}
    assert {*TYPES.values()} | decided == {*EventType}


def test_an_endpoint_names_what_it_wants() -> None:
    assert all(endpoint("all").wants(one) for one in EventType)
    wanted = [one.value for one in EventType if endpoint("crm", "dispute.*", "return.closed").wants(one)]
    assert wanted == ["return.closed", "dispute.opened", "dispute.won", "dispute.lost"]


@pytest.mark.parametrize(
    ("waiting", "error", "seq", "days", "condition"),
    [
        (0, "", 9, 0, Condition.UP_TO_DATE),
        (0, "", 8, 0, Condition.UNDER_WAY),
        (1, "", 9, 9, Condition.UNDER_WAY),
        (1, "HTTP 500", 9, 2.99, Condition.RETRYING),
        (1, "HTTP 500", 9, 3, Condition.FAILING),
    ],
)
def test_how_it_stands_with_an_endpoint(waiting: int, error: str, seq: int, days: float, condition: Condition) -> None:
    oldest = NOW - timedelta(days=days) if waiting else None
    state = EndpointState(
        name="crm", seq=seq, delivered=1, delivered_at=NOW, waiting=waiting, oldest=oldest, error=error
    )
    assert state.condition(9, NOW) is condition
