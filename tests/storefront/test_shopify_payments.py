"""How a Shopify order was paid."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from activities.storefront.importers import read_order
from activities.storefront.shopify import import_shopify
from activities.storefront.tenders import never_paid
from domain.explain import as_text, explain
from domain.history import history_of
from domain.order import TenderKind
from domain.terms import Terms
from tests.storefront.payloads import (
    SHOPIFY,
    Json,
    plain,
    plan,
    refunded,
    refused,
    transaction,
)

GIFT_CARD_AND_CARD = [
    transaction(1, "sale", "30.00", gateway="gift_card"),
    transaction(2, "authorization", "151.09", receipt={"payment_intent": {"id": "pi_9"}}, authorization="ch_9"),
    transaction(3, "capture", "100.00", parent_id=2),
    transaction(4, "capture", "51.09", parent_id=2, receipt={"charges": [{"id": "ch_9", "payment_intent": "pi_9"}]}),
    transaction(5, "sale", "151.09", status="failure"),
    transaction(6, "void", "9.00"),
]


def test_several_payments_in_all_three_places() -> None:
    beside: Json = {"order": plain(), "transactions": GIFT_CARD_AND_CARD}
    inside = plain() | {"transactions": GIFT_CARD_AND_CARD}
    order = import_shopify(inside).order
    found = [(one.id, one.kind, one.captured) for one in order.tenders]
    assert found == [("1", TenderKind.GIFT_CARD, 3000), ("pi_9", TenderKind.CARD, 15109)]
    assert order.tenders[0].paid_at == datetime(2025, 7, 2, 16, 31, 38, tzinfo=UTC)
    assert import_shopify(beside).order == import_shopify(plain(), GIFT_CARD_AND_CARD).order == order
    second = json.dumps({"transactions": GIFT_CARD_AND_CARD})
    assert read_order(SHOPIFY.read_text(), more=second).order == order
    # credit first, then the card
    assert [(leg.tender_id, leg.amount) for leg in plan(order).legs] == [("1", 3000), ("pi_9", 15109)]


def test_one_transaction_alone() -> None:
    one = transaction(1, "sale", "181.09", receipt={"id": "pi_1"})
    listed = import_shopify(plain(), [one])
    assert import_shopify(plain(), one) == import_shopify(plain(), {"transaction": one}) == listed
    assert refused(lambda: import_shopify(plain(), {"orders": []})).field == "transactions"


@pytest.mark.parametrize(
    ("gateway", "kind"),
    [
        # a card's id is nowhere told
        ("shopify_payments", TenderKind.UNKNOWN),
        ("bogus", TenderKind.UNKNOWN),
        ("cash_app_pay", TenderKind.UNKNOWN),
        ("shopify_store_credit", TenderKind.STORE_CREDIT),
        ("Cash on Delivery (COD)", TenderKind.CASH_ON_DELIVERY),
        ("cash", TenderKind.CASH_ON_DELIVERY),
        ("Bank Deposit", TenderKind.BANK),
        ("manual", TenderKind.BANK),
    ],
)
def test_what_was_paid_with(gateway: str, kind: TenderKind) -> None:
    (tender,) = import_shopify(plain(), [transaction(1, "sale", "181.09", gateway=gateway)]).order.tenders
    assert tender.kind is kind


def test_any_other_payment_by_hand_is_a_bank_transfer() -> None:
    by_hand = transaction(1, "sale", "181.09", gateway="Pay at the counter", manual_payment_gateway=True)
    (tender,) = import_shopify(plain(), [by_hand]).order.tenders
    assert tender.kind is TenderKind.BANK


def test_change_that_was_given_back_at_the_till() -> None:
    cash = [
        transaction(1, "sale", "200.00", gateway="cash"),
        transaction(2, "change", "18.91", gateway="cash", parent_id=1),
    ]
    (tender,) = import_shopify(plain(), cash).order.tenders
    assert tender.captured == 18109


@pytest.mark.parametrize(("currency", "step"), [("KWD", 10), ("EUR", 1), ("ISK", 1)])
def test_the_smallest_amount_a_card_gives_back(currency: str, step: int) -> None:
    raw = plain() | {"currency": currency, "presentment_currency": currency, "total_price": "181", "total_tax": "0"}
    raw["line_items"][0] |= {"price": "181", "discount_allocations": []}
    raw["total_discounts"] = "0"
    assert import_shopify(raw, payment="pi_1").order.tenders[0].step == step
    told = transaction(1, "sale", "181", receipt={"id": "pi_1"})
    assert import_shopify(raw, [told]).order.tenders[0].step == step
    assert import_shopify(raw, [transaction(1, "sale", "181", gateway="gift_card")]).order.tenders[0].step == 1


def test_the_one_card_that_shopify_does_not_name_can_be_linked() -> None:
    unnamed = [transaction(1, "sale", "30.00", gateway="gift_card"), transaction(2, "sale", "151.09")]
    order = import_shopify(plain(), unnamed, payment="pi_5").order
    assert [(one.id, one.kind) for one in order.tenders] == [("1", TenderKind.GIFT_CARD), ("pi_5", TenderKind.CARD)]
    unlinked = import_shopify(plain(), unnamed).order
    assert [(one.id, one.kind) for one in unlinked.tenders] == [("1", TenderKind.GIFT_CARD), ("2", TenderKind.UNKNOWN)]
    assert plan(unlinked).total == 18109
    two = [transaction(1, "sale", "30.00"), transaction(2, "sale", "151.09")]
    error = refused(lambda: import_shopify(plain(), two, payment="pi_5"))
    assert (error.field, "2 cards paid without telling their ids" in error.message) == ("payment", True)
    assert [one.id for one in import_shopify(plain(), GIFT_CARD_AND_CARD, payment="pi_9").order.tenders] == [
        "1",
        "pi_9",
    ]
    error = refused(lambda: import_shopify(plain(), GIFT_CARD_AND_CARD, payment="pi_5"))
    assert (error.field, "none of them" in error.message) == ("payment", True)


@pytest.mark.parametrize(
    ("transactions", "field", "words"),
    [
        ([transaction(1, "sale", "181.08")], "transactions", "captured 181.08 USD, .* total_price is 181.09 USD"),
        ([transaction(1, "authorization", "181.09")], "transactions", "captured 0.00 USD"),
        ([transaction(1, "sale", "181.09", order_id=5)], "transactions.0.order_id", "another order"),
        ([transaction(1, "sale", "-181.09")], "transactions.0.amount", "negative"),
        ([transaction(1, "sale", "181.09") | {"id": None}], "transactions.0.id", "whole number"),
        ([5], "transactions.0", "an object is expected"),
        (
            [*GIFT_CARD_AND_CARD, transaction(7, "refund", "1.00", parent_id=99)],
            "transactions.6.parent_id",
            "none of the order's payments",
        ),
        (
            [transaction(1, "sale", "181.09"), transaction(2, "refund", "181.10", parent_id=1)],
            "transactions.0",
            "more than captured",
        ),
    ],
)
def test_transactions_that_are_refused(transactions: list[Json], field: str, words: str) -> None:
    error = refused(lambda: import_shopify(plain(), transactions))
    assert error.field == field
    assert re.search(words, error.message)


def test_transactions_that_point_at_each_other_end() -> None:
    circle = [transaction(1, "sale", "181.09", parent_id=2), transaction(2, "void", "1.00", parent_id=1)]
    assert import_shopify(plain(), circle).order.total == 18109


@pytest.mark.parametrize("status", ["pending", "authorized", "partially_paid", "voided"])
def test_an_order_that_is_not_paid_has_no_payment_to_link(status: str) -> None:
    raw = plain() | {"financial_status": status}
    assert import_shopify(raw).order.tenders[0].kind is TenderKind.UNKNOWN
    error = refused(lambda: import_shopify(raw, payment="pi_1"))
    assert (error.field, "only a paid order" in error.message) == ("financial_status", True)


# ── Not paid in full ─────────────────────────────────────────────────────────────────────────────────────────────────


def pair(*paid: Json, status: str = "partially_paid", **more: object) -> Json:
    """Two units of 40.00 and one of 20.00."""
    raw = plain() | {"total_discounts": "0.00", "total_price": "100.00", "financial_status": status}
    line = raw["line_items"][0] | {"discount_allocations": []}
    raw["line_items"] = [
        {**line, "id": 1, "price": "40.00", "quantity": 2},
        {**line, "id": 2, "price": "20.00", "quantity": 1},
    ]
    return raw | {"transactions": list(paid), **more}


def test_of_an_order_that_was_paid_in_part_that_part_goes_back() -> None:
    order = import_shopify(pair(transaction(1, "sale", "50.00", receipt={"id": "pi_1"}))).order
    assert [(one.id, one.captured, one.refunded) for one in order.tenders] == [
        ("pi_1", 5000, 0),
        ("unpaid", 5000, 5000),
    ]
    # what was paid of each: 40.00 and 10.00
    assert [plan(order, units).total for units in ({"1": 1}, {"2": 1}, {"1": 1, "2": 1})] == [2000, 1000, 3000]
    assert (plan(order).total, [leg.tender_id for leg in plan(order).legs]) == (5000, ["pi_1"])
    told = as_text(explain(plan(order), order, history_of(order), Terms()))
    assert "Never paid for line 1 " in told
    assert "Earlier" not in told
    assert never_paid(order) == 5000


@pytest.mark.parametrize("status", ["authorized", "pending"])
def test_an_authorization_is_no_money(status: str) -> None:
    order = import_shopify(pair(transaction(1, "authorization", "100.00"), status=status)).order
    assert (plan(order).total, plan(order).legs, never_paid(order)) == (0, (), 10000)


def removed(**more: object) -> Json:
    """Shopify's refund of a unit that was taken off the order before it was paid."""
    row = {"line_item_id": 1, "quantity": 1, "subtotal": "40.00", "total_tax": "0.00"}
    return {"id": 9, "created_at": "2025-08-01T00:00:00Z", "refund_line_items": [row], "transactions": [], **more}


def test_what_was_taken_off_the_order_is_what_was_not_paid() -> None:
    paid = transaction(1, "sale", "60.00", receipt={"id": "pi_1"})
    order = import_shopify(pair(paid, status="paid", refunds=[removed()])).order
    assert never_paid(order) == 0
    assert [plan(order, units).total for units in ({"1": 1}, {"2": 1})] == [4000, 2000]
    assert plan(order).total == 6000
    # 60.00 are due after that, but 30.00 came: half of what is left
    half = import_shopify(pair(paid | {"amount": "30.00"}, refunds=[removed()])).order
    assert (never_paid(half), plan(half).total, plan(half, {"1": 1}).total) == (3000, 3000, 2000)


def test_the_published_transactions_of_which_only_a_part_was_captured() -> None:
    # 598.94 authorized, 250.94 of them captured, 209.00 given back for two of the three units
    paid = [
        transaction(389404469, "authorization", "598.94"),
        transaction(801038806, "capture", "250.94", parent_id=389404469),
        transaction(179259969, "refund", "209.00", parent_id=801038806),
    ]
    order = import_shopify(refunded(), paid).order
    assert [(one.id, one.captured, one.refunded) for one in order.tenders] == [
        ("801038806", 25094, 20900),
        ("unpaid", 34800, 34800),
    ]
    # of the 348.00 that never came, 95.14 and 95.15 are what the two units were short of; 157.71 are of the third
    assert plan(order, {"518995019": 1}).total == 19965 - 15771 == 25094 - 20900


def test_a_paid_order_whose_payments_are_less_is_refused() -> None:
    for status in ("paid", ""):
        error = refused(
            lambda status=status: import_shopify(pair(transaction(1, "sale", "50.00"), status=status))  # type: ignore[misc]
        )
        assert (error.field, "captured 50.00 USD" in error.message) == ("transactions", True)


# ── Refunds as credit ────────────────────────────────────────────────────────────────────────────────────────────────


def credit(number: int, amount: str, gateway: str = "shopify_store_credit", **more: object) -> Json:
    return transaction(number, "refund", amount, gateway=gateway, parent_id=None, **more)


def test_credit_in_place_of_money_spares_the_payment() -> None:
    paid = transaction(1, "sale", "100.00", receipt={"id": "pi_1"})
    order = import_shopify(pair(paid, credit(2, "40.00"), status="partially_refunded")).order
    assert [(one.id, one.refunded) for one in order.tenders] == [("pi_1", 4000)]
    assert plan(order).total == 6000


def test_credit_goes_to_the_payments_of_its_kind_then_to_the_newest() -> None:
    paid = [
        transaction(1, "sale", "30.00", gateway="gift_card"),
        transaction(2, "sale", "50.00", receipt={"id": "pi_2"}),
        transaction(3, "sale", "20.00", receipt={"id": "pi_3"}),
    ]
    status = "partially_refunded"
    back = import_shopify(pair(*paid, credit(4, "25.00", "gift_card"), status=status)).order
    assert [one.refunded for one in back.tenders] == [2500, 0, 0]
    # 10.00 of the newest went back before, so 10.00 of it are left, and 15.00 come from the one before it
    named = transaction(5, "refund", "10.00", parent_id=3)
    back = import_shopify(pair(*paid, credit(4, "25.00"), named, status=status)).order
    assert [one.refunded for one in back.tenders] == [0, 1500, 2000]
    assert plan(back).total == 6500
    error = refused(lambda: import_shopify(pair(*paid, credit(4, "100.01"), status=status)))
    assert "more than captured" in error.message
