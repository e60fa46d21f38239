"""What of a Shopify order went back before."""

from __future__ import annotations

import json

import pytest

from activities.storefront.importers import read_order
from activities.storefront.shopify import import_shopify
from domain.order import TenderKind
from tests.storefront.payloads import (
    REFUND,
    REFUNDED,
    Json,
    back,
    plain,
    plan,
    refunded,
    refused,
    rich,
    transaction,
)


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


FEES = {"shop_money": {"amount": "20.00", "currency_code": "USD"}}


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
        # other fees are no part of what the delivery cost
        ({"original_total_additional_fees_set": FEES, "total_price": "235.34"}, 210),
    ],
)
def test_the_tax_on_shipping_that_went_back(changes: Json, shipping: int) -> None:
    tax = {name: changes[name] for name in ("tax_amount_set",) if name in changes}
    adjusted = changes.get("order_adjustments", [])
    told = ("taxes_included", "total_price", "original_total_additional_fees_set")
    raw = rich() | {name: changes[name] for name in told if name in changes}
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
