"""What of a Shopify order went back before."""

from __future__ import annotations

import json

import pytest

from activities.storefront.importers import read_order
from activities.storefront.shopify import import_shopify
from domain.history import history_of
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


# ── Duties, fees, and refunds that failed ────────────────────────────────────────────────────────────────────────────


def usd(amount: str) -> Json:
    return {"shop_money": {"amount": amount, "currency_code": "USD"}}


def dutiable(*refunds: Json) -> Json:
    """2 x 100.00 with duties of 40.00, 2 x 100.00 without, and 1 x 50.00 with duties of 10.00: 500.00."""
    raw = plain() | {"total_discounts": "0.00", "total_price": "500.00", "refunds": [*refunds]}
    line = raw["line_items"][0] | {"quantity": 2, "price": "100.00", "discount_allocations": []}
    raw["line_items"] = [
        {**line, "id": 1, "duties": [{"id": 71, **usd("40.00"), "tax_lines": []}]},
        {**line, "id": 2},
        {**line, "id": 3, "quantity": 1, "price": "50.00", "duties": [{"id": "72", **usd("10.00")}]},
    ]
    return raw | {"transactions": [transaction(1, "sale", "500.00")]}


def unit_of(line: int, amount: str = "100.00") -> Json:
    return {"line_item_id": line, "quantity": 1, "subtotal": amount, "total_tax": "0.00"}


def money_back(amount: str, number: int = 2, **more: object) -> Json:
    return transaction(number, "refund", amount, parent_id=1, **more)


BY_NAME: Json = {"duties": [{"duty_id": 71, "amount_set": usd("20.00")}]}


@pytest.mark.parametrize(
    "told", [BY_NAME, {"total_duties_set": usd("20.00")}, BY_NAME | {"total_duties_set": usd("20.00")}]
)
def test_duties_that_went_back_are_their_lines_own(told: Json) -> None:
    raw = dutiable(back(refund_line_items=[unit_of(1), unit_of(2)], transactions=[money_back("220.00")], **told))
    order = import_shopify(raw).order
    assert [(one.line_id, one.quantity, one.gross, one.duties) for one in order.refunds[0].lines] == [
        ("1", 1, 10000, 2000),
        ("2", 1, 10000, 0),
    ]
    assert history_of(order).differences == ()
    # the other units are worth 100.00 with 20.00 of duties, and 100.00
    assert (plan(order, {"1": 1}).total, plan(order, {"2": 1}).total) == (12000, 10000)
    assert plan(order).total == 50000 - 22000


def test_duties_that_went_back_alone_leave_the_goods_worth_what_they_were() -> None:
    named = [{"duty_id": "71", "amount_set": usd("40.00")}]
    raw = dutiable(back(transactions=[money_back("40.00")], duties=named, total_duties_set=usd("40.00")))
    order = import_shopify(raw).order
    (line,) = order.refunds[0].lines
    assert (line.line_id, line.quantity, line.gross, line.duties) == ("1", 0, 0, 4000)
    assert (plan(order, {"1": 2}).total, plan(order, {"2": 1}).total, plan(order, {"3": 1}).total) == (
        20000,
        10000,
        6000,
    )


def test_a_sum_of_duties_is_that_of_the_units_that_came_back() -> None:
    # 20.00 on one unit of 1, and 10.00 on 3; half of it is told
    rows = [unit_of(1), unit_of(3, "50.00")]
    raw = dutiable(back(refund_line_items=rows, transactions=[money_back("165.00")], total_duties_set=usd("15.00")))
    assert [one.duties for one in import_shopify(raw).order.refunds[0].lines] == [1000, 500]
    # without units it is that of all duties, 40.00 and 10.00
    raw = dutiable(back(transactions=[money_back("5.00")], total_duties_set=usd("5.00")))
    assert [(one.line_id, one.duties) for one in import_shopify(raw).order.refunds[0].lines] == [("1", 400), ("3", 100)]


def test_the_tax_on_duties_goes_back_with_them() -> None:
    raw = dutiable(back(refund_line_items=[unit_of(1)], transactions=[money_back("124.00")], **BY_NAME))
    raw["line_items"][0]["duties"][0]["tax_lines"] = [{"title": "VAT", "rate": 0.2, "price": "8.00"}]
    paid = [transaction(1, "sale", "508.00")]
    order = import_shopify(raw | {"total_price": "508.00", "total_tax": "8.00", "transactions": paid}).order
    assert (order.refunds[0].lines[0].duties, history_of(order).differences) == (2400, ())


def test_duties_that_are_part_of_the_prices_are_not_named_apart() -> None:
    raw = dutiable(back(refund_line_items=[unit_of(1)], transactions=[money_back("100.00")], **BY_NAME))
    paid = [transaction(1, "sale", "450.00")]
    order = import_shopify(raw | {"total_price": "450.00", "duties_included": True, "transactions": paid}).order
    assert order.refunds[0].lines[0].duties == 0


def test_goods_and_duties_that_were_taken_off_before_they_were_paid() -> None:
    named = [{"duty_id": 72, "amount_set": usd("10.00")}]
    raw = dutiable(back(refund_line_items=[unit_of(3, "50.00")], duties=named)) | {"financial_status": "paid"}
    order = import_shopify(raw | {"transactions": [transaction(1, "sale", "440.00")]}).order
    assert (plan(order).total, history_of(order).differences) == (44000, ())


def test_additional_fees_that_went_back_are_part_of_the_delivery() -> None:
    raw = dutiable(
        back(
            refund_line_items=[unit_of(2)],
            transactions=[money_back("105.00")],
            additional_fees=[{"id": 9}],
            total_additional_fees_set=usd("5.00"),
        )
    )
    raw |= {"original_total_additional_fees_set": usd("5.00"), "total_price": "505.00"}
    order = import_shopify(raw | {"transactions": [transaction(1, "sale", "505.00")]}).order
    assert (order.refunds[0].shipping, history_of(order).differences) == (500, ())
    assert (plan(order, {"2": 1}).total, plan(order).total) == (10000, 40000)


def test_a_refund_that_failed_took_nothing_back() -> None:
    failed = [money_back("105.00", status="failure"), money_back("105.00", 3, status="error")]
    sent = [shipped_back("5.00")]
    raw = dutiable(back(refund_line_items=[unit_of(2)], refund_shipping_lines=sent, transactions=failed, **BY_NAME))
    order = import_shopify(raw).order
    assert (order.refunds, order.tenders[0].refunded, plan(order).total) == ((), 0, 50000)
    # it went through when it was tried again
    raw["refunds"][0]["transactions"].append(money_back("125.00", 4))
    assert [one.line_id for one in import_shopify(raw).order.refunds[0].lines] == ["2", "1"]
    # without any transaction it is goods that were taken off the order
    raw["refunds"][0]["transactions"] = []
    assert import_shopify(raw).order.refunds[0].lines[0].quantity == 1


def test_a_refund_of_which_one_payment_failed_closes_its_units() -> None:
    legs = [money_back("60.00"), money_back("40.00", 3, status="failure")]
    order = import_shopify(dutiable(back(refund_line_items=[unit_of(2)], transactions=legs))).order
    assert [(one.quantity, one.gross) for one in order.refunds[0].lines] == [(1, 10000)]
    # what did not arrive is shown, and no other unit's: the second is worth its own 100.00
    assert [(one.line_id, one.worth, one.money) for one in history_of(order).differences] == [("2", 10000, 6000)]
    assert (order.tenders[0].refunded, plan(order, {"2": 1}).total) == (6000, 10000)


@pytest.mark.parametrize("status", ["refunded", "partially_refunded"])
def test_money_that_went_back_untold_is_asked_for(status: str) -> None:
    raw = plain() | {"financial_status": status}
    error = refused(lambda: import_shopify(raw))
    assert (error.field, "--transactions" in error.message) == ("refunds", True)
    told = import_shopify(raw | {"transactions": [transaction(1, "sale", "181.09"), money_back("181.09")]}).order
    assert told.tenders[0].refunded == 18109
    # nothing was paid, so nothing can have gone back
    free = raw | {"total_price": "0.00"}
    free["line_items"] = [raw["line_items"][0] | {"price": "0.00", "discount_allocations": []}]
    assert import_shopify(free | {"total_discounts": "0.00"}).order.refunds == ()
