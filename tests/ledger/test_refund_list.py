"""Refunds as they stand: state, attempts, references, by when they show, and who is next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from activities.payments import PayLeg, PaymentActivities
from domain.order import EarlierRefund, TenderKind
from domain.refund import Refund, RefundStatus
from ledger.credit_notes import CreditNotes
from ledger.facts import Facts
from ledger.refund_list import RefundRow, refund_list
from ledger.settling import Settling
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, open_shop

UNITS = {"1": 2, "2": 1}
"""46.24 euros, to one card."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """One return whose refund is planned."""
    with open_shop(tmp_path) as shop:
        shop.begin("R-1", UNITS)
        shop.receive("R-1", UNITS)
        shop.plan("R-1", UNITS)
        yield shop


def pay(
    shop: Shop, *statuses: RefundStatus, reason: str = "", sends: tuple[TenderKind, ...] = tuple(TenderKind)
) -> None:
    """The plan's only leg, with what the provider says to each attempt."""
    leg = shop.entry("plan:R-1:1").facts["plan"]["legs"][0]
    named = {"case": "R-1", "order_id": "two-rates", "plan": 1, "payment": leg["tender_id"], "amount": leg["amount"]}
    provider = FakeProvider()
    for attempt, provider.status in enumerate(statuses, start=1):
        provider.reason = reason if provider.status is RefundStatus.FAILED else ""
        activities = PaymentActivities(provider, shop.ledger, CreditNotes(shop.ledger, shop.snapshots), sends)
        activities.pay_leg(PayLeg.model_validate({**named, "attempt": attempt, "now": NOW}))


def the_only(shop: Shop) -> RefundRow:
    (found,) = refund_list(shop.ledger.entries())
    return found


@pytest.mark.parametrize("reason", ["expired_or_canceled_card", "charged_back"])
def test_what_no_try_mends_names_the_other_way(shop: Shop, reason: str) -> None:
    pay(shop, RefundStatus.FAILED, reason=reason)
    row = the_only(shop)
    assert row.owner == "finance"
    assert f"starter.py consent R-1 --payment {row.payment} --to bank --by YOU" in row.action
    assert "starter.py retry" not in row.action


def test_what_a_person_was_asked_to_pay_is_their_task_whatever_it_goes_to(shop: Shop) -> None:
    pay(shop, RefundStatus.PENDING, sends=())
    row = the_only(shop)
    assert (row.state, row.reason, row.owner) == ("pending", "by_hand", "finance")
    assert "paid-by-hand R-1 --payment" in row.action


def word(shop: Shop, **more: object) -> None:
    """The provider says more of the refund."""
    row = the_only(shop)
    told = {**row.model_dump(include={"key", "payment", "amount", "currency"}), "provider_id": row.refund}
    refund = Refund.model_validate({**told, "status": row.state, "updated_at": NOW + timedelta(days=2), **more})
    settling = Settling(shop.ledger, CreditNotes(shop.ledger, shop.snapshots))
    intention = settling.intention(row.key)
    assert intention is not None
    settling.record(intention, refund)


def test_nothing_is_listed_before_it_is_asked_for(shop: Shop) -> None:
    assert list(refund_list(shop.ledger.entries())) == []


def test_one_that_the_provider_has_not_decided(shop: Shop) -> None:
    pay(shop, RefundStatus.PENDING)
    row = the_only(shop)
    assert (row.case, row.order, row.plan, row.attempts) == ("R-1", "two-rates", 1, 1)
    assert (row.amount, row.currency, row.state, row.owner) == (4624, "EUR", "pending", "provider")
    assert (row.shows_by, row.refund) == (None, "")


def test_one_that_succeeded_with_its_references_and_the_day_by_which_it_shows(shop: Shop) -> None:
    pay(shop, RefundStatus.SUCCEEDED)
    word(shop, arn="74900000001")
    row = the_only(shop)
    assert (row.state, row.refund, row.arn, row.owner, row.action) == ("succeeded", "re_1", "74900000001", "nobody", "")
    assert NOW.date() == date(2026, 11, 21)  # a Saturday; two weeks of five days later it is a Friday
    assert row.shows_by == date(2026, 12, 4)


def test_a_second_attempt_stands_for_the_leg(shop: Shop) -> None:
    pay(shop, RefundStatus.FAILED, RefundStatus.SUCCEEDED, reason="declined")
    row = the_only(shop)
    assert (row.state, row.reason, row.attempts, row.refund) == ("succeeded", "", 2, "re_2")


@pytest.mark.parametrize(
    ("reason", "owner", "action"),
    [
        ("merchant_request", "finance", "mend the cause, then `python starter.py retry R-1 --by YOU`"),
        ("stored_fault", "nobody", "the next attempt follows by itself"),
    ],
)
def test_one_that_failed_says_who_is_next(shop: Shop, reason: str, owner: str, action: str) -> None:
    pay(shop, RefundStatus.FAILED, reason=reason)
    row = the_only(shop)
    assert (row.state, row.reason, row.owner, row.action) == ("failed", reason, owner, action)


def test_one_that_failed_after_the_return_had_closed_is_a_matter_of_aftercare(shop: Shop) -> None:
    pay(shop, RefundStatus.SUCCEEDED)
    shop.close("R-1")
    word(shop, status=RefundStatus.FAILED, reason="merchant_request")
    row = the_only(shop)
    assert (row.state, row.reason, row.owner) == ("failed", "merchant_request", "finance")
    assert "starter.py pay-again R-1 --by YOU`" in row.action


def test_one_that_others_made_and_that_came_back(shop: Shop) -> None:
    payment = shop.entry("plan:R-1:1").facts["plan"]["legs"][0]["tender_id"]
    facts = Facts(shop.ledger, shop.snapshots)
    facts.refunded_elsewhere("two-rates", EarlierRefund(id="re_desk", at=NOW, money={payment: 100}), "fay", NOW)
    row = the_only(shop)
    assert (row.case, row.payment, row.amount, row.currency) == ("", payment, 100, "EUR")
    assert (row.state, row.reason, row.attempts, row.refund) == ("succeeded", "made_elsewhere", 0, "re_desk")
    facts.came_back("re_desk", "fay", NOW)
    row = the_only(shop)
    assert (row.state, row.reason, row.owner) == ("failed", "came_back", "nobody")
