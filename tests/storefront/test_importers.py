"""Orders from outside: what is read, what is refused, and that nothing but InvalidRequest ever comes out."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.storefront.importers import read_order
from activities.storefront.native import import_native, order_schema
from activities.storefront.shopify import import_shopify
from domain.errors import InvalidRequest
from domain.order import Order, Shipping, TenderKind
from domain.plan import History, Terms, plan_refund

ROOT = Path(__file__).parents[2]
SHOPIFY = ROOT / "embedded" / "orders" / "shopify_order_discount_code.json"
TWO_RATES = ROOT / "embedded" / "orders" / "two_rates.json"
SCHEMA = ROOT / "docs" / "order.schema.json"
# in UTC this is before the year 1
EARLIEST = "0001-01-01T00:00:00+14:00"
DELIVERED = datetime(2026, 11, 6, 12, tzinfo=UTC)

# Vendor JSON, taken apart and broken at will: Any is what it is.
Json = dict[str, Any]


def plain() -> Json:
    """Shopify's own sample: one line of 199.00 less 17.91."""
    order: Json = json.loads(SHOPIFY.read_text())["order"]
    return order


def rich() -> Json:
    """Two lines, two taxes on top and shipping: 181.09 + 2 x 10.00 + 5.00 - 1.00, taxes 9.05 + 1.00 + 0.20."""
    order = plain()
    line = order["line_items"][0]
    line["tax_lines"] = [{"title": "GST", "rate": 0.05, "price": "9.05"}]
    second = copy.deepcopy(line) | {"id": 2, "name": "Case", "price": 10, "quantity": 2, "discount_allocations": []}
    second["tax_lines"] = [{"title": "GST", "rate": 0.05, "price": "1.00"}]
    order["line_items"].append(second)
    order["shipping_lines"] = [
        {
            "id": 3,
            "price": "5.00",
            "is_removed": False,
            "discount_allocations": [{"amount": "1.00"}],
            "tax_lines": [{"title": "GST", "rate": "0.05", "price": "0.20"}],
        },
        {"id": 4, "price": "99.00", "is_removed": True, "tax_lines": [{"title": "GST", "rate": 0.05, "price": "4.95"}]},
    ]
    return order | {"subtotal_price": "201.09", "total_tax": "10.25", "total_price": "215.34"}


def two_rates() -> Json:
    order: Json = json.loads(TWO_RATES.read_text())
    return order


def refused(read: Callable[[], object]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read()
    return caught.value


# ── Shopify ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_published_sample_and_its_full_refund() -> None:
    imported = read_order(SHOPIFY.read_text(), payment="pi_1002", delivered_at=DELIVERED)
    order, contact = imported.order, imported.contact
    assert (order.id, order.number, order.shop) == ("1073459981", "#1002", "jsmith.myshopify.com")
    assert (order.currency, order.total, order.prices_include_tax) == ("USD", 18109, False)
    assert order.placed_at == datetime(2025, 7, 2, 16, 31, 38, tzinfo=UTC)
    assert (order.customer_id, order.country, order.locale) == ("1073339475", "CA", "en")
    (line,) = order.lines
    assert (line.id, line.sku, line.quantity) == ("1071823193", "IPOD2009BLACK", 1)
    assert (line.unit_price, line.discount, line.delivered_at) == (19900, 1791, DELIVERED)
    assert [(one.id, one.kind, one.captured) for one in order.tenders] == [("pi_1002", TenderKind.CARD, 18109)]
    assert (contact.customer_id, contact.name, contact.email) == (order.customer_id, "John Smith", "jane@example.com")
    assert contact.address == ("123 Fake Street", "K2P 1L4 Fakecity", "Ontario")
    assert contact.country == "CA"
    # 199.00 - 17.91 = 181.09
    assert plan_refund(order, History(), {line.id: 1}, Terms()).total == 18109


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
        ({"presentment_currency": "EUR"}, "presentment_currency", "paid in EUR at a shop that sells in USD"),
        ({"total_price": "181.08"}, "total_price", "says 181.08 USD, .* add up to 181.09 USD"),
        ({"total_tax": "0.01"}, "total_tax", "says 0.01 USD, .* add up to 0.00 USD"),
        ({"subtotal_price": "199.00"}, "subtotal_price", "says 199.00 USD, .* add up to 181.09 USD"),
        ({"total_price": "-181.09"}, "total_price", "-181.09 is negative"),
        ({"total_price": "181.090001"}, "total_price", "more decimals than USD"),
        ({"total_price": float("nan")}, "total_price", "no amount"),
        ({"total_price": 10**5000}, "total_price", "at most 40 characters"),
        ({"total_price": None}, "total_price", "a number is expected, not nothing"),
        ({"total_price": True}, "total_price", "not true or false"),
        ({"refunds": [{"id": 1}]}, "refunds", "before its first refund"),
        ({"financial_status": "partially_refunded"}, "financial_status", "only orders that are paid"),
        ({"financial_status": "pending"}, "financial_status", "only orders that are paid"),
        ({"total_tip_received": "5.00"}, "total_tip_received", "5.00 USD of tips"),
        ({"current_total_duties_set": {"shop_money": {"amount": "7.00"}}}, "current_total_duties_set", "duties"),
        (
            {"original_total_additional_fees_set": {"shop_money": {"amount": 1}}},
            "original_total_additional_fees_set",
            "",
        ),
        ({"taxes_included": None}, "taxes_included", "true or false is expected"),
        ({"line_items": []}, "subtotal_price", "add up to 0.00 USD"),
        ({"line_items": "none"}, "line_items", "a list is expected, not a text"),
        ({"line_items": [7]}, "line_items.0", "an object is expected, not a number"),
        ({"id": "abc"}, "id", "a whole number is expected"),
        ({"processed_at": None, "created_at": None}, "processed_at", "date"),
        ({"processed_at": EARLIEST}, "processed_at", "outside the calendar"),
        ({"name": "x" * 65}, "name", "64 characters"),
        ({"customer_locale": "!"}, "customer_locale", "match"),
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
        ({"duties": [{"id": 1}]}, "duties"),
        ({"discount_allocations": [{"amount": "-1.00"}]}, "discount_allocations.0.amount"),
        ({"discount_allocations": [{}]}, "discount_allocations.0.amount"),
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
        "line_items.0: discount 19901 is more than the line costs (19900)",
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


# ── Our own ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_embedded_order_in_our_own_format() -> None:
    imported = read_order(TWO_RATES.read_text())
    order = imported.order
    # the discount of 10.00 over 38.70 + 24.90 + 49.95 = 113.55: 3.408, 2.193, 4.399; the two spare cents go to .99, .81
    assert [line.discount for line in order.lines] == [341, 219, 440]
    assert [order.paid_for(line) for line in order.lines] == [3529, 2271, 4555]
    # 35.29 * 19/119 = 5.63, 22.71 * 7/107 = 1.49, 45.55 * 19/119 = 7.27, 4.95 * 19/119 = 0.79
    assert [line.taxes[0].amount for line in order.lines] == [563, 149, 727]
    assert order.shipping is not None
    assert order.shipping.taxes[0].amount == 79
    assert order.total == 10850
    assert imported.contact.name == "Mara Musterfrau"
    everything = {line.id: line.quantity for line in order.lines}
    assert plan_refund(order, History(), everything, Terms()).total == 10850


def test_payment_and_delivery_can_be_named_at_the_import() -> None:
    raw = two_rates()
    for tenders in (None, [], [{"id": "unlinked", "kind": "unknown", "captured": 10850}]):
        raw["order"]["tenders"] = tenders
        order = read_order(json.dumps(raw), payment="pi_new", delivered_at=DELIVERED).order
        assert [(one.id, one.kind, one.captured) for one in order.tenders] == [("pi_new", TenderKind.CARD, 10850)]
        assert {line.delivered_at for line in order.lines} == {DELIVERED}
    assert import_native(two_rates(), payment="pi_demo_two_rates") == import_native(two_rates())
    del raw["order"]["tenders"]
    assert refused(lambda: import_native(raw)).field == "order.tenders"


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        (["extra"], 1, "extra", "not known here"),
        (["order", "totl"], 1, "order.totl", "not known here"),
        (["order", "lines", 0, "taxes", 0, "percent"], 19, "order.lines.0.taxes.0.percent", "not known here"),
        (["contact", "fax"], "1", "contact.fax", "not known here"),
        (["format"], "backhaul.order/2", "format", "backhaul.order/1"),
        (["order", "lines", 1, "quantity"], -1, "order.lines.1.quantity", "greater than or equal to 1"),
        (["order", "lines", 1, "unit_price"], 24.9, "order.lines.1.unit_price", "integer"),
        (["order", "currency"], "XXQ", "order", "ISO 4217"),
        (["order", "total"], 10851, "order", "total is 10851, but lines and shipping add up to 10850"),
        (["order", "placed_at"], "yesterday", "order.placed_at", "datetime"),
        (["order", "lines"], [], "order.lines", "it is empty"),
        (["order"], 5, "order", ""),
        (["contact", "customer_id"], "someone", "contact.customer_id", "cust-2041"),
        (["contact"], None, "contact", ""),
    ],
)
def test_our_own_orders_that_are_refused(path: list[str | int], value: object, field: str, words: str) -> None:
    raw: Any = two_rates()
    where = raw
    for step in path[:-1]:
        where = where[step]
    where[path[-1]] = value
    error = refused(lambda: read_order(json.dumps(raw)))
    assert error.field == field
    assert re.search(words, error.message)


def test_the_published_schema_is_the_models_own() -> None:
    command = "python -m activities.storefront.native > docs/order.schema.json"
    assert json.loads(SCHEMA.read_text()) == order_schema(), f"the schema has drifted; refresh it: {command}"


def test_the_schema_takes_what_we_take_and_refuses_what_we_refuse() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    assert judge.is_valid(two_rates())
    misspelt, cents = two_rates(), two_rates()
    misspelt["order"]["shiping"] = None
    cents["order"]["total"] = 108.5
    for wrong in (misspelt, cents, plain()):
        assert not judge.is_valid(wrong)


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1"),
        ('{"order":\n  {"id": 1,,}}', "line 2, column 12"),
        ("<html>", "no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"total_price": NaN}', "a number"),
        ('{"total_price": 1e99999999999999999999}', "a number"),
        ('{"total_price": ' + "9" * 5000 + "}", "a number"),
        ("[]", "no order"),
        ("5", "no order"),
        ('{"order": {"id": 1}}', "neither Shopify's JSON nor ours"),
    ],
)
def test_files_that_are_no_order(text: str, words: str) -> None:
    error = refused(lambda: read_order(text))
    assert error.field == "file"
    assert words in str(error)


def test_the_format_is_found_or_told() -> None:
    text = SHOPIFY.read_text()
    assert read_order(text) == read_order("\ufeff" + text, "shopify")
    assert read_order(json.dumps(plain())) == read_order(text)
    assert read_order(TWO_RATES.read_text()) == read_order(TWO_RATES.read_text(), "backhaul")
    assert refused(lambda: read_order(text, "backhaul")).field == "format"
    assert refused(lambda: read_order(TWO_RATES.read_text(), "shopify")).field == "order"
    assert refused(lambda: read_order(text, "magento")).field == "format"  # type: ignore[arg-type]  # from a command line


# ── Broken at random ─────────────────────────────────────────────────────────────────────────────────────────────────

# a busy machine is no fault
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["-1", "0.00", "1e9", "181.09", "EUR", "2026-11-02T10:00:00", "0001-01-01T00:00:00+14:00", "\ud800"]
    )
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in [(*path, key), *places(one, (*path, key))]]


@st.composite
def broken(draw: st.DrawFn, whole: Callable[[], Json]) -> Json:
    """An order with one to three fields dropped, replaced or negated."""
    order = whole()
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places(order)))
        where: Any = order
        for step in path:
            where = where[step]
        match draw(st.sampled_from(["drop", "replace", "negate"])):
            case "drop":
                del where[last]
            case "replace":
                where[last] = draw(VALUES)
            case _ if isinstance(where[last], int | float):
                where[last] = -where[last]
            case _:
                where[last] = f"-{where[last]}"
    return order


def cents(figure: Any) -> Decimal:
    return Decimal(str(figure)) * 100


def total_of(raw: Json) -> Decimal:
    """What lines and shipping add up to, in cents, read with none of the importer's help."""
    charged = raw["line_items"] + [one for one in raw.get("shipping_lines") or [] if not one.get("is_removed")]
    total = sum((cents(one["price"]) * one.get("quantity", 1) for one in charged), Decimal(0))
    total -= sum((cents(cut["amount"]) for one in charged for cut in one.get("discount_allocations") or []), Decimal(0))
    if not raw["taxes_included"]:
        total += sum((cents(tax["price"]) for one in charged for tax in one.get("tax_lines") or []), Decimal(0))
    return total


def check_accepted(raw: Json, order: Order) -> None:
    assert order.total == cents(raw["total_price"]) == total_of(raw)
    assert sum(tender.captured for tender in order.tenders) == order.total
    everything = {line.id: line.quantity for line in order.lines}
    assert plan_refund(order, History(), everything, Terms()).total == order.total


@settings(PATIENT, max_examples=400)
@given(broken(rich))
def test_a_broken_shopify_order_is_refused_or_its_total_is_right(raw: Json) -> None:
    try:
        order = import_shopify(raw, payment="pi_1").order
    except InvalidRequest:
        return
    check_accepted(raw, order)


@settings(PATIENT, max_examples=200)
@given(broken(plain), st.sampled_from(["auto", "shopify"]))
def test_a_broken_file_is_refused_or_its_total_is_right(raw: Json, format: Any) -> None:
    try:
        order = read_order(json.dumps({"order": raw}), format, payment="pi_1").order
    except InvalidRequest:
        return
    check_accepted(raw, order)


@settings(PATIENT, max_examples=300)
@given(broken(two_rates))
def test_a_broken_order_of_our_own_is_refused_or_its_sums_are_right(raw: Json) -> None:
    try:
        order = import_native(raw).order
    except InvalidRequest:
        return
    assert order.total == sum(tender.captured for tender in order.tenders)
    assert order.total == sum(order.paid_for(line) for line in order.lines) + order.paid_for(order.shipping)


@PATIENT
@given(VALUES)
def test_garbage_is_refused(payload: object) -> None:
    for read in (import_shopify, import_native):
        with pytest.raises(InvalidRequest):
            read(payload)


@PATIENT
@given(st.text())
def test_garbage_in_a_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        read_order(text)
