"""Shopify's orders: what is read out of them, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activities.storefront.importers import read_order
from activities.storefront.native import import_native
from activities.storefront.shopify import import_shopify
from domain.order import Shipping, TenderKind
from tests.storefront.payloads import (
    DELIVERED,
    EARLIEST,
    SHOPIFY,
    Json,
    plain,
    plan,
    refused,
    rich,
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
    assert (contact.street, contact.city) == (("123 Fake Street",), "Fakecity")
    assert (contact.postal_code, contact.region) == ("K2P 1L4", "ON")
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


def test_figures_may_have_an_exponent() -> None:
    raw = plain()
    raw["line_items"][0] |= {"price": "1.99E+2", "discount_allocations": [{"amount": Decimal("1791e-2")}]}
    order = import_shopify(raw | {"total_price": "18109e-2"}).order
    assert (order.lines[0].unit_price, order.total) == (19900, 18109)
    text = SHOPIFY.read_text()
    assert read_order(text.replace('"181.09"', "18109e-2")) == read_order(text)


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
        ({"total_tax": "0.01"}, "total_price", "says 181.09 USD, .* add up to 181.10 USD"),
        ({"total_price": "-181.09"}, "total_price", "-181.09 is negative"),
        ({"total_price": "181.090001"}, "total_price", "more decimals than USD"),
        ({"total_price": float("nan")}, "total_price", "no amount"),
        ({"total_price": 10**5000}, "total_price", "at most 40 characters"),
        ({"total_price": None}, "total_price", "a number is expected, not nothing"),
        ({"total_price": True}, "total_price", "not true or false"),
        ({"total_tip_received": "5.00"}, "total_price", "says 181.09 USD, .* add up to 186.09 USD"),
        ({"refunds": [{"id": 1}]}, "refunds.0.processed_at", "date"),
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
        ({"price": "1e-3"}, "price"),
        ({"price": "1e999"}, "price"),
        ({"price": "1e"}, "price"),
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


def told(**changes: object) -> Json:
    """Shopify's own sample, with what is known besides."""
    order = plain()
    order["customer"] |= {"tags": "vip, Wholesale , vip", "created_at": "2024-02-29T23:30:00-05:00", "orders_count": 4}
    return order | {"source_name": "web", "tags": "preorder", **changes}


def test_what_a_policy_asks_of_the_sale_and_the_customer() -> None:
    order = import_shopify(told()).order
    assert (order.country, order.region, order.channel) == ("CA", "ON", "online")
    assert order.customer.groups == ("vip", "Wholesale")
    assert order.customer.since == datetime(2024, 3, 1, 4, 30, tzinfo=UTC)
    # this order is one of the four
    assert (order.customer.orders, order.customer.returns) == (3, None)


def test_a_product_type_and_tags_of_line_and_order() -> None:
    raw = told()
    assert [(one.category, one.tags) for one in import_shopify(raw).order.lines] == [("", ("preorder",))]
    raw["line_items"][0] |= {"product_type": "Players", "tags": ["music", "preorder"]}
    (line,) = import_shopify(raw).order.lines
    assert (line.category, line.tags) == ("Players", ("music", "preorder"))


@pytest.mark.parametrize(("source", "channel"), [("pos", "in_store"), ("755357713", "755357713"), (None, "online")])
def test_the_channel_that_it_was_sold_through(source: str | None, channel: str) -> None:
    assert import_shopify(told(source_name=source)).order.channel == channel


def test_an_order_without_a_customer_knows_nothing_of_one() -> None:
    facts = import_shopify(told(customer=None, shipping_address=None)).order
    assert (facts.customer.groups, facts.customer.since, facts.customer.orders) == ((), None, None)
    assert (facts.country, facts.region) == (None, None)


def test_what_is_no_tag_does_not_keep_an_order_out() -> None:
    raw = told(tags=f"{'x' * 101}, ,ok")
    raw["customer"]["tags"] = ["a", 5, None]
    order = import_shopify(raw).order
    assert (order.lines[0].tags, order.customer.groups) == (("ok",), ("a",))


def test_facts_of_the_customer_that_are_wrong_are_named() -> None:
    raw = told()
    raw["customer"]["created_at"] = "yesterday"
    assert refused(lambda: import_shopify(raw)).field == "customer.created_at"
