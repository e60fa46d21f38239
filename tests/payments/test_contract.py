"""What every way for money back promises, and what a payment provider promises besides, held against each in reach.

Another Stripe-compatible address joins in with STRIPE_API_BASE and STRIPE_API_KEY (docs/simulators.md); another adapter
with a `Way`.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.payments.via_stripe import to_stripe
from domain.collection import PaymentRequest
from domain.errors import BackhaulError, Refused, Unavailable
from domain.refund import Refund, RefundIntention, RefundStatus
from tests.payments.providers import Provider, Way
from tests.shop import NOW


def intention(payment: str, amount: int = 1000, attempt: int = 1, currency: str = "EUR") -> RefundIntention:
    """An intention to pay so many minor units back."""
    return RefundIntention(
        key=f"refund:R-1:1:{payment}:{attempt}",
        case="R-1",
        order_id="two-rates",
        plan=1,
        attempt=attempt,
        payment=payment,
        amount=amount,
        currency=currency,
    )


def test_a_refund_is_made_and_told_as_it_is(way: Way) -> None:
    payment = way.paid(7000)
    ask = intention(payment, 2500)
    made = way.payments.refund(ask, NOW)
    assert way.refunds(payment) == [(made.provider_id, 2500, ask.key)]
    # What the statement shows is the provider's own business.
    assert made.model_copy(update={"arn": "", "shows_as": ""}) == Refund(
        key=ask.key,
        provider_id=made.provider_id,
        payment=payment,
        amount=2500,
        currency="EUR",
        status=RefundStatus.SUCCEEDED,
        updated_at=NOW,
    )


def test_the_same_key_twice_is_one_refund(way: Way) -> None:
    payment = way.paid(7000)
    ask = intention(payment)
    first = way.payments.refund(ask, NOW)
    assert way.payments.refund(ask, NOW).provider_id == first.provider_id
    assert [amount for _, amount, _ in way.refunds(payment)] == [1000]


def test_the_same_key_many_times_at_once_is_one_refund(way: Way) -> None:
    payment = way.paid(7000)
    start = threading.Barrier(8)

    def one(_: int) -> str:
        start.wait(10)
        try:
            return way.payments.refund(intention(payment), NOW).provider_id
        except Unavailable:  # a key in use is no answer yet
            return ""

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(one, range(8))) - {""}
    assert answers == {id for id, _, _ in way.refunds(payment)}
    assert len(answers) == 1


def test_another_attempt_is_another_refund(way: Way) -> None:
    payment = way.paid(7000)
    made = [way.payments.refund(intention(payment, attempt=attempt), NOW).provider_id for attempt in (1, 2)]
    assert [id for id, _, _ in way.refunds(payment)] == made[::-1]
    assert len(set(made)) == 2


def test_a_key_that_was_never_sent_is_not_found(way: Way) -> None:
    assert way.payments.find(intention(way.paid(7000)), NOW) is None


def test_what_was_sent_is_found_by_its_key(way: Way) -> None:
    payment = way.paid(7000)
    made = way.payments.refund(intention(payment), NOW)
    assert way.payments.find(intention(payment), NOW) == made


def test_it_is_found_behind_a_hundred_others(way: Way) -> None:
    payment = way.paid(7000)
    made = way.payments.refund(intention(payment), NOW)
    for _ in range(101):
        way.refund_elsewhere(payment, 1)
    assert len(way.refunds(payment)) == 102
    assert way.payments.find(intention(payment), NOW) == made


def test_refunds_of_others_are_not_ours_even_over_the_same_amount(way: Way) -> None:
    payment = way.paid(7000)
    way.refund_elsewhere(payment, 1000)
    way.refund_elsewhere(payment, 1000, key=intention(payment, attempt=2).key)
    way.refund_elsewhere(payment, 1000, key=f"{intention(payment).key}0")
    assert way.payments.find(intention(payment), NOW) is None
    others = {id for id, _, _ in way.refunds(payment)}
    made = way.payments.refund(intention(payment), NOW)
    assert made.provider_id not in others
    assert way.payments.find(intention(payment), NOW) == made


def test_the_same_key_on_another_payment_is_not_ours(way: Way) -> None:
    payment, other = way.paid(7000), way.paid(7000)
    way.refund_elsewhere(other, 1000, key=intention(payment).key)
    assert way.payments.find(intention(payment), NOW) is None


def test_a_refund_under_our_key_over_another_amount_is_neither_ours_nor_none(way: Way) -> None:
    payment = way.paid(7000)
    way.refund_elsewhere(payment, 999, key=intention(payment).key)
    with pytest.raises(Refused) as no:
        way.payments.find(intention(payment), NOW)
    assert no.value.code == "other_refund"


def test_the_keys_of_a_payments_refunds_are_told_whoever_sent_them(way: Way) -> None:
    payment, other = way.paid(7000), way.paid(7000)
    assert way.payments.keys(intention(payment)) == {}
    mine = way.payments.refund(intention(payment), NOW)
    way.refund_elsewhere(payment, 500)
    way.refund_elsewhere(payment, 500, key="order-4711")
    way.refund_elsewhere(payment, 500, key="refund:R-2:3:pi_x:1")
    way.refund_elsewhere(other, 500, key="refund:R-3:1:pi_x:1")
    found = way.payments.keys(intention(payment, attempt=7))
    ids = {key: id for id, _, key in way.refunds(payment)}
    assert found == {
        f"refund:R-1:1:{payment}:1": mine.provider_id,
        "refund:R-2:3:pi_x:1": ids["refund:R-2:3:pi_x:1"],
    }


def test_a_payment_goes_back_in_parts_to_the_last_cent_and_no_further(provider: Provider) -> None:
    payment = provider.paid(1000)
    for attempt, amount in enumerate((333, 333, 334), start=1):
        provider.payments.refund(intention(payment, amount, attempt), NOW)
    with pytest.raises(Refused) as no:
        provider.payments.refund(intention(payment, 1, 4), NOW)
    assert no.value.code == "charge_already_refunded"
    assert [amount for _, amount, _ in provider.refunds(payment)] == [334, 333, 333]


def test_more_than_is_left_is_refused_and_nothing_is_made(provider: Provider) -> None:
    payment = provider.paid(1000)
    provider.payments.refund(intention(payment, 400), NOW)
    for amount in (601, 1000):
        with pytest.raises(Refused) as no:
            provider.payments.refund(intention(payment, amount, amount), NOW)
        # Stripe gives this refusal no code of its own, only words.
        assert no.value.code == "stripe_400"
        assert "greater than unrefunded amount" in no.value.message
    assert [amount for _, amount, _ in provider.refunds(payment)] == [400]


def test_a_payment_that_the_provider_does_not_know(provider: Provider) -> None:
    nowhere = intention("pi_nowhere")
    for verb in (provider.payments.refund, provider.payments.find):
        with pytest.raises(Refused) as no:
            verb(nowhere, NOW)
        assert no.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        ({"status": "succeeded"}, RefundStatus.SUCCEEDED, ""),
        ({"status": "pending"}, RefundStatus.PENDING, "processing"),
        ({"status": "pending", "pending_reason": "insufficient_funds"}, RefundStatus.PENDING, "insufficient_funds"),
        ({"status": "pending", "pending_reason": "charge_pending"}, RefundStatus.PENDING, "charge_pending"),
        ({"status": "requires_action"}, RefundStatus.REQUIRES_ACTION, ""),
        ({"status": "canceled"}, RefundStatus.CANCELED, ""),
        (
            {"status": "failed", "failure_reason": "expired_or_canceled_card"},
            RefundStatus.FAILED,
            "expired_or_canceled_card",
        ),
    ],
)
def test_every_status_is_told_with_its_reason(
    provider: Provider, outcome: dict[str, str], status: RefundStatus, reason: str
) -> None:
    provider.next(**outcome)
    payment = provider.paid(7000)
    made = provider.payments.refund(intention(payment), NOW)
    assert (made.status, made.reason) == (status, reason)
    assert provider.payments.find(intention(payment), NOW) == made


def test_finding_tells_how_it_stands_now(provider: Provider) -> None:
    provider.next(status="pending")
    payment = provider.paid(7000)
    made = provider.payments.refund(intention(payment), NOW)
    for outcome, status, reason in (
        ({"status": "succeeded"}, RefundStatus.SUCCEEDED, ""),
        ({"status": "failed", "failure_reason": "declined"}, RefundStatus.FAILED, "declined"),
    ):
        provider.move(made.provider_id, **outcome)
        found = provider.payments.find(intention(payment), NOW)
        assert found is not None
        assert (found.provider_id, found.status, found.reason) == (made.provider_id, status, reason)


def test_one_refund_is_read_again_by_the_providers_id_of_it(provider: Provider) -> None:
    payment = provider.paid(7000)
    made = provider.payments.refund(intention(payment, 2500), NOW)
    seen = provider.payments.refresh(made.provider_id, NOW)
    assert (seen.id, seen.key, seen.case) == (made.provider_id, f"refund:R-1:1:{payment}:1", "R-1")
    assert (seen.payment, seen.amount, seen.currency, seen.status) == (payment, 2500, "EUR", RefundStatus.SUCCEEDED)


def test_one_refund_that_failed_late_is_read_again(provider: Provider) -> None:
    made = provider.payments.refund(intention(provider.paid(7000), 2500), NOW)
    provider.move(made.provider_id, status="failed", failure_reason="lost_or_stolen_card")
    seen = provider.payments.refresh(made.provider_id, NOW)
    assert (seen.status, seen.reason) == (RefundStatus.FAILED, "lost_or_stolen_card")


def test_a_refund_of_somebody_else_is_read_without_a_key(provider: Provider) -> None:
    payment = provider.paid(7000, "isk")
    provider.refund_elsewhere(payment, 1200)
    ((id, _, _),) = provider.refunds(payment)
    seen = provider.payments.refresh(id, NOW)
    # 1200 of Stripe's are 12 krónur, which have no smaller unit.
    assert (seen.key, seen.payment, seen.amount, seen.currency) == ("", payment, 12, "ISK")


def test_what_was_made_between_two_moments_is_listed(provider: Provider) -> None:
    payment = provider.paid(7000)
    made = provider.payments.refund(intention(payment, 2500), NOW)
    seen = provider.payments.refresh(made.provider_id, NOW)
    hour = timedelta(hours=1)
    found = {one.id: one for one in provider.payments.refunds(seen.created_at, seen.created_at + hour)}
    assert found[made.provider_id] == seen
    earlier = [one.id for one in provider.payments.refunds(seen.created_at - hour, seen.created_at)]
    assert made.provider_id not in earlier
    moved = list(provider.payments.balance_transactions(seen.created_at - hour, seen.created_at + hour))
    assert [(one.category, one.amount, one.currency) for one in moved if one.source == made.provider_id] == [
        ("refund", -2500, "EUR")
    ]


def test_a_refund_that_the_provider_does_not_know(provider: Provider) -> None:
    with pytest.raises(Refused) as no:
        provider.payments.refresh("re_nowhere", NOW)
    assert no.value.code == "resource_missing"


def test_a_key_that_the_provider_forgot_is_found_all_the_same(way: Way) -> None:
    payment = way.paid(7000)
    made = way.payments.refund(intention(payment), NOW)
    way.forget_keys()
    # Sent again it would be paid again: this is why whoever sends a second time looks first.
    assert way.payments.find(intention(payment), NOW) == made


def test_the_same_key_with_another_request_is_refused_and_makes_nothing(way: Way) -> None:
    payment = way.paid(7000)
    way.payments.refund(intention(payment), NOW)
    with pytest.raises(Refused) as no:
        way.payments.refund(intention(payment, 999), NOW)
    assert no.value.code == "idempotency_error"
    assert [amount for _, amount, _ in way.refunds(payment)] == [1000]


def request(amount: int = 1250, currency: str = "EUR") -> PaymentRequest:
    """Money that a return asks its shopper for, under a key that nobody has used."""
    case = f"R-{uuid4()}"
    words = "The mug in blue instead of red"
    return PaymentRequest(
        key=f"collect:{case}:1", case=case, order_id="two-rates", amount=amount, currency=currency, words=words
    )


def test_a_shopper_is_asked_once_for_a_fixed_amount(provider: Provider) -> None:
    ask = request()
    assert provider.payments.find_collection(ask, NOW) is None
    page = provider.payments.collect(ask, NOW)
    assert (page.key, page.state, page.payments) == (ask.key, "open", ())
    assert page.url.startswith("http")
    assert provider.payments.collect(ask, NOW) == page
    assert provider.payments.find_collection(ask, NOW) == page
    other = ask.model_copy(update={"amount": 1251})
    for verb, code in ((provider.payments.collect, "idempotency_error"), (provider.payments.find_collection, "other_")):
        with pytest.raises(Refused) as no:
            verb(other, NOW)
        assert no.value.code.startswith(code)


def test_a_page_is_found_by_its_key_after_the_provider_forgot_it(provider: Provider) -> None:
    page = provider.payments.collect(ask := request(), NOW)
    provider.forget_keys()
    assert provider.payments.find_collection(ask, NOW) == page


def test_what_was_paid_before_a_page_was_closed_is_told(provider: Provider) -> None:
    page = provider.payments.collect(ask := request(), NOW)
    provider.pay(page)
    closed = provider.payments.close_collection(page, NOW)
    assert (closed.state, len(closed.payments)) == ("closed", 1)
    assert provider.payments.find_collection(ask, NOW) == closed
    # What came in can go back, as any payment.
    refund = provider.payments.refund(intention(closed.payments[0], 1250), NOW)
    assert refund.status is RefundStatus.SUCCEEDED


def test_a_page_that_nobody_paid_is_closed_and_closed_again(provider: Provider) -> None:
    page = provider.payments.collect(ask := request(), NOW)
    for _ in range(2):
        closed = provider.payments.close_collection(page, NOW)
        assert (closed.state, closed.payments) == ("closed", ())
    assert provider.payments.find_collection(ask, NOW) == closed


def test_what_was_being_paid_when_a_page_was_closed_is_told_later(provider: Provider) -> None:
    page = provider.payments.collect(ask := request(), NOW)
    provider.payments.close_collection(page, NOW)
    provider.pay(page, late=True)
    late = provider.payments.find_collection(ask, NOW)
    assert late is not None
    assert len(late.payments) == 1


@pytest.mark.parametrize(
    ("currency", "minor", "theirs"), [("ISK", 12, 1200), ("JPY", 1234, 1234), ("KWD", 12340, 12340)]
)
def test_a_shopper_is_asked_in_the_providers_units(provider: Provider, currency: str, minor: int, theirs: int) -> None:
    page = provider.payments.collect(request(minor, currency), NOW)
    provider.pay(page)
    (payment,) = provider.payments.close_collection(page, NOW).payments
    provider.payments.refund(intention(payment, minor, currency=currency), NOW)
    assert [amount for _, amount, _ in provider.refunds(payment)] == [theirs]


def test_what_cannot_be_asked_for_exactly_is_never_asked(provider: Provider) -> None:
    ask = request(12345, "KWD")
    with pytest.raises(Refused) as no:
        provider.payments.collect(ask, NOW)
    assert no.value.code == "below_step"
    assert provider.payments.find_collection(ask.model_copy(update={"amount": 12340}), NOW) is None


# Minor units by ISO 4217 and the same money in Stripe's units: ISK and UGX have no decimals but two zeros at Stripe,
# MGA has two decimals but none at Stripe, JPY has none and KWD three at both.
UNITS = [
    ("EUR", 1234, 1234),
    ("JPY", 1234, 1234),
    ("ISK", 1234, 123400),
    ("UGX", 1234, 123400),
    ("MGA", 123400, 1234),
    ("KWD", 12340, 12340),
    ("TND", 10, 10),
]


@pytest.mark.parametrize(("currency", "minor", "theirs"), UNITS)
def test_amounts_in_stripes_units(currency: str, minor: int, theirs: int) -> None:
    assert to_stripe(minor, currency) == theirs


@pytest.mark.parametrize(("currency", "minor"), [("MGA", 123401), ("MGA", 50), ("KWD", 12345), ("BHD", 1)])
def test_amounts_that_stripe_has_no_number_for(currency: str, minor: int) -> None:
    with pytest.raises(Refused) as no:
        to_stripe(minor, currency)
    assert no.value.code == "below_step"


@pytest.mark.parametrize(("currency", "minor", "theirs"), UNITS)
def test_amounts_arrive_in_the_providers_units(provider: Provider, currency: str, minor: int, theirs: int) -> None:
    payment = provider.paid(3 * theirs, currency.lower())
    ask = intention(payment, minor, currency=currency)
    made = provider.payments.refund(ask, NOW)
    assert (made.amount, made.currency) == (minor, currency)
    assert [amount for _, amount, _ in provider.refunds(payment)] == [theirs]
    assert provider.payments.find(ask, NOW) == made


def test_what_cannot_be_paid_exactly_is_never_sent(provider: Provider) -> None:
    payment = provider.paid(100_000, "kwd")
    with pytest.raises(BackhaulError):
        provider.payments.refund(intention(payment, 12345, currency="KWD"), NOW)
    assert provider.refunds(payment) == []
