"""Where each event goes."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ids
from domain.errors import Refused, Unavailable
from domain.inbox import InboxState, MailNews, ScanNews, Told
from domain.news import DisputeNews, LateFact, PaymentNews
from domain.notice import NoticeState
from domain.parcel import Scan, TrackingStatus
from ledger import Ledger
from portal.courier import CLOSED, NOT_FOUND, Courier, Sent
from tests.portal.fakes import KEY, NOW, FakeDelivery, FakeLedger, FakeOutbox, FakeParcels, refund, row

DELIVERED, OUTSIDE, REFUSED = InboxState.DELIVERED, InboxState.OUTSIDE, InboxState.REFUSED
GONE = [Refused(CLOSED, "it has ended"), Refused(NOT_FOUND, "there is none")]


async def send(delivery: FakeDelivery, told: Told | None, asked: int = 0, recorded: str = "") -> Sent:
    courier = Courier(delivery, cast("Ledger", FakeLedger(recorded)), FakeParcels(), FakeOutbox())
    return await courier.send(row(told, asked=asked))


def dispute(**changed: object) -> DisputeNews:
    known = {"event": "evt_1", "dispute": "dp_1", "payment": "pi_1", "amount": 5000, "currency": "EUR"}
    return DisputeNews.model_validate({**known, "status": "needs_response", "at": NOW, **changed})


def payment(collection: str = "collect:R-1:1", of: str = "pi_9") -> PaymentNews:
    return PaymentNews(event="evt_1", payment=of, collection=collection, amount=700, currency="EUR", at=NOW)


def scan(number: str = "BH1") -> ScanNews:
    return ScanNews(scan=Scan(id="s1", tracking_number=number, status=TrackingStatus.IN_TRANSIT, at=NOW))


async def test_a_refund_of_ours_goes_to_its_return_under_the_events_id() -> None:
    delivery, news = FakeDelivery(), refund()
    assert await send(delivery, news) == (DELIVERED, "return-R-1", "")
    assert (delivery.told, delivery.late) == ([("R-1", "record_news", news, "evt_1")], {})


async def test_asked_for_again_it_has_another_id() -> None:
    delivery = FakeDelivery()
    await send(delivery, refund(), asked=2)
    assert [update_id for *_, update_id in delivery.told] == ["evt_1:2"]


@pytest.mark.parametrize("gone", GONE, ids=lambda one: one.code)
async def test_if_its_return_has_ended_aftercare_has_it(gone: Refused) -> None:
    delivery, news = FakeDelivery(gone), refund(status="failed")
    assert await send(delivery, news) == (DELIVERED, "aftercare:R-1:re_1:failed", "")
    assert delivery.late == {"aftercare:R-1:re_1:failed": LateFact(case="R-1", order_id="o1", news=news)}


async def test_each_status_of_a_refund_is_a_fact_of_its_own_and_its_reference_too() -> None:
    delivery = FakeDelivery(Refused(CLOSED, ""), None, Refused(CLOSED, ""), None, Refused(CLOSED, ""), None)
    for changed in ({}, {"arn": "7400"}, {"status": "failed"}):
        await send(delivery, refund(**changed))
    ended = ["re_1:succeeded", "re_1:succeeded:arn", "re_1:failed"]
    assert list(delivery.late) == [f"aftercare:R-1:{one}" for one in ended]


@pytest.mark.parametrize(
    ("status", "recorded"),
    [
        ("succeeded", "settled"),
        ("pending", "settled"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
async def test_late_news_that_the_journal_has_is_for_nobody(status: str, recorded: str) -> None:
    delivery, known = FakeDelivery(GONE[0]), f"{recorded}:{KEY}"
    assert await send(delivery, refund(status=status), recorded=known) == (DELIVERED, known, "")
    assert delivery.late == {}


@pytest.mark.parametrize("gone", GONE, ids=lambda one: one.code)
@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_late_failure_that_was_recorded_may_still_need_somebody(gone: Refused, status: str) -> None:
    delivery = FakeDelivery(gone)
    sent = await send(delivery, refund(status=status), recorded=f"reversed:{KEY}")
    assert sent.target in delivery.late


@pytest.mark.parametrize(
    ("changed", "recorded"),
    [({"status": "failed"}, "settled"), ({"status": "succeeded"}, "failed"), ({"arn": "7400"}, "settled")],
)
async def test_late_news_that_say_more_than_the_journal_are_for_aftercare(
    changed: dict[str, object], recorded: str
) -> None:
    delivery = FakeDelivery(GONE[0])
    await send(delivery, refund(**changed), recorded=f"{recorded}:{KEY}")
    assert len(delivery.late) == 1


@pytest.mark.parametrize("key", ["", "order-77", "refund:R-77:1:pi_1:1", "refund::1:pi_1:1"])
async def test_a_refund_made_elsewhere_goes_to_aftercare_of_the_order(key: str) -> None:
    delivery, news = FakeDelivery(), refund(key=key)
    assert await send(delivery, news) == (DELIVERED, "aftercare:o1:re_1:succeeded", "")
    assert delivery.late["aftercare:o1:re_1:succeeded"] == LateFact(case="", order_id="o1", news=news)
    assert delivery.told == []


@pytest.mark.parametrize("news", [refund(key="", payment="pi_7"), dispute(payment="pi_7"), payment("sale:9", "pi_7")])
async def test_what_no_known_order_has_is_outside(news: Told) -> None:
    delivery = FakeDelivery()
    assert await send(delivery, news) == (OUTSIDE, "", "No known order was paid with pi_7.")
    assert (delivery.told, delivery.late) == ([], {})


async def test_aftercare_has_a_dispute_and_open_returns_of_the_order_hear_of_it() -> None:
    delivery = FakeDelivery()
    assert await send(delivery, dispute()) == (DELIVERED, "aftercare:o1:dp_1", "")
    assert [(case, verb) for case, verb, *_ in delivery.told] == [("R-1", "record_news")]


async def test_a_dispute_is_one_matter_and_its_end_another() -> None:
    delivery = FakeDelivery()
    for status in ("warning_needs_response", "needs_response", "under_review", "lost"):
        await send(delivery, dispute(status=status))
    assert list(delivery.late) == ["aftercare:o1:dp_1", "aftercare:o1:dp_1:lost:20261121T201500"]


async def test_an_appeal_and_what_ends_it_are_matters_of_their_own() -> None:
    delivery = FakeDelivery()
    await send(delivery, dispute(status="won"))
    await send(delivery, dispute(status="appeal_needs_response"))
    await send(delivery, dispute(status="appeal_under_review"))
    await send(delivery, dispute(status="won"), recorded="appealed:dp_1")
    assert list(delivery.late) == [
        f"aftercare:o1:dp_1:{one}" for one in ("won:20261121T201500", "appeal", "appeal:won:20261121T201500")
    ]


async def test_an_order_may_know_a_payment_by_its_charge() -> None:
    for news in (refund(key="", payment="pi_7", charge="pi_1"), dispute(payment="pi_7", charge="pi_1")):
        assert (await send(FakeDelivery(), news)).state is DELIVERED


async def test_a_return_that_does_not_take_a_dispute_keeps_aftercare_from_nothing() -> None:
    delivery = FakeDelivery(None, Refused("not_for_me", "no"))
    assert (await send(delivery, dispute())).state is DELIVERED
    assert list(delivery.late) == ["aftercare:o1:dp_1"]


async def test_a_payment_goes_to_the_return_that_asked_for_it() -> None:
    delivery = FakeDelivery()
    assert await send(delivery, payment()) == (DELIVERED, "return-R-1", "")
    late = FakeDelivery(Refused(CLOSED, ""))
    assert await send(late, payment()) == (DELIVERED, "aftercare:R-1:pi_9", "")


async def test_a_scan_goes_to_the_return_of_its_parcel() -> None:
    delivery, told = FakeDelivery(), scan()
    assert await send(delivery, told) == (DELIVERED, "return-R-1", "")
    assert delivery.told == [("R-1", "record_scan", told.scan, "evt_1")]
    assert await send(FakeDelivery(), scan("BH7")) == (OUTSIDE, "", "No return has a parcel BH7.")
    for gone in GONE:
        assert await send(FakeDelivery(gone), scan()) == (OUTSIDE, "return-R-1", gone.message)


BOTH = "return-R-2, return-R-1"


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ((None, None), (DELIVERED, BOTH, "")),
        ((GONE[0], None), (DELIVERED, "return-R-1", "")),
        ((GONE[0], GONE[1]), (OUTSIDE, BOTH, "it has ended there is none")),
        ((None, Refused("recorded_differently", "it is another")), (REFUSED, "return-R-1", "it is another")),
    ],
)
async def test_a_scan_goes_to_each_open_return_in_the_parcel(
    answers: tuple[Exception | None, ...], sent: tuple[InboxState, str, str]
) -> None:
    delivery = FakeDelivery(*answers)
    assert await send(delivery, scan("BH2")) == sent
    assert [case for case, *_ in delivery.told] == ["R-2", "R-1"]  # not R-0's, which had the number long before


async def test_if_one_of_them_gives_no_answer_all_are_asked_again_under_the_same_id() -> None:
    delivery = FakeDelivery(Unavailable("no worker"), None, None, None)
    with pytest.raises(Unavailable):
        await send(delivery, scan("BH2"))
    assert await send(delivery, scan("BH2")) == (DELIVERED, BOTH, "")
    assert [(case, update_id) for case, *_, update_id in delivery.told] == [("R-2", "evt_1"), ("R-1", "evt_1")] * 2


@pytest.mark.parametrize("told", [refund(), scan()])
async def test_a_final_no_is_told_with_its_words(told: Told) -> None:
    no = Refused("other_parcel", "This return's tracking number is BH2.")
    assert await send(FakeDelivery(no), told) == (InboxState.REFUSED, "return-R-1", no.message)


@pytest.mark.parametrize("told", [refund(), scan()])
@pytest.mark.parametrize("error", [Refused("not_decided", "not yet"), Unavailable("nobody answers")])
async def test_what_may_be_taken_later_comes_again(told: Told, error: Refused | Unavailable) -> None:
    with pytest.raises(Unavailable):
        await send(FakeDelivery(error), told)


@pytest.mark.parametrize(
    ("state", "recorded"),
    [
        (NoticeState.SENT, False),
        (NoticeState.DELIVERED, False),
        (NoticeState.BOUNCED, True),
        (NoticeState.COMPLAINED, True),
        (NoticeState.REFUSED, True),
    ],
)
async def test_what_became_of_a_mail_is_noted_and_recorded_where_it_went_wrong(
    state: NoticeState, recorded: bool
) -> None:
    outbox, ledger = FakeOutbox(), FakeLedger()
    courier = Courier(FakeDelivery(), cast("Ledger", ledger), FakeParcels(), outbox)
    news = MailNews(key="notice:R-1:approved:1", state=state, message_id="m1", at=NOW)
    assert await courier.send(row(news)) == (DELIVERED, news.key, "")
    assert outbox.finished == [(news.key, state, "m1")]
    facts = {"notice": "approved", "state": state.value, "message_id": "m1"}
    told = [(one.key, one.order, one.case, one.facts) for one in ledger.appended]
    assert told == ([(f"notice_failed:{news.key}:{state}", "o1", "R-1", facts)] if recorded else [])
    other = news.model_copy(update={"key": "notice:R-7:approved:1"})
    assert (await courier.send(row(other))).state is OUTSIDE


async def test_what_cannot_be_read_goes_nowhere() -> None:
    delivery = FakeDelivery()
    assert await send(delivery, None) == (InboxState.UNREADABLE, "", "amount: it is missing")
    assert delivery.told == []


CASE = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
TENDER = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", fullmatch=True)
NUMBER = st.integers(1, 10**6)


@given(CASE, NUMBER, TENDER, NUMBER)
def test_a_refunds_key_comes_apart_as_it_was_made(case: str, plan: int, tender: str, attempt: int) -> None:
    key = ids.refund_key(case, plan, tender, attempt)
    assert ids.refund_of(key) == (case, plan, tender, attempt)
    assert ids.case_in(key) == case


@pytest.mark.parametrize(
    "key",
    ["", "refund", "refund:R-1", "refund:R-1:1:pi_1", "refund:R-1:x:pi_1:1", "refund:R 1:1:pi_1:1", "xrefund:R-1:1:p:1",
     f"{KEY}\n", "label:R-1:1", "refund:R-1:1::1", "refund:R-1:\u0661:pi_1:1"],
)  # fmt: skip
def test_what_is_no_refunds_key_has_no_parts(key: str) -> None:
    assert ids.refund_of(key) is None
