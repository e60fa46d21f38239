"""Orders as shops write them, and what is asked of every importer."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidRequest
from domain.history import history_of
from domain.order import Order
from domain.plan import RefundPlan
from domain.planning import plan_refund
from domain.terms import Terms

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
SHOPIFY = ROOT / "embedded" / "orders" / "shopify_order_discount_code.json"
TWO_RATES = ROOT / "embedded" / "orders" / "two_rates.json"
REFUNDED = SAMPLES / "shopify_order_partially_refunded.json"
REFUND = SAMPLES / "shopify_refund.json"
WOO = SAMPLES / "woocommerce_order.json"
WOO_REFUND = SAMPLES / "woocommerce_order_refund.json"
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


def refunded() -> Json:
    """Shopify's own sample of an order of which a part went back."""
    order: Json = json.loads(REFUNDED.read_text())["order"]
    return order


def transaction(number: int, kind: str, amount: str, **more: Any) -> Json:
    """One transaction as Shopify writes it."""
    given = {"id": number, "kind": kind, "status": "success", "amount": amount, "gateway": "shopify_payments"}
    return {**given, "processed_at": "2025-07-02T12:31:38-04:00", "receipt": {}, **more}


def woo() -> Json:
    """WooCommerce's own sample: 2 x 3.00 and 12.00 with 1.35 of tax on top, and 10.00 of shipping."""
    order: Json = json.loads(WOO.read_text())
    return order


def inclusive() -> Json:
    """Prices with 19 % and 7 % VAT in them: 3 mugs at 12.90, 10 % off by coupon; a book of 24.90; shipping 4.95.

    34.83 = 29.27 + 5.56, 22.41 = 20.94 + 1.47, 4.95 = 4.16 + 0.79; before the coupon 38.70 = 32.52 + 6.18 and
    24.90 = 23.27 + 1.63. Together 62.19, of which 7.82 is tax.
    """
    order = woo()
    mugs, book = order["line_items"]
    mugs |= {
        "id": 1,
        "quantity": 3,
        "price": 9.7563025210084,
        "subtotal": "32.52",
        "subtotal_tax": "6.18",
        "total": "29.27",
        "total_tax": "5.56",
    }
    mugs["taxes"] = [{"id": 1, "total": "5.561092", "subtotal": "6.178992"}, {"id": 2, "total": "", "subtotal": ""}]
    book |= {
        "id": 2,
        "quantity": 1,
        "price": 20.9439252336449,
        "subtotal": "23.27",
        "subtotal_tax": "1.63",
        "total": "20.94",
        "total_tax": "1.47",
    }
    book["taxes"] = [{"id": 2, "total": "1.466075", "subtotal": "1.628972"}]
    order["shipping_lines"][0] |= {"total": "4.16", "total_tax": "0.79", "taxes": [{"id": 1, "total": "0.790336"}]}
    order["tax_lines"] = [
        {"id": 5, "rate_id": 1, "label": "VAT", "rate_percent": 19, "tax_total": "5.56", "shipping_tax_total": "0.79"},
        {"id": 6, "rate_id": 2, "label": "VAT 7 %", "tax_total": "1.47", "shipping_tax_total": "0.00"},
    ]
    order["coupon_lines"] = [{"id": 7, "code": "ten", "discount": "5.58", "discount_tax": "0.78"}]
    totals = {"total": "62.19", "total_tax": "7.82", "shipping_total": "4.16", "shipping_tax": "0.79"}
    return order | {"currency": "EUR", "prices_include_tax": True, **totals}


def back(**more: object) -> Json:
    """A refund as Shopify writes it, of nothing yet."""
    return {"id": 50, "created_at": "2025-08-01T00:00:00Z", "refund_line_items": [], "transactions": [], **more}


def meta(key: str, value: object) -> Json:
    """An entry of WooCommerce's meta data."""
    return {"id": 1, "key": key, "value": value}


def with_fee() -> Json:
    """WooCommerce's own sample and a fee of 2.00 with 0.15 of tax: 31.50, of which 1.50 is tax."""
    fee = {"id": 400, "name": "Gift wrap &amp; card", "total": "2.00", "total_tax": "0.15"}
    raw = woo() | {"fee_lines": [{**fee, "taxes": [{"id": 75, "total": "0.15", "subtotal": ""}]}]}
    raw["tax_lines"][0]["tax_total"] = "1.50"
    return raw | {"total": "31.50", "total_tax": "1.50"}


def stripe(**more: Any) -> Json:
    """WooCommerce's own sample, paid by Stripe."""
    return woo() | {"payment_method": "stripe", "meta_data": [meta("_stripe_intent_id", "pi_7")], **more}


def refund(number: int = 800, **more: Any) -> Json:
    """One of the two Woo Singles and the shipping: 3.00 + 0.23 + 10.00."""
    line = {"id": 900, "product_id": 93, "variation_id": 0, "quantity": -1, "total": "-3.00", "total_tax": "-0.23"}
    given = {
        "id": number,
        "date_created_gmt": "2017-03-25T10:00:00",
        "amount": "13.23",
        "line_items": [{**line, "meta_data": [meta("_refunded_item_id", "315")]}],
        "shipping_lines": [{"id": 901, "total": "-10.00", "total_tax": "0.00"}],
    }
    return given | more


def untaxed(*lines: tuple[int, str, str]) -> Json:
    """An order without tax and shipping: quantity, price and total of every line."""
    raw = woo() | {"total_tax": "0.00", "tax_lines": [], "shipping_lines": [], "shipping_total": "0.00"}
    sample = raw["line_items"][0] | {"taxes": [], "meta_data": []}
    raw["line_items"] = [
        {**sample, "id": number, "quantity": quantity, "price": price, "subtotal": total, "total": total}
        for number, (quantity, price, total) in enumerate(lines, start=1)
    ]
    return raw


def two_rates() -> Json:
    """Our own sample."""
    order: Json = json.loads(TWO_RATES.read_text())
    return order


def refused(read: Callable[[], object]) -> InvalidRequest:
    """The refusal that reading ends in."""
    with pytest.raises(InvalidRequest) as caught:
        read()
    return caught.value


def plan(order: Order, units: dict[str, int] | None = None) -> RefundPlan:
    """What goes back for these units on full terms; without any, for all that are left."""
    history = history_of(order)
    everything = {line_id: line.open for line_id, line in history.lines.items() if line.open}
    return plan_refund(order, history, everything if units is None else units, Terms())
