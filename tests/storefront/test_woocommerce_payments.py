"""How a WooCommerce order was paid."""

from __future__ import annotations

import pytest

from activities.payments.via_stripe import to_stripe
from activities.storefront.tenders import step
from activities.storefront.woocommerce import import_woocommerce
from domain.money import exponent
from domain.order import Buyer, TenderKind
from tests.storefront.payloads import (
    Json,
    meta,
    plan,
    refund,
    refused,
    stripe,
    woo,
)


@pytest.mark.parametrize(
    ("changes", "tender_id", "kind"),
    [
        ({}, "pi_7", TenderKind.CARD),
        ({"meta_data": [meta("_stripe_charge_id", "ch_7"), meta("_intent_id", "pi_8")]}, "pi_8", TenderKind.CARD),
        ({"meta_data": [meta("_stripe_charge_id", "ch_7")]}, "ch_7", TenderKind.CARD),
        ({"meta_data": [meta("_stripe_intent_id", ["pi_7"])], "transaction_id": "ch_9"}, "ch_9", TenderKind.CARD),
        ({"meta_data": [], "transaction_id": "py_7"}, "py_7", TenderKind.CARD),
        ({"meta_data": [meta("_charge_id", "tok_7")], "transaction_id": "pi_7"}, "pi_7", TenderKind.CARD),
        ({"meta_data": []}, "unlinked", TenderKind.UNKNOWN),
        (
            {"meta_data": [], "payment_method": "ppcp", "transaction_id": "8AB12345CD678901E"},
            "unlinked",
            TenderKind.UNKNOWN,
        ),
        ({"date_paid_gmt": None, "date_paid": None, "status": "pending"}, "unlinked", TenderKind.UNKNOWN),
        ({"payment_method": "cod"}, "cod-727", TenderKind.CASH_ON_DELIVERY),
        (
            {"payment_method": "cod", "date_paid_gmt": None, "date_paid": None, "status": "processing"},
            "unlinked",
            TenderKind.UNKNOWN,
        ),
        (
            {"payment_method": "cod", "date_paid_gmt": None, "date_paid": None, "status": "completed"},
            "cod-727",
            TenderKind.CASH_ON_DELIVERY,
        ),
        ({"payment_method": "cheque"}, "cheque-727", TenderKind.BANK),
    ],
)
def test_what_was_paid_with(changes: Json, tender_id: str, kind: TenderKind) -> None:
    (tender,) = import_woocommerce(stripe(**changes)).order.tenders
    assert (tender.id, tender.kind, tender.captured) == (tender_id, kind, 2935)


def test_a_payment_is_linked_where_none_is_told() -> None:
    assert import_woocommerce(stripe(meta_data=[]), payment="pi_5").order.tenders[0].id == "pi_5"
    assert import_woocommerce(stripe(), payment="pi_7") == import_woocommerce(stripe())
    assert refused(lambda: import_woocommerce(stripe(), payment="pi_5")).field == "payment"
    elsewhere = stripe(meta_data=[], payment_method="ppcp", transaction_id="8AB12345CD678901E", refunds=[refund()])
    (unlinked,) = import_woocommerce(elsewhere).order.tenders
    assert (unlinked.id, unlinked.kind, unlinked.refunded) == ("unlinked", TenderKind.UNKNOWN, 1323)
    (linked,) = import_woocommerce(elsewhere, payment="pi_5").order.tenders
    assert (linked.id, linked.kind, linked.refunded) == ("pi_5", TenderKind.CARD, 1323)
    # the name of a payment elsewhere does not make it a card
    (other,) = import_woocommerce(elsewhere, payment="8AB12345CD678901E").order.tenders
    assert other.kind is TenderKind.UNKNOWN
    unpaid = stripe(date_paid_gmt=None, date_paid=None, status="pending")
    assert refused(lambda: import_woocommerce(unpaid, payment="pi_5")).field == "date_paid_gmt"


@pytest.mark.parametrize("currency", ["BHD", "EUR", "ISK", "JOD", "JPY", "KWD", "MGA", "OMR", "TND", "UGX", "USD"])
def test_stripe_can_pay_the_smallest_step_of_a_card(currency: str) -> None:
    smallest = step(TenderKind.CARD, currency)
    # three decimals at Stripe end in 0; all else is checked by to_stripe itself
    assert to_stripe(smallest, currency) % (10 if exponent(currency) == 3 else 1) == 0
    assert step(TenderKind.GIFT_CARD, currency) == 1


def test_a_business_is_one_with_a_vat_number() -> None:
    raw = woo()
    raw["billing"]["company"] = "Doe Ltd"
    assert import_woocommerce(raw).order.buyer is Buyer.CONSUMER
    raw["meta_data"] = [meta("_billing_vat_number", "DE123456789")]
    assert import_woocommerce(raw).order.buyer is Buyer.BUSINESS


@pytest.mark.parametrize("strange", ["pi_a b", "pi_" + "x" * 62, "ch_é", "", None, 5, ["pi_1"], {}, True, 10**50])
def test_a_payment_under_an_id_that_is_none_waits_to_be_linked(strange: object) -> None:
    for meta_data in ([], [meta("_stripe_intent_id", strange)]):
        raw = stripe(meta_data=meta_data, transaction_id=strange)
        assert [one.id for one in import_woocommerce(raw).order.tenders] == ["unlinked"]
        assert [one.id for one in import_woocommerce(raw, payment="pi_5").order.tenders] == ["pi_5"]


# ── Gift cards ───────────────────────────────────────────────────────────────────────────────────────────────────────

CARDS = [{"id": 43, "code": "XXXX-1", "amount": 5}, {"id": 44, "code": "XXXX-2", "amount": "4.35"}]


def test_gift_cards_are_payments_that_came_off_the_total() -> None:
    order = import_woocommerce(stripe(gift_cards=CARDS, total="20.00")).order
    assert [(one.id, one.kind, one.captured) for one in order.tenders] == [
        ("pi_7", TenderKind.CARD, 2000),
        ("gift-card-43", TenderKind.GIFT_CARD, 500),
        ("gift-card-44", TenderKind.GIFT_CARD, 435),
    ]
    assert (order.total, "XXXX" in order.model_dump_json()) == (2935, False)
    # cards of gift first, then the card
    assert [leg.amount for leg in plan(order, {"316": 1}).legs] == [500, 435, 355]
    back = refund(amount="22.00", line_items=[], shipping_lines=[])
    order = import_woocommerce(stripe(gift_cards=CARDS, total="20.00"), back).order
    assert [one.refunded for one in order.tenders] == [2000, 200, 0]


def test_an_order_that_gift_cards_paid_alone() -> None:
    cards = [CARDS[0] | {"amount": "29.35"}]
    order = import_woocommerce(stripe(gift_cards=cards, total="0.00", meta_data=[])).order
    assert [(one.id, one.captured) for one in order.tenders] == [("gift-card-43", 2935)]
