"""WooCommerce's orders: what is read out of them, and what is refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from activities.storefront.importers import read_order
from activities.storefront.woocommerce import import_woocommerce
from domain.order import Buyer, Delivery, TenderKind
from tests.storefront.payloads import DELIVERED, WOO, Json, plan, refused, woo


def test_the_published_sample_and_its_refunds() -> None:
    imported = read_order(WOO.read_text(), delivered_at=DELIVERED)
    order, contact = imported.order, imported.contact
    assert (order.id, order.number, order.shop) == ("727", "727", "example.com")
    assert (order.currency, order.total, order.prices_include_tax) == ("USD", 2935, False)
    assert order.placed_at == datetime(2017, 3, 22, 19, 28, 2, tzinfo=UTC)
    assert (order.customer_id, order.country, order.buyer) == ("guest-727", "US", Buyer.CONSUMER)
    # 2 x 3.00 and 0.45 of tax; 12.00 and 0.90; the rate of 1.35 on 18.00 is told nowhere
    assert [order.paid_for(line) for line in order.lines] == [645, 1290]
    assert {(tax.name, tax.rate) for line in order.lines for tax in line.taxes} == {("State Tax", "0.075")}
    assert [line.title for line in order.lines] == ["Woo Single #1", "Ship Your Idea – Color: Black, Size: M Test"]
    assert order.lines[0].deliveries == (Delivery(quantity=2, at=DELIVERED),)
    assert [(one.id, one.kind, one.captured) for one in order.tenders] == [("bacs-727", TenderKind.BANK, 2935)]
    assert (contact.customer_id, contact.name, contact.email) == ("guest-727", "John Doe", "john.doe@example.com")
    assert contact.address == ("969 Market", "94103 San Francisco", "CA")
    assert (contact.street, contact.city) == (("969 Market",), "San Francisco")
    assert (contact.postal_code, contact.region) == ("94103", "CA")
    # half of 6.45 is 3.225
    assert plan(order, {"315": 1}).total == 323
    assert plan(order).total == 2935


def test_the_order_keeps_nothing_of_the_person() -> None:
    order = read_order(WOO.read_text()).order.model_dump_json()
    for personal in ("John", "Doe", "Market", "94103", "555"):
        assert personal not in order


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"total": "29.36"}, "total", "says 29.36 USD, .* add up to 29.35 USD"),
        ({"total": "29.34"}, "total", "says 29.34 USD, .* add up to 29.35 USD"),
        ({"total": "-29.35"}, "total", "negative"),
        ({"total_tax": "1.36"}, "total_tax", "says 1.36 USD, .* tax_lines add up to 1.35 USD"),
        ({"shipping_total": "9.00"}, "shipping_total", "says 9.00 USD, .* add up to 10.00 USD"),
        ({"currency": "XXQ"}, "currency", "ISO 4217"),
        ({"prices_include_tax": "no"}, "prices_include_tax", "true or false"),
        ({"fee_lines": [{"id": 4, "total": "-2.00"}]}, "total", "says 29.35 USD, .* add up to 27.35 USD"),
        ({"fee_lines": [{"id": 4, "total": "0.00", "total_tax": "-0.38"}]}, "fee_lines.0.total_tax", "negative"),
        (
            {"fee_lines": [{"id": 4, "total": "-18.01"}], "total": "11.34"},
            "fee_lines",
            "more than was paid for the goods",
        ),
        (
            {"fee_lines": [{"id": 4, "total": "-2", "taxes": [{"id": 75, "total": "0.1"}]}]},
            "fee_lines.0.taxes.0.total",
            "0.1 is tax on a fee that is below zero",
        ),
        ({"gift_cards": [{"id": 4, "amount": "1.00"}]}, "total", "says 30.35 USD, .* add up to 29.35 USD"),
        ({"gift_cards": [{"id": 4, "amount": "-1.00"}]}, "gift_cards.0.amount", "negative"),
        ({"fee_lines": [{"id": 4, "total": "2.00"}]}, "total", "says 29.35 USD, .* add up to 31.35 USD"),
        ({"line_items": []}, "tax_lines.0.tax_total", "add up to 0.00 USD"),
        ({"date_created_gmt": None, "date_created": None}, "date_created_gmt", "date"),
        ({"customer_id": "x"}, "customer_id", "whole number"),
        ({"id": None}, "id", "whole number"),
        ({"meta_data": 5}, "meta_data", "a list"),
        ({"billing": {"first_name": "\ud800"}}, "billing", "characters that do not exist"),
    ],
)
def test_orders_that_are_refused(changes: Json, field: str, words: str) -> None:
    error = refused(lambda: import_woocommerce(woo() | changes))
    assert error.field == field
    assert re.search(words, error.message)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"total": "6e"}, "total"),
        ({"total": True}, "total"),
        ({"taxes": [{"id": 75, "total": "x"}]}, "taxes.0.total"),
        ({"total": "-6.00", "price": -3}, "total"),
        ({"price": -3}, "price"),
        ({"subtotal": "-6.00"}, "subtotal"),
        ({"taxes": [{"id": 75, "total": "-0.45"}]}, "taxes.0.total"),
        ({"sku": "x" * 101}, "sku"),
        ({"name": None, "id": None}, "id"),
    ],
)
def test_lines_that_are_refused(changes: Json, field: str) -> None:
    raw = woo()
    raw["line_items"][0] |= changes
    assert refused(lambda: import_woocommerce(raw)).field == f"line_items.0.{field}"


def test_nothing_that_was_sold_cost_less_than_nothing() -> None:
    raw = woo() | {"total": "13.00", "total_tax": "0.00", "tax_lines": [], "shipping_lines": [], "shipping_total": "0"}
    for line, price in zip(raw["line_items"], ("10.00", "-3.00"), strict=True):
        line |= {"quantity": 1, "price": price, "subtotal": price, "total": price, "taxes": []}
    for order in (raw, raw | {"total": "7.00"}):
        error = refused(lambda order=order: import_woocommerce(order))  # type: ignore[misc]
        assert error.field == "line_items.1.total"
        assert "-3.00 is negative" in error.message
    raw["line_items"][1] |= {"price": "3.00", "subtotal": "3.00", "total": "3.00"}
    assert import_woocommerce(raw).order.total == 1300


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"total": "-10.00"}, "total"), ({"taxes": [{"id": 75, "total": "-0.01"}]}, "taxes.0.total")],
)
def test_shipping_that_is_refused(changes: Json, field: str) -> None:
    raw = woo()
    raw["shipping_lines"][0] |= changes
    assert refused(lambda: import_woocommerce(raw)).field == f"shipping_lines.0.{field}"


@pytest.mark.parametrize("payload", [None, 5, "order", [], {}, {"line_items": []}, {"order": {"line_items": []}}])
def test_what_is_no_woocommerce_order(payload: object) -> None:
    assert refused(lambda: import_woocommerce(payload)).field == "order"


def test_yen_have_no_decimals() -> None:
    raw = json.loads(json.dumps(woo()).replace('"USD"', '"JPY"'))
    assert refused(lambda: import_woocommerce(raw)).field == "total"


@pytest.mark.parametrize(
    ("country", "state", "region"),
    [("US", "CA", "CA"), ("DE", "DE-BY", "BY"), ("CN", "CN1", None), ("AT", "Wien", None), ("FR", "", None)],
)
def test_the_region_that_it_was_sent_to(country: str, state: str, region: str | None) -> None:
    raw = woo()
    raw["shipping"] |= {"country": country, "state": state}
    order = import_woocommerce(raw).order
    assert (order.country, order.region) == (country, region)


def test_country_and_region_are_of_the_same_address() -> None:
    raw = woo()
    raw["shipping"] |= {"country": "", "state": "NY"}
    order = import_woocommerce(raw).order
    assert (order.country, order.region) == ("US", "CA")


@pytest.mark.parametrize(
    ("created", "channel"),
    [("checkout", "online"), ("store-api", "online"), ("pos-rest-api", "in_store"), ("rest-api", "rest-api")],
)
def test_the_channel_that_it_was_sold_through(created: str, channel: str) -> None:
    assert import_woocommerce(woo() | {"created_via": created}).order.channel == channel
