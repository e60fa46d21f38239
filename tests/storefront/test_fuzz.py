"""Payloads broken at random: nothing but InvalidRequest ever comes out, and no wrong total is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.storefront.importers import read_order
from activities.storefront.native import import_native
from activities.storefront.shopify import import_shopify
from activities.storefront.woocommerce import import_woocommerce
from domain.errors import InvalidRequest
from domain.order import Order
from tests.storefront.payloads import Json, inclusive, plain, plan, refunded, rich, transaction, two_rates, woo


def nested(depth: int) -> object:
    value: object = "deep"
    for level in range(depth):
        value = [value] if level % 2 else {"order": value}
    return value


# a busy machine is no fault
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "-1",
            "0.00",
            "1e9",
            "181.09",
            "9" * 30,
            "EUR",
            "NaN",
            "2026-11-02T10:00:00",
            "0001-01-01T00:00:00+14:00",
            "\ud800",
        ]
    )
)
NESTED = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
ODD = st.integers(1, 300).map(nested) | st.sampled_from([10**4000, Decimal("NaN"), Decimal("1E+500")])
VALUES: st.SearchStrategy[object] = st.one_of(NESTED, ODD)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in [(*path, key), *places(one, (*path, key))]]


@st.composite
def broken(draw: st.DrawFn, whole: Callable[[], Json]) -> Json:
    """An order with one to three fields dropped, replaced or negated."""
    order = whole()
    for _ in range(draw(st.integers(1, 3))):
        if not (left := places(order)):
            break
        *path, last = draw(st.sampled_from(left))
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


def paid_with_two() -> Json:
    """The rich order, paid with a gift card and a card, of which a unit and its shipping went back."""
    refund = {"id": 50, "created_at": "2025-08-01T00:00:00Z"}
    refund["refund_line_items"] = [{"line_item_id": 2, "quantity": 1, "subtotal": 10.00, "total_tax": 0.50}]
    refund["order_adjustments"] = [{"kind": "shipping_refund", "amount": "-4.00", "tax_amount": "-0.20"}]
    refund["transactions"] = [transaction(4, "refund", "14.70", parent_id=3)]
    paid = [
        transaction(1, "sale", "30.00", gateway="gift_card"),
        transaction(2, "authorization", "185.34", receipt={"id": "pi_2", "charges": [{"id": "ch_2"}]}),
        transaction(3, "capture", "185.34", parent_id=2),
    ]
    sent = {"status": "success", "shipment_status": "delivered", "updated_at": "2025-07-05T10:00:00-04:00"}
    fulfilled = [{**sent, "tracking_number": "1Z", "line_items": [{"id": 2, "quantity": 1}]}]
    return rich() | {"transactions": paid, "refunds": [refund], "fulfillments": fulfilled}


def in_euro() -> Json:
    """The plain order, charged in euro: 180.00 less 16.20."""

    def both(shop: str, paid: str) -> Json:
        return {
            "shop_money": {"amount": shop, "currency_code": "USD"},
            "presentment_money": {"amount": paid, "currency_code": "EUR"},
        }

    raw = plain() | {"presentment_currency": "EUR", "total_price_set": both("181.09", "163.80")}
    raw["line_items"][0] |= {"price_set": both("199.00", "180.00")}
    raw["line_items"][0]["discount_allocations"][0] |= {"amount_set": both("17.91", "16.20")}
    return raw | {"total_tax_set": both("0.00", "0.00")}


def gone_back() -> Json:
    """WooCommerce's own sample, of which one unit went back."""
    line = {"id": 900, "product_id": 93, "variation_id": 0, "quantity": -1, "total": "-3.00", "total_tax": "-0.23"}
    named = [{"key": "_refunded_item_id", "value": "315"}]
    refund = {"id": 800, "date_created_gmt": "2017-03-25T10:00:00", "amount": "3.23"}
    return woo() | {"refunds": [{**refund, "line_items": [{**line, "meta_data": named}]}]}


def with_a_fee() -> Json:
    """Prices with VAT in them, and a fee of 1.00 + 0.19 beside the goods."""
    raw = inclusive() | {"total": "63.38", "total_tax": "8.01"}
    fee = {"id": 4, "name": "Fee", "total": "1.00", "total_tax": "0.19", "taxes": [{"id": 1, "total": "0.19"}]}
    raw["tax_lines"][0]["tax_total"] = "5.75"
    return raw | {"fee_lines": [fee]}


def with_a_discount_fee() -> Json:
    """Prices with VAT in them, and 5.00 + 0.95 off the goods by a fee below zero; 10.00 of the rest by gift card."""
    raw = inclusive() | {"total": "46.24", "total_tax": "6.87"}
    fee = {"id": 4, "name": "Off", "total": "-5.00", "total_tax": "-0.95", "taxes": [{"id": 1, "total": "-0.95"}]}
    raw["tax_lines"][0]["tax_total"] = "4.61"
    return raw | {"fee_lines": [fee], "gift_cards": [{"id": 3, "code": "A", "amount": 10}]}


def of(amount: str) -> Json:
    return {"shop_money": {"amount": amount, "currency_code": "USD"}}


def paid_in_part() -> Json:
    """The rich order with 1.00 of additional fees, of which 100.00 were paid, a unit was taken off and credit given."""
    row = {"line_item_id": 2, "quantity": 1, "subtotal": "10.00", "total_tax": "0.50"}
    refund = {"id": 50, "created_at": "2025-08-01T00:00:00Z", "refund_line_items": [row], "transactions": []}
    paid = [
        transaction(1, "sale", "60.00", gateway="gift_card"),
        transaction(2, "sale", "40.00", receipt={"id": "pi_2"}),
        transaction(3, "refund", "5.00", gateway="shopify_store_credit", parent_id=None),
    ]
    raw = rich() | {"financial_status": "partially_paid", "total_price": "216.34", "transactions": paid}
    return raw | {"refunds": [refund], "original_total_additional_fees_set": of("1.00")}


def at_the_till() -> Json:
    """The rich order with its tax told only as a whole and a tip, paid in cash and rounded down."""
    raw = rich() | {"total_price": "218.34", "total_cash_rounding_payment_adjustment_set": of("-0.04")}
    for one in [*raw["line_items"], *raw["shipping_lines"]]:
        one["tax_lines"] = []
    raw["line_items"].append({"id": 9, "name": "Tip", "quantity": 1, "price": "3.00", "tip": {}})
    row = {"line_item_id": 9, "quantity": 1, "subtotal": "3.00", "total_tax": "0.00"}
    refund = {"id": 50, "created_at": "2025-08-01T00:00:00Z", "refund_line_items": [row]}
    refund["transactions"] = [transaction(2, "refund", "3.00", parent_id=1, gateway="cash")]
    return raw | {"refunds": [refund], "transactions": [transaction(1, "sale", "218.34", gateway="cash")]}


def with_duties() -> Json:
    """Two lines of 2 x 10.00 with duties, and the tax on them on one; a unit of it went back with its duties."""
    raw = plain() | {"total_discounts": "0.00", "total_price": "57.20", "total_tax": "1.20", "subtotal_price": "40.00"}
    line = raw["line_items"][0] | {"quantity": 2, "price": "10.00", "discount_allocations": []}
    tax = {"title": "VAT", "rate": 0.2, "price": "1.20"}
    raw["line_items"] = [
        {**line, "id": 1, "duties": [{"id": 71, **of("6.00"), "tax_lines": [tax]}]},
        {**line, "id": 2, "duties": [{"id": "72", **of("10.00"), "tax_lines": []}]},
    ]
    row = {"line_item_id": 1, "quantity": 1, "subtotal": "10.00", "total_tax": "0.00"}
    refund = {"id": 50, "created_at": "2025-08-01T00:00:00Z", "refund_line_items": [row]}
    refund["duties"] = [{"duty_id": 71, "amount_set": of("3.00")}]
    refund["total_duties_set"] = of("3.00")
    refund["transactions"] = [transaction(2, "refund", "13.60", parent_id=1)]
    return raw | {"refunds": [refund], "transactions": [transaction(1, "sale", "57.20")]}


def cents(figure: Any) -> Decimal:
    return Decimal(str(figure)) * 100


def total_of(raw: Json) -> Decimal:
    """What lines and shipping add up to, in cents."""
    charged = raw["line_items"] + [one for one in raw.get("shipping_lines") or [] if not one.get("is_removed")]
    total = sum((cents(one["price"]) * one.get("quantity", 1) for one in charged), Decimal(0))
    cuts = [cents(cut["amount"]) for one in charged for cut in one.get("discount_allocations") or []]
    total -= sum(cuts) if cuts else cents(raw.get("total_discounts") or 0)
    if not raw["taxes_included"]:
        taxes = [cents(tax["price"]) for one in charged for tax in one.get("tax_lines") or []]
        with_duties = any(one.get("duties") for one in charged)
        total += sum(taxes, Decimal(0)) if taxes or with_duties else cents(raw.get("total_tax") or 0)
    for duty in [
        one for line in raw["line_items"] for one in line.get("duties") or [] if not raw.get("duties_included")
    ]:
        on_duty = [] if raw["taxes_included"] else duty.get("tax_lines") or []
        total += cents(duty["shop_money"]["amount"]) + sum(cents(tax["price"]) for tax in on_duty)
    for name in ("original_total_additional_fees_set", "total_cash_rounding_payment_adjustment_set"):
        total += cents(((raw.get(name) or {}).get("shop_money") or {}).get("amount") or 0)
    return total


def woocommerce_total_of(raw: Json) -> Decimal:
    """What WooCommerce's lines, fees and shipping add up to with their taxes, in cents and with their signs."""
    charged = [one for name in ("line_items", "fee_lines", "shipping_lines") for one in raw.get(name) or []]
    taxes = [
        cents(tax.get("total") or 0)
        for rate in raw.get("tax_lines") or []
        for one in charged
        for tax in one.get("taxes") or []
        if tax.get("id") == rate.get("rate_id")
    ]
    if not raw.get("tax_lines"):
        taxes = [cents(one.get("total_tax") or 0) for one in charged]
    return sum((cents(one.get("total") or 0) for one in charged), sum(taxes, Decimal(0)))


def check_sums(order: Order) -> None:
    """What holds of every order, read with none of its own help."""
    assert sum(tender.captured for tender in order.tenders) == order.total
    goods = sum(line.quantity * line.unit_price - line.discount - line.order_discount for line in order.lines)
    taxes = [tax.amount for line in order.lines for tax in line.taxes]
    shipping = order.shipping.price - order.shipping.discount if order.shipping else 0
    taxes += [tax.amount for tax in order.shipping.taxes] if order.shipping else []
    on_top = 0 if order.prices_include_tax else sum(taxes)
    assert goods + shipping + on_top + order.tip + sum(line.duties for line in order.lines) == order.total
    back = sum(tender.refunded for tender in order.tenders)
    units = sum(line.quantity for line in order.lines) - sum(
        line.quantity for refund in order.refunds for line in refund.lines
    )
    if units:
        assert plan(order).total <= order.total - back
    paid = sum(tender.captured for tender in order.tenders if tender.id != "unpaid")
    gone = sum(tender.refunded for tender in order.tenders if tender.id != "unpaid")
    if units:
        assert plan(order).total <= paid - gone
    if not back and not order.refunds:
        assert plan(order).total == sum(one.captured // one.step * one.step for one in order.tenders)


SHOPIFY = [plain, rich, refunded, paid_with_two, paid_in_part, at_the_till, with_duties]
WOOCOMMERCE = [woo, inclusive, gone_back, with_a_fee, with_a_discount_fee]


@pytest.mark.parametrize("whole", [*SHOPIFY, *WOOCOMMERCE])
def test_unbroken_orders_are_read(whole: Callable[[], Json]) -> None:
    check_sums(read_order(json.dumps(whole())).order)


@settings(max_examples=400)
@given(st.sampled_from(SHOPIFY).flatmap(broken))
def test_a_broken_shopify_order_is_refused_or_its_total_is_right(raw: Json) -> None:
    try:
        order = import_shopify(raw).order
    except InvalidRequest:
        return
    rounding = (raw.get("total_cash_rounding_payment_adjustment_set") or {}).get("shop_money") or {}
    assert order.total == cents(raw["total_price"]) + cents(rounding.get("amount") or 0)
    # what lines and shipping add up to, read with none of the importer's help
    assert order.total == total_of(raw)
    check_sums(order)


@settings(max_examples=300)
@given(broken(in_euro))
def test_a_broken_shopify_order_in_two_currencies_is_refused_or_its_total_is_right(raw: Json) -> None:
    try:
        order = import_shopify(raw).order
    except InvalidRequest:
        return
    if order.shop_currency is None:
        assert order.total == cents(raw["total_price"])
    else:
        assert order.total == cents(raw["total_price_set"]["presentment_money"]["amount"])
    check_sums(order)


@settings(max_examples=300)
@given(st.sampled_from(WOOCOMMERCE).flatmap(broken))
def test_a_broken_woocommerce_order_is_refused_or_its_total_is_right(raw: Json) -> None:
    try:
        order = import_woocommerce(raw).order
    except InvalidRequest:
        return
    given = sum((cents(one["amount"]) for one in raw.get("gift_cards") or []), Decimal(0))
    assert order.total == cents(raw["total"]) + given
    # lines and taxes keep fractions of a cent, and lose less than one each
    assert abs(order.total - woocommerce_total_of(raw)) < len(raw["line_items"]) + 1
    check_sums(order)


@settings(max_examples=200)
@given(st.sampled_from([plain, woo, two_rates]).flatmap(broken), st.sampled_from(["auto", "shopify", "woocommerce"]))
def test_a_broken_file_is_refused_or_its_total_is_right(raw: Json, format: Any) -> None:
    try:
        order = read_order(json.dumps(raw, default=str), format, payment="pi_1").order
    except InvalidRequest:
        return
    check_sums(order)


@settings(max_examples=300)
@given(broken(lambda: {"transactions": paid_with_two()["transactions"]}))
def test_a_broken_second_document_is_refused_or_the_sums_are_right(more: Json) -> None:
    for read in (import_shopify, import_woocommerce):
        try:
            order = read(rich() if read is import_shopify else woo(), more).order
        except InvalidRequest:
            continue
        check_sums(order)


@settings(max_examples=300)
@given(broken(two_rates))
def test_a_broken_order_of_our_own_is_refused_or_its_sums_are_right(raw: Json) -> None:
    try:
        order = import_native(raw).order
    except InvalidRequest:
        return
    check_sums(order)


@given(VALUES, VALUES)
def test_garbage_is_refused(payload: object, more: object) -> None:
    for read in (import_shopify, import_woocommerce, import_native):
        with pytest.raises(InvalidRequest):
            read(payload, more)


@given(VALUES)
def test_garbage_in_a_second_document_is_refused_or_changes_no_total(more: object) -> None:
    for read, raw in ((import_shopify, plain()), (import_woocommerce, woo())):
        try:
            check_sums(read(raw, more).order)
        except InvalidRequest:
            continue


@given(st.text())
def test_garbage_in_a_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        read_order(text)
