"""Shopify's orders: what is read out of them, and what is refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activities.storefront.importers import read_order
from activities.storefront.native import import_native
from activities.storefront.shopify import import_shopify
from domain.history import history_of
from domain.order import Buyer, Delivery, Exclusion, Shipping, TenderKind
from tests.storefront.payloads import (
    DELIVERED,
    EARLIEST,
    REFUND,
    REFUNDED,
    SHOPIFY,
    Json,
    plain,
    plan,
    refunded,
    refused,
    rich,
    transaction,
    two_rates,
)


def test_the_published_sample_and_its_full_refund() -> None:
    imported = read_order(SHOPIFY.read_text(), payment="pi_1002", delivered_at=DELIVERED)
    order, contact = imported.order, imported.contact
    assert (order.id, order.number, order.shop) == ("1073459981", "#1002", "jsmith.myshopify.com")
    assert (order.currency, order.total, order.prices_include_tax) == ("USD", 18109, False)
    assert order.placed_at == datetime(2025, 7, 2, 16, 31, 38, tzinfo=UTC)
    assert (order.customer_id, order.country, order.locale) == ("1073339475", "CA", "en")
    (line,) = order.lines
    assert (line.id, line.sku, line.quantity) == ("1071823193", "IPOD2009BLACK", 1)
    # the code takes a part of the whole order, spread across all its lines
    assert (line.unit_price, line.discount, line.order_discount, line.delivered_at) == (19900, 0, 1791, DELIVERED)
    assert [(one.id, one.kind, one.captured) for one in order.tenders] == [("pi_1002", TenderKind.CARD, 18109)]
    assert (contact.customer_id, contact.name, contact.email) == (order.customer_id, "John Smith", "jane@example.com")
    assert contact.address == ("123 Fake Street", "K2P 1L4 Fakecity", "Ontario")
    assert contact.country == "CA"
    # 199.00 - 17.91 = 181.09
    assert plan(order).total == 18109


def test_the_order_keeps_nothing_of_the_person() -> None:
    order = read_order(SHOPIFY.read_text()).order.model_dump_json()
    for personal in ("jane", "Jane", "Smith", "Fake Street", "K2P", "555", "authenticate"):
        assert personal not in order


def test_taxes_on_top_shipping_and_a_delivery_that_was_taken_off() -> None:
    order = import_shopify({"order": rich()}).order
    assert order.total == 21534
    assert [order.paid_for(line) for line in order.lines] == [19014, 2100]
    assert isinstance(order.shipping, Shipping)
    assert (order.shipping.price, order.shipping.discount, order.paid_for(order.shipping)) == (500, 100, 420)
    assert [(tax.name, tax.rate, tax.amount) for tax in order.shipping.taxes] == [("GST", "0.05", 20)]


def test_taxes_in_the_price() -> None:
    # the taxes of 10.25 are inside: 201.09 + 4.00
    order = import_shopify(rich() | {"taxes_included": True, "total_price": 205.09}).order
    assert (order.total, order.paid_for(order.lines[0])) == (20509, 18109)


def test_figures_may_come_as_any_kind_of_number() -> None:
    for price in ("199.00", 199, 199.0, Decimal("199.000")):
        raw = plain()
        raw["line_items"][0]["price"] = price
        assert import_shopify(raw).order.total == 18109


def test_without_its_payment_and_its_customer() -> None:
    raw = plain() | {"customer": None, "shipping_address": None, "order_status_url": None, "customer_locale": "de-DE"}
    imported = import_shopify(raw)
    assert [(one.id, one.kind) for one in imported.order.tenders] == [("unlinked", TenderKind.UNKNOWN)]
    assert imported.order.customer_id == imported.contact.customer_id == "guest-1073459981"
    assert (imported.order.country, imported.order.locale, imported.order.shop) == (None, "de-DE", "shopify")
    # who paid stands in for who received
    assert imported.contact.name == "John Smith"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"currency": "XXQ"}, "currency", "XXQ.*ISO 4217"),
        ({"total_price": "181.08"}, "total_price", "says 181.08 USD, .* add up to 181.09 USD"),
        ({"total_tax": "0.01"}, "total_tax", "says 0.01 USD, .* add up to 0.00 USD"),
        ({"total_price": "-181.09"}, "total_price", "-181.09 is negative"),
        ({"total_price": "181.090001"}, "total_price", "more decimals than USD"),
        ({"total_price": float("nan")}, "total_price", "no amount"),
        ({"total_price": 10**5000}, "total_price", "at most 40 characters"),
        ({"total_price": None}, "total_price", "a number is expected, not nothing"),
        ({"total_price": True}, "total_price", "not true or false"),
        ({"total_tip_received": "5.00"}, "total_price", "says 181.09 USD, .* add up to 186.09 USD"),
        ({"refunds": [{"id": 1}]}, "refunds.0.processed_at", "date"),
        (
            {"original_total_additional_fees_set": {"shop_money": {"amount": 1, "currency_code": "USD"}}},
            "original_total_additional_fees_set",
            "1.00 USD of additional fees",
        ),
        ({"taxes_included": None}, "taxes_included", "true or false is expected"),
        ({"line_items": []}, "total_price", "add up to 0.00 USD"),
        ({"line_items": "none"}, "line_items", "a list is expected, not a text"),
        ({"line_items": [7]}, "line_items.0", "an object is expected, not a number"),
        ({"id": "abc"}, "id", "a whole number is expected"),
        ({"processed_at": None, "created_at": None}, "processed_at", "date"),
        ({"processed_at": EARLIEST}, "processed_at", "outside the calendar"),
        ({"name": "x" * 65}, "name", "64 characters"),
        ({"customer_locale": "!"}, "customer_locale", "such as en or de-DE"),
        ({"customer": []}, "customer", "an object is expected, not a list"),
        ({"customer": {"id": 1, "first_name": 5}}, "customer.first_name", "a text is expected"),
        ({"email": "\ud800"}, "customer", "characters that do not exist"),
    ],
)
def test_shopify_orders_that_are_refused(changes: Json, field: str, words: str) -> None:
    error = refused(lambda: import_shopify(plain() | changes))
    assert error.field == field
    assert re.search(words, error.message)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": "1"}, "quantity"),
        ({"quantity": 1.0}, "quantity"),
        ({"price": "-199.00"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": "9" * 15}, "price"),
        ({"id": None}, "id"),
        ({"discount_allocations": [{"amount": "-1.00"}]}, "discount_allocations.0.amount"),
        ({"discount_allocations": [{}]}, "discount_allocations.0.amount"),
        (
            {"discount_allocations": [{"amount": "1", "discount_application_index": {}}]},
            "discount_allocations.0.discount_application_index",
        ),
        ({"duties": [{"id": 1}]}, "duties.0.shop_money"),
        ({"tax_lines": [{"title": "GST", "rate": "high", "price": "1.00"}]}, "tax_lines.0.rate"),
        ({"tax_lines": [{"title": "GST", "rate": -0.1, "price": "1.00"}]}, "tax_lines.0.rate"),
        ({"tax_lines": [{"title": "GST", "rate": 0.1}]}, "tax_lines.0.price"),
        ({"sku": "x" * 101}, "sku"),
    ],
)
def test_shopify_lines_that_are_refused(changes: Json, field: str) -> None:
    raw = plain()
    raw["line_items"][0] |= changes
    assert refused(lambda: import_shopify(raw)).field == f"line_items.0.{field}"


def test_a_discount_above_the_price_is_refused() -> None:
    raw = plain()
    raw["line_items"][0]["discount_allocations"] = [{"amount": "199.01"}]
    error = refused(lambda: import_shopify(raw))
    assert (error.field, str(error)) == (
        "line_items.0",
        "line_items.0: discounts of 19901 are more than the line costs (19900)",
    )


@pytest.mark.parametrize("payload", [None, 5, "order", [], {}, {"order": None}, {"order": []}, {"orders": [{}]}])
def test_what_is_no_shopify_order(payload: object) -> None:
    assert refused(lambda: import_shopify(payload)).field == "order"


def test_bad_arguments() -> None:
    assert refused(lambda: import_shopify(plain(), payment="no payment")).field == "payment"
    assert refused(lambda: import_native(two_rates(), payment="pi_other")).field == "payment"
    naive, early = datetime(2026, 11, 6), datetime.fromisoformat(EARLIEST)
    assert refused(lambda: import_shopify(plain(), delivered_at=naive)).field == "delivered_at"
    assert refused(lambda: import_native(two_rates(), delivered_at=early)).field == "delivered_at"


# ── Discounts, duties, tips, deliveries ──────────────────────────────────────────────────────────────────────────────


def test_a_discount_is_the_lines_own_unless_it_was_spread_over_the_whole_order() -> None:
    raw = plain()
    raw["discount_applications"] = [
        {"allocation_method": "across", "target_selection": "all"},
        {"allocation_method": "each", "target_selection": "all"},
        {"allocation_method": "across", "target_selection": "explicit"},
    ]
    amounts = ("10.00", "7.00", "0.91")
    raw["line_items"][0]["discount_allocations"] = [
        {"amount": amount, "discount_application_index": index} for index, amount in enumerate(amounts)
    ]
    (line,) = import_shopify(raw).order.lines
    assert (line.discount, line.order_discount) == (791, 1000)


def test_a_discount_of_which_only_the_sum_is_told_is_spread_by_price() -> None:
    raw = rich()
    raw["line_items"][0]["discount_allocations"] = []
    raw["shipping_lines"][0]["discount_allocations"] = []
    raw |= {"total_discounts": "17.91", "total_price": "216.34"}
    # 17.91 over 199.00 and 20.00: 16.274 and 1.635; the cent to spare goes to the greater remainder, .635
    assert [line.order_discount for line in import_shopify(raw).order.lines] == [1627, 164]


def test_shipping_that_was_lowered_without_an_allocation() -> None:
    raw = rich()
    raw["shipping_lines"][0] |= {"discount_allocations": [], "discounted_price": "4.00"}
    shipping = import_shopify(raw).order.shipping
    assert shipping is not None
    assert (shipping.price, shipping.discount) == (500, 100)


def test_duties_with_their_taxes_belong_to_their_line() -> None:
    raw = rich()
    raw["line_items"][1]["duties"] = [
        {"shop_money": {"amount": "3.00", "currency_code": "USD"}, "tax_lines": [{"price": "0.15", "rate": 0.05}]},
        {"shop_money": {"amount": "2.00", "currency_code": "USD"}},
    ]
    # 215.34 + 3.15 + 2.00; tax 10.25 + 0.15
    raw |= {"total_price": "220.49", "total_tax": "10.40"}
    order = import_shopify(raw).order
    assert [line.duties for line in order.lines] == [0, 515]
    assert plan(order, {"2": 1}).total == 1050 + 258
    assert plan(order).total == 22049


def test_duties_within_the_prices_are_no_duties_of_their_own() -> None:
    raw = plain() | {"duties_included": True}
    raw["line_items"][0]["duties"] = [{"shop_money": {"amount": "3.00"}}]
    assert [line.duties for line in import_shopify(raw).order.lines] == [0]


@pytest.mark.parametrize("as_line", [False, True])
def test_a_tip(as_line: bool) -> None:
    raw = plain() | {"total_tip_received": "5.00", "total_price": "186.09"}
    if as_line:
        tip = {"id": 9, "name": "Tip", "quantity": 1, "price": "5.00", "tip": {"payment_gateway": "cash"}}
        raw["line_items"].append(tip)
    order = import_shopify(raw).order
    assert (len(order.lines), order.tip, order.total) == (1, 500, 18609)
    assert plan(order).total == 18609


def tipped(amount: str, *line_ids: int) -> Json:
    """181.09 and a tip of 5.00; the amount went back for these lines."""
    raw = plain() | {"total_tip_received": "5.00", "total_price": "186.09"}
    raw["line_items"].append({"id": 9, "name": "Tip", "quantity": 1, "price": "5.00", "tip": {}})
    lines = [{"line_item_id": one, "quantity": 1, "subtotal": "5.00" if one == 9 else "181.09"} for one in line_ids]
    return raw | {"refunds": [back(refund_line_items=lines, transactions=[transaction(7, "refund", amount)])]}


def test_a_tip_that_went_back() -> None:
    order = import_shopify(tipped("186.09", 1071823193, 9)).order
    assert [(one.line_id, one.gross) for one in order.refunds[0].lines] == [("1071823193", 18109)]
    history = history_of(order)
    assert (history.tip, history.lines["1071823193"].left) == (500, 0)
    error = refused(lambda: import_shopify(tipped("5.00", 9)))
    assert error.field == "refunds.0.refund_line_items.0.line_item_id"
    assert "it gave back a tip" in error.message
    assert import_shopify(tipped("181.09", 1071823193)).order.refunds[0].total == 18109


@pytest.mark.parametrize(
    ("paid", "tax", "included", "rate"),
    [
        # 19.00 of 100.00
        ("100.00", "19.00", False, "0.19"),
        ("119.00", "19.00", True, "0.19"),
        # 8.875 % of 20.00 is 1.775, charged as 1.78: 8.9 % explains it
        ("20.00", "1.78", False, "0.089"),
        # 0.12346, of which 0.12 and 0.123 do not explain the tax, in four places
        ("1000.00", "123.46", False, "0.1235"),
        ("100.00", "0.00", False, "0"),
    ],
)
def test_a_tax_that_does_not_tell_its_rate(paid: str, tax: str, included: bool, rate: str) -> None:
    raw = plain() | {"taxes_included": included, "total_tax": tax, "total_discounts": "0.00"}
    total = Decimal(paid) + (0 if included else Decimal(tax))
    raw["line_items"][0] |= {"price": paid, "discount_allocations": []}
    raw["line_items"][0]["tax_lines"] = [{"title": "Tax", "rate": None, "price": tax}]
    (line,) = import_shopify(raw | {"total_price": str(total)}).order.lines
    assert [one.rate for one in line.taxes] == [rate]


def test_the_rate_is_of_what_was_paid_after_discounts() -> None:
    raw = rich()
    for line in raw["line_items"]:
        line["tax_lines"][0]["rate"] = None
    raw["shipping_lines"][0]["tax_lines"][0]["rate"] = None
    order = import_shopify(raw).order
    # 9.05 of 199.00 - 17.91, 1.00 of 20.00, 0.20 of 5.00 - 1.00
    assert isinstance(order.shipping, Shipping)
    assert [line.taxes[0].rate for line in order.lines] == ["0.05", "0.05"]
    assert order.shipping.taxes[0].rate == "0.05"


def test_fulfilments_are_deliveries() -> None:
    raw = rich()
    lines = [{"id": 1071823193, "quantity": 1}, {"id": 2, "quantity": 1}]
    came = {"status": "success", "shipment_status": "delivered", "updated_at": "2025-07-05T10:00:00-04:00"}
    raw["fulfillments"] = [
        came | {"tracking_number": "1Z 234", "line_items": lines},
        {"status": "success", "shipment_status": "in_transit", "tracking_number": "?", "line_items": lines[1:]},
        came | {"status": "cancelled", "line_items": lines},
    ]
    first, second = import_shopify(raw).order.lines
    at = datetime(2025, 7, 5, 14, tzinfo=UTC)
    assert first.deliveries == (Delivery(quantity=1, at=at, parcel="1Z234"),)
    assert second.deliveries == (Delivery(quantity=1, at=at, parcel="1Z234"), Delivery(quantity=1))
    assert (first.delivered_at, second.delivered_at) == (at, None)
    raw["fulfillments"].append(came | {"line_items": lines})
    assert refused(lambda: import_shopify(raw)).field == "line_items.0"


def test_facts_about_buyer_and_goods() -> None:
    raw = plain() | {"company": {"id": 1, "location_id": 2}}
    raw["line_items"][0]["gift_card"] = True
    order = import_shopify(raw).order
    assert (order.buyer, order.lines[0].exclusions) == (Buyer.BUSINESS, (Exclusion.DIGITAL,))
    order = import_shopify(plain() | {"tax_exempt": True}).order
    assert (order.buyer, order.lines[0].exclusions) == (Buyer.CONSUMER, ())


# ── Two currencies ───────────────────────────────────────────────────────────────────────────────────────────────────


def both(shop: str, paid: str) -> Json:
    return {
        "shop_money": {"amount": shop, "currency_code": "USD"},
        "presentment_money": {"amount": paid, "currency_code": "JPY"},
    }


def in_yen() -> Json:
    """181.09 USD, charged as 27,164 JPY: 29,850 less 2,686."""
    raw = plain() | {"presentment_currency": "JPY"}
    raw["line_items"][0] |= {"price_set": both("199.00", "29850")}
    raw["line_items"][0]["discount_allocations"][0] |= {"amount_set": both("17.91", "2686")}
    return raw | {"total_price_set": both("181.09", "27164"), "total_tax_set": both("0.00", "0")}


def test_amounts_are_those_that_the_shopper_was_charged() -> None:
    raw = in_yen()
    raw["transactions"] = [transaction(1, "sale", "27164", currency="JPY")]
    order = import_shopify(raw).order
    assert (order.currency, order.total, order.shop_currency) == ("JPY", 27164, "USD")
    # 181.09 / 27164
    assert order.exchange_rate == "0.006666543955"
    assert (order.lines[0].unit_price, order.lines[0].order_discount) == (29850, 2686)
    assert [(one.captured, one.step) for one in order.tenders] == [(27164, 1)]
    assert import_shopify(plain()).order.exchange_rate is None


def test_an_order_of_nothing_has_no_rate() -> None:
    raw = in_yen()
    raw["line_items"][0]["discount_allocations"][0]["amount_set"] = both("199.00", "29850")
    raw |= {"total_price": "0.00", "total_price_set": both("0.00", "0")}
    order = import_shopify(raw).order
    assert (order.total, order.shop_currency, order.exchange_rate) == (0, "USD", None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"total_price_set": None}, "total_price_set"),
        ({"total_price_set": {"shop_money": {"amount": "1"}}}, "total_price_set.presentment_money"),
        ({"total_price_set": both("181.09", "27163")}, "total_price"),
        ({"total_price_set": both("181.09", "27164.50")}, "total_price_set.presentment_money.amount"),
        ({"transactions": [transaction(1, "sale", "181.09", currency="USD")]}, "transactions.0.currency"),
        ({"total_tip_received": "5.00"}, "total_tip_received_set"),
        ({"presentment_currency": "EUR"}, "total_price_set.presentment_money.currency_code"),
    ],
)
def test_presentment_money_that_is_not_there(changes: Json, field: str) -> None:
    raw = in_yen() | changes
    assert refused(lambda: import_shopify(raw)).field == field


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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


@pytest.mark.parametrize(
    ("gateway", "kind"),
    [
        ("shopify_payments", TenderKind.CARD),
        ("bogus", TenderKind.CARD),
        ("cash_app_pay", TenderKind.CARD),
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
    assert import_shopify(raw, [transaction(1, "sale", "181")]).order.tenders[0].step == step
    assert import_shopify(raw, [transaction(1, "sale", "181", gateway="gift_card")]).order.tenders[0].step == 1


def test_the_one_card_that_shopify_does_not_name_can_be_linked() -> None:
    unnamed = [transaction(1, "sale", "30.00", gateway="gift_card"), transaction(2, "sale", "151.09")]
    order = import_shopify(plain(), unnamed, payment="pi_5").order
    assert [one.id for one in order.tenders] == ["1", "pi_5"]
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


# ── Earlier refunds ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_published_sample_of_which_a_part_went_back() -> None:
    order = read_order(REFUNDED.read_text()).order
    # 3 x 199.00 - 10.00 + 11.94; its subtotal_price of 597.00 leaves the discount out
    assert order.total == 59894
    assert [line.order_discount for line in order.lines] == [334, 333, 333]
    assert [(one.id, one.captured, one.refunded) for one in order.tenders] == [("unlinked", 59894, 20900)]
    (refund,) = order.refunds
    assert [(one.line_id, one.quantity, one.gross) for one in refund.lines] == [
        # 195.66 + 3.98 and 195.67 + 3.98
        ("703073504", 1, 19964),
        ("466157049", 1, 19965),
    ]
    assert (refund.total, refund.shipping) == (20900, 0)
    # its fulfilment failed, so nothing is known to have been sent
    assert [line.deliveries for line in order.lines] == [(), (), ()]
    # 199.00 - 3.33 + 3.98
    assert plan(order, {"518995019": 1}).total == 19965


def test_a_refund_may_come_in_the_second_document() -> None:
    without = json.dumps({"order": refunded() | {"refunds": []}})
    order = read_order(without, more=REFUND.read_text()).order
    assert (order.tenders[0].refunded, len(order.refunds[0].lines)) == (20900, 2)
    assert read_order(REFUNDED.read_text(), more=REFUND.read_text()).order.tenders[0].refunded == 20900


def test_a_linked_payment_has_the_refunds_on_it() -> None:
    order = read_order(REFUNDED.read_text(), payment="pi_1").order
    assert [(one.id, one.kind, one.refunded) for one in order.tenders] == [("pi_1", TenderKind.CARD, 20900)]
    assert order.refunds[0].money == {"pi_1": 20900}


def back(**more: object) -> Json:
    return {"id": 50, "created_at": "2025-08-01T00:00:00Z", "refund_line_items": [], "transactions": [], **more}


def test_refunds_by_payment_shipping_and_place() -> None:
    raw = rich()
    sent = [{"line_item_id": 2, "quantity": 1, "subtotal": 10.00, "total_tax": 0.50}] * 2
    raw["transactions"] = [
        transaction(1, "sale", "30.00", gateway="gift_card"),
        transaction(2, "authorization", "185.34"),
        transaction(3, "capture", "185.34", parent_id=2, receipt={"id": "pi_2"}),
        # listed here and in the refund: it is one
        transaction(4, "refund", "20.00", parent_id=1),
        # no refund lists this one
        transaction(7, "refund", "0.50", parent_id=1, processed_at="2025-08-02T00:00:00Z"),
        transaction(8, "refund", "9.00", parent_id=1, status="failure"),
    ]
    raw["refunds"] = [
        back(
            refund_line_items=sent,
            order_adjustments=[
                {"kind": "shipping_refund", "amount": "-4.00", "tax_amount": "-0.20"},
                {"kind": "refund_discrepancy", "amount": "1.00", "tax_amount": "0.00"},
            ],
            transactions=[
                transaction(4, "refund", "20.00", parent_id=1),
                transaction(5, "refund", "5.20", parent_id=3, status="pending"),
            ],
        ),
        back(id=51),
    ]
    order = import_shopify(raw).order
    assert [(one.id, one.captured, one.refunded) for one in order.tenders] == [("1", 3000, 2050), ("pi_2", 18534, 520)]
    first, second = order.refunds
    assert [(one.line_id, one.quantity, one.gross) for one in first.lines] == [("2", 2, 2100)]
    assert (first.shipping, first.money) == (420, {"1": 2000, "pi_2": 520})
    assert (second.id, second.lines, second.money) == ("7", (), {"1": 50})


def shipped_back(amount: str, **more: object) -> Json:
    return {"id": 1, "shipping_line_id": 3, "subtotal_amount_set": {"shop_money": {"amount": amount}}, **more}


def test_a_refunded_shipping_line_is_money_for_shipping() -> None:
    # 2 x 20.00 and shipping 5.00; 25.00 went back, for one unit and the shipping
    raw = plain() | {"total_discounts": "0.00", "total_price": "45.00"}
    raw["line_items"][0] |= {"id": 2, "price": "20.00", "quantity": 2, "discount_allocations": []}
    raw["shipping_lines"] = [{"id": 3, "price": "5.00"}]
    one = {"line_item_id": 2, "quantity": 1, "subtotal": "20.00", "total_tax": "0.00"}
    sent = [shipped_back("5.00")]
    money = [transaction(9, "refund", "25.00")]
    raw["refunds"] = [back(refund_line_items=[one], refund_shipping_lines=sent, transactions=money)]
    order = import_shopify(raw).order
    assert (order.refunds[0].shipping, order.refunds[0].total) == (500, 2500)
    rest = plan(order, {"2": 1})
    assert ([(line.line_id, line.gross) for line in rest.lines], rest.shipping, rest.total) == ([("2", 2000)], 0, 2000)


@pytest.mark.parametrize(
    ("changes", "shipping"),
    [
        # 0.20 of tax on 4.00: 0.10 on 2.00
        ({}, 210),
        ({"tax_amount_set": {"shop_money": {"amount": "0.09"}}}, 209),
        ({"taxes_included": True, "total_price": "205.09"}, 200),
        ({"order_adjustments": [{"kind": "shipping_refund", "amount": "-2.00", "tax_amount": "-0.08"}]}, 208),
        ({"order_adjustments": [{"kind": "refund_discrepancy", "amount": "-2.00"}]}, 210),
    ],
)
def test_the_tax_on_shipping_that_went_back(changes: Json, shipping: int) -> None:
    tax = {name: changes[name] for name in ("tax_amount_set",) if name in changes}
    adjusted = changes.get("order_adjustments", [])
    raw = rich() | {name: changes[name] for name in ("taxes_included", "total_price") if name in changes}
    raw["refunds"] = [back(refund_shipping_lines=[shipped_back("2.00", **tax)], order_adjustments=adjusted)]
    assert import_shopify(raw).order.refunds[0].shipping == shipping


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"refund_line_items": [{"line_item_id": 7, "quantity": 1, "subtotal": 1}]}, "order"),
        ({"refund_line_items": [{"line_item_id": 1071823193, "quantity": 2, "subtotal": 1}]}, "order"),
        (
            {"refund_line_items": [{"line_item_id": 1, "quantity": -1, "subtotal": 1}]},
            "refunds.0.refund_line_items.0.quantity",
        ),
        ({"refund_line_items": [{"line_item_id": 1, "quantity": 1}]}, "refunds.0.refund_line_items.0.subtotal"),
        ({"created_at": None}, "refunds.0.processed_at"),
        ({"refund_shipping_lines": [{"id": 1}]}, "refunds.0.refund_shipping_lines.0.subtotal_amount_set"),
        ({"transactions": [transaction(2, "refund", "181.10")]}, "order"),
    ],
)
def test_refunds_that_are_refused(changes: Json, field: str) -> None:
    raw = plain() | {"refunds": [back(**changes)]}
    error = refused(lambda: import_shopify(raw))
    assert error.field == field
