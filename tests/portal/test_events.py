"""What vendors' bodies say to us: the values that we act on, nothing personal, and nothing that raises."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.labels import easypost_events
from activities.mail import sendgrid_events
from activities.payments import stripe_events
from activities.payments.stripe_units import from_stripe, to_stripe
from domain import ids, notice_ids
from domain.inbox import InboxEvent, MailNews, ScanNews, Told
from domain.news import DisputeNews, PaymentNews, RefundNews
from domain.notice import NoticeState
from domain.parcel import Scan, TrackingStatus
from domain.refund import RefundStatus
from settings import ROOT
from tests.portal.vendors import mail_event, refund_event, stripe_event, stripe_object, tracker_event

TOLD_AT = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)  # 1,795,000,000 seconds
KEY = "refund:R-1:1:pi_1:1"


def told(events: list[InboxEvent]) -> Told:
    (one,) = events
    assert one.told is not None, one.fault
    return one.told


def test_a_refund() -> None:
    body = refund_event(
        charge="ch_1",
        metadata={"backhaul_key": KEY, "case": "R-1"},
        created=1_794_990_000,
        destination_details={"type": "card", "card": {"reference": "74000000000000000000001", "type": "refund"}},
    )
    assert told(stripe_events.read(body)) == RefundNews(
        event="evt_1",
        refund="re_1",
        key=KEY,
        payment="pi_1",
        charge="ch_1",
        amount=1200,
        currency="EUR",
        status=RefundStatus.SUCCEEDED,
        arn="74000000000000000000001",
        created_at=datetime(2026, 11, 18, 8, 20, tzinfo=UTC),
        at=TOLD_AT,
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"status": "pending", "pending_reason": "processing"}, {"status": "pending", "reason": "processing"}),
        ({"status": "failed", "failure_reason": "declined"}, {"status": "failed", "reason": "declined"}),
        ({"status": "canceled", "failure_reason": "unknown"}, {"status": "canceled", "reason": "unknown"}),
        ({"status": "held_by_the_moon"}, {"status": "unknown", "reason": ""}),
        ({"status": None}, {"status": "unknown"}),
        ({"payment_intent": {"id": "pi_2", "object": "payment_intent"}}, {"payment": "pi_2"}),
        ({"payment_intent": None, "charge": "ch_1"}, {"payment": "ch_1", "charge": ""}),
        ({"charge": "ch_1"}, {"payment": "pi_1", "charge": "ch_1"}),
        ({"currency": "isk", "amount": 1200}, {"amount": 12, "currency": "ISK"}),
        ({"currency": "jpy", "amount": 1200}, {"amount": 1200, "currency": "JPY"}),
        ({"metadata": None}, {"key": ""}),
        ({"metadata": {"backhaul_key": "Erin Wills, 4 Elm Street"}}, {"key": ""}),
        ({"metadata": {"backhaul_key": "x" * 201}}, {"key": ""}),
        ({"metadata": {"backhaul_key": "erin@example.com"}}, {"key": ""}),
        ({"destination_details": {"type": "card", "card": {"reference": "7400 0001"}}}, {"arn": ""}),
        ({"status": "failed", "failure_reason": "the bank's own words"}, {"status": "failed", "reason": ""}),
        ({"status": "pending", "pending_reason": 7}, {"status": "pending", "reason": ""}),
        ({"charge": "ch 1"}, {"payment": "pi_1", "charge": ""}),
        ({"destination_details": None}, {"arn": ""}),
        ({"destination_details": {"type": "card", "card": {"reference_status": "pending"}}}, {"arn": ""}),
        (
            {"destination_details": {"type": "card", "card": {"reference_status": "pending", "reference": "74"}}},
            {"arn": ""},
        ),
    ],
)  # fmt: skip
def test_what_a_refund_may_be_like(changed: dict[str, Any], expected: dict[str, object]) -> None:
    found = told(stripe_events.read(refund_event(**changed))).model_dump(mode="json")
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_all_events_of_refunds_are_read(kind: str) -> None:
    assert isinstance(told(stripe_events.read(refund_event(kind=kind))), RefundNews)


def test_a_dispute() -> None:
    evidence = {"due_by": 1_796_000_000, "has_evidence": False}
    about = {"id": "dp_1", "payment_intent": "pi_1", "charge": "ch_1", "amount": 5000, "currency": "eur"}
    body = stripe_event(
        "charge.dispute.created",
        stripe_object(
            "dispute", **about, evidence_details=evidence, status="needs_response", reason="product_not_received"
        ),
    )
    assert told(stripe_events.read(body)) == DisputeNews(
        event="evt_1",
        dispute="dp_1",
        payment="pi_1",
        charge="ch_1",
        amount=5000,
        currency="EUR",
        status="needs_response",
        reason="product_not_received",
        due=datetime(2026, 11, 30, 0, 53, 20, tzinfo=UTC),
        at=TOLD_AT,
    )


def test_what_a_dispute_can_do_without_does_not_lose_it() -> None:
    about = {"payment_intent": "pi_1", "status": "lost", "reason": "no such word", "evidence_details": {"due_by": "?"}}
    found = told(stripe_events.read(stripe_event("charge.dispute.closed", stripe_object("dispute", **about))))
    assert isinstance(found, DisputeNews)
    assert (found.status, found.reason, found.due) == ("lost", "", None)


def test_a_payment_that_we_asked_for_whichever_event_tells_it() -> None:
    news = PaymentNews(
        event="evt_1", payment="pi_9", collection="collect:R-1:1", amount=700, currency="EUR", at=TOLD_AT
    )
    ours = {"metadata": {"backhaul_key": "collect:R-1:1"}, "currency": "eur"}
    intent = stripe_object("payment_intent", id="pi_9", amount_received=700, **ours)
    session = {"payment_intent": "pi_9", "payment_status": "paid", "amount_total": 700, **ours}
    assert told(stripe_events.read(stripe_event("payment_intent.succeeded", intent))) == news
    assert told(stripe_events.read(stripe_event("checkout.session.completed", session))) == news
    others: list[dict[str, object]] = [{"payment_status": "unpaid"}, {"metadata": {}}, {"payment_intent": None}]
    for changed in others:
        assert stripe_events.read(stripe_event("checkout.session.completed", {**session, **changed})) == []


def test_the_shops_own_sales_are_nothing_to_us() -> None:
    intent = stripe_object("payment_intent", id="pi_9", amount_received=700)
    assert stripe_events.read(stripe_event("payment_intent.succeeded", intent)) == []
    assert stripe_events.read(stripe_event("customer.created", {"id": "cus_1"})) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": None}, "amount"),
        ({"amount": 12.5}, "amount"),
        ({"amount": -1}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"currency": "isk", "amount": 1250}, "ISK"),
        ({"id": "re 1"}, "id"),
        ({"payment_intent": None, "charge": None}, "payment"),
        ({"payment_intent": 5}, "payment_intent"),
    ],
)
def test_news_that_cannot_be_read_are_kept_as_that(changed: dict[str, Any], field: str) -> None:
    (one,) = stripe_events.read(refund_event(**changed))
    assert (one.event, one.kind, one.told) == ("evt_1", "refund.updated", None)
    assert field in one.fault


@pytest.mark.parametrize("currency", ["EUR", "JPY", "ISK", "UGX", "MGA", "KWD"])
def test_stripes_units_come_back_as_they_went(currency: str) -> None:
    assert from_stripe(to_stripe(1200, currency), currency) == 1200


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("processed", NoticeState.SENT),
        ("delivered", NoticeState.DELIVERED),
        ("bounce", NoticeState.BOUNCED),
        ("dropped", NoticeState.REFUSED),
        ("spamreport", NoticeState.COMPLAINED),
    ],
)
def test_a_mail(kind: str, state: NoticeState) -> None:
    assert told(sendgrid_events.read([mail_event(kind=kind)])) == MailNews(
        key="notice:R-1:approved:1", state=state, message_id="LRzXl_NHStOGhQ4kofSm_A", at=TOLD_AT
    )


def test_the_longest_key_that_there_can_be_is_read() -> None:
    case, payment = "R" * 64, "p" * 300
    key = notice_ids.refund_notice_key("refund_failed", ids.refund_key(case, 10**9 - 1, payment, 10**9 - 1))
    heard = told(sendgrid_events.read([mail_event(message_key=key)]))
    assert isinstance(heard, MailNews)
    assert heard.key == key


def test_mails_of_others_and_other_events_are_nothing_to_us() -> None:
    others = [
        mail_event(kind="open"),
        mail_event(kind="deferred"),
        mail_event(message_key=None),
        {"event": "delivered"},
        5,
        None,
    ]
    found = sendgrid_events.read([*others, mail_event("sg_2")])
    assert [one.event for one in found] == ["sg_2"]
    assert sendgrid_events.read({"event": "delivered"}) == []


def test_a_mail_without_its_time_is_kept_as_unreadable() -> None:
    (one,) = sendgrid_events.read([mail_event(timestamp="soon")])
    assert (one.told, one.fault.partition(":")[0]) == (None, "timestamp")


def test_easyposts_published_sample() -> None:
    assert told(easypost_events.read(tracker_event())) == ScanNews(
        scan=Scan(
            id="in_transit-20240802T185000Z-1",
            tracking_number="1",
            status=TrackingStatus.IN_TRANSIT,
            at=datetime(2024, 8, 2, 18, 50, tzinfo=UTC),
            location="EDISON, US",
        )
    )


def test_a_tracker_without_steps_says_where_it_stands() -> None:
    body: Any = tracker_event()
    body["result"].update(tracking_details=[], status="delivered")
    scan = easypost_events.scan(body)
    assert (scan.id, scan.status, scan.location) == ("delivered-20240802T192651Z-1", "delivered", "")


def test_two_parcels_that_are_seen_at_once_are_two_scans() -> None:
    one, other = tracker_event(), tracker_event()
    result: Any = other["result"]
    result["tracking_code"] = "X" * 44 + "00340434161094042557"
    found = [easypost_events.scan(body) for body in (one, other)]
    assert [scan.id for scan in found] == [
        "in_transit-20240802T185000Z-1",
        "in_transit-20240802T185000Z-00340434161094042557",
    ]


def test_a_day_of_arrival_that_changes_is_no_new_scan() -> None:
    before, after = tracker_event(), tracker_event()
    result: Any = after["result"]
    result["est_delivery_date"] = "2024-08-07T00:00:00Z"
    assert easypost_events.scan(before) == easypost_events.scan(after)


@pytest.mark.parametrize("changed", [{"tracking_code": None}, {"tracking_details": [{"datetime": "2024-08-02T18:50"}]}])
def test_a_tracker_that_cannot_be_read_is_kept_as_that(changed: dict[str, object]) -> None:
    body: Any = tracker_event()
    body["result"].update(changed)
    (one,) = easypost_events.read(body)
    assert one.told is None
    assert one.fault.startswith("result.tracking_")


def test_other_events_of_carriers_are_nothing_to_us() -> None:
    assert easypost_events.read({"id": "evt_1", "description": "batch.created", "result": {}}) == []


def test_nothing_personal_is_kept() -> None:
    person = {"name": "Erin Wills", "email": "erin@example.com", "description": "for Erin Wills"}
    refund = refund_event(
        **person,
        metadata={"note": "Erin Wills"},
        destination_details={"type": "card", "card": {"holder": "Erin Wills"}},
    )
    parcel: Any = tracker_event()
    parcel["result"].update(signed_by="Erin Wills", tracking_details=[])
    bounced = mail_event(
        kind="bounce", reason="550 <erin@example.com>: no such user", ip="192.0.2.7", name="Erin Wills"
    )
    kept = [*stripe_events.read(refund), *easypost_events.read(parcel), *sendgrid_events.read([bounced])]
    assert len(kept) == 3
    text = "".join(one.model_dump_json() for one in kept)
    assert not [word for word in ("Erin", "erin", "192.0.2.7") if word in text]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["refund.updated", "pi_1", 10**30, -1, "9" * 30, "0001-01-01T00:00:00+14:00", "2026-01-01"])
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
READERS: dict[str, tuple[Callable[[object], list[InboxEvent]], Any]] = {
    "refund": (stripe_events.read, refund_event(metadata={"backhaul_key": KEY}, destination_details={"type": "card"})),
    "dispute": (stripe_events.read, stripe_event("charge.dispute.created", stripe_object("dispute"))),
    "payment": (stripe_events.read, stripe_event("payment_intent.succeeded", stripe_object("payment_intent"))),
    "session": (
        stripe_events.read,
        stripe_event(
            "checkout.session.completed",
            {"payment_intent": "pi_1", "payment_status": "paid", "amount_total": 5, "currency": "eur",
             "metadata": {"backhaul_key": "collect:R-1:1"}},
        ),
    ),
    "mail": (sendgrid_events.read, [mail_event()]),
    "tracker": (easypost_events.read, tracker_event()),
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_no_body_raises(kind: str, data: st.DataObject) -> None:
    read, good = READERS[kind]
    body = copy.deepcopy(good)
    for _ in range(data.draw(st.integers(0, 3))):
        inside, place = body, None
        while isinstance(inside, dict | list) and inside:
            places = sorted(inside) if isinstance(inside, dict) else range(len(inside))
            parent, place = inside, data.draw(st.sampled_from(places))
            inside = parent[place]
            if data.draw(st.booleans()):
                break
        if place is not None:
            parent[place] = data.draw(JSON)
    for one in read(body):
        # What is kept can be stored and read again.
        assert InboxEvent.model_validate_json(one.model_dump_json()) == one
        assert (one.told is None) is bool(one.fault)


@given(JSON)
def test_no_json_raises(body: object) -> None:
    for read in (stripe_events.read, sendgrid_events.read, easypost_events.read):
        assert read(body) == []


def test_the_docs_name_the_events_to_ask_for() -> None:
    told = re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", (ROOT / "docs" / "webhooks.md").read_text())
    # Accounts with an older version of the API send the last one instead; nobody has to ask for it.
    assert {*told} == {*stripe_events.EVENTS} - {"charge.refund.updated"}
