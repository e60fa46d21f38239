"""What of a WooCommerce order went back before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from activities.storefront.importers import read_order
from activities.storefront.woocommerce import import_woocommerce
from domain.history import history_of
from tests.storefront.payloads import (
    WOO,
    WOO_REFUND,
    Json,
    meta,
    plan,
    refund,
    refused,
    untaxed,
    with_fee,
    woo,
)


def test_a_refund_in_the_order_or_beside_it() -> None:
    order = import_woocommerce(woo() | {"refunds": [refund()]}).order
    (back,) = order.refunds
    assert [(one.line_id, one.quantity, one.gross) for one in back.lines] == [("315", 1, 323)]
    assert (back.at, back.shipping, back.money) == (datetime(2017, 3, 25, 10, tzinfo=UTC), 1000, {"bacs-727": 1323})
    assert order.tenders[0].refunded == 1323
    assert plan(order).total == 2935 - 1323
    listed = woo() | {"refunds": [{"id": 800, "reason": "", "total": "-13.23"}]}
    for more in (refund(), [refund()], {"refunds": [refund()]}):
        assert import_woocommerce(listed, more).order == order
    # the sum alone is dated by the order's last change
    (sum_alone,) = import_woocommerce(listed).order.refunds
    assert (sum_alone.at, sum_alone.lines) == (datetime(2017, 3, 22, 19, 28, 8, tzinfo=UTC), ())
    assert sum_alone.money == {"bacs-727": 1323}


def test_the_published_refund_is_money_alone() -> None:
    order = read_order(WOO.read_text(), more=WOO_REFUND.read_text()).order
    assert [(one.id, one.lines, one.total) for one in order.refunds] == [("726", (), 1000)]
    assert plan(order).total == 1935


def test_lines_of_refunds_that_name_their_product_or_no_units() -> None:
    by_product = refund()
    by_product["line_items"][0]["meta_data"] = []
    assert import_woocommerce(woo(), by_product).order.refunds[0].lines[0].line_id == "315"
    money_only = refund()
    money_only["line_items"][0]["quantity"] = 0
    (line,) = import_woocommerce(woo(), money_only).order.refunds[0].lines
    assert (line.line_id, line.quantity, line.gross) == ("315", 0, 323)
    # neither units nor money: no line, whatever it stands for
    money_only["line_items"][0] |= {"total": "0.00", "total_tax": "", "meta_data": [], "product_id": 5}
    assert import_woocommerce(woo(), money_only).order.refunds[0].lines == ()
    unknown = refund()
    unknown["line_items"][0] |= {"meta_data": [], "product_id": 5}
    assert refused(lambda: import_woocommerce(woo(), unknown)).field == "refund.line_items.0.meta_data"


def test_money_alone_stays_with_its_line() -> None:
    raw = untaxed((2, "20.00", "40.00"), (1, "20.00", "20.00")) | {"total": "60.00"}
    rows = [("1", -1, "-20.00"), ("2", 0, "-5.00")]
    back = [
        {"quantity": units, "total": money, "meta_data": [meta("_refunded_item_id", line)]}
        for line, units, money in rows
    ]
    order = import_woocommerce(raw, refund(amount="25.00", line_items=back, shipping_lines=[])).order
    assert [(one.line_id, one.quantity, one.gross) for one in order.refunds[0].lines] == [("1", 1, 2000), ("2", 0, 500)]
    # the second unit of 1 is worth its own 20.00, and of 2 there is 20.00 - 5.00 left
    assert (plan(order, {"1": 1}).total, plan(order, {"2": 1}).total) == (2000, 1500)
    assert plan(order).total == 6000 - 2500


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "29.36"}, "refunds"),
        ({"amount": "many"}, "refund.amount"),
        ({"date_created_gmt": "yesterday"}, "refund.date_created_gmt"),
        ({"id": None}, "refund.id"),
        ({"line_items": 5}, "refund.line_items"),
    ],
)
def test_refunds_that_are_refused(changes: Json, field: str) -> None:
    assert refused(lambda: import_woocommerce(woo(), refund(**changes))).field == field


def test_money_for_a_fee_is_money_for_what_was_paid_once() -> None:
    row = {"id": 9, "name": "Gift wrap &amp; card", "total": "-2.00", "total_tax": "-0.15", "meta_data": []}
    for named in (row, row | {"name": "", "meta_data": [meta("_refunded_item_id", "400")]}):
        back = refund(amount="2.15", line_items=[], shipping_lines=[], fee_lines=[named])
        order = import_woocommerce(with_fee(), back).order
        assert (order.refunds[0].lines, order.refunds[0].shipping) == ((), 215)
        assert (plan(order, {"315": 2}).total, plan(order).shipping) == (645, 1000)
    other = refund(line_items=[], fee_lines=[row | {"name": "Other"}])
    assert refused(lambda: import_woocommerce(with_fee(), other)).field == "refund.fee_lines.0.meta_data"


def test_a_refund_of_lines_that_a_fee_had_lowered() -> None:
    # 20.00 and 20.00 less 10.00: 15.00 each
    raw = untaxed((1, "20.00", "20.00"), (1, "20.00", "20.00")) | {"total": "30.00"}
    raw["fee_lines"] = [{"id": 5, "name": "Off", "total": "-10.00"}]
    rows = [{"quantity": -1, "total": "-20.00", "meta_data": [meta("_refunded_item_id", "1")]}]
    back = refund(amount="15.00", line_items=rows, shipping_lines=[])
    back["fee_lines"] = [{"id": 6, "name": "Off", "total": "5.00"}]
    order = import_woocommerce(raw, back).order
    assert (order.refunds[0].shipping, order.refunds[0].total, history_of(order).differences) == (0, 1500, ())
    assert plan(order).total == 1500


def test_money_that_went_back_untold_is_asked_for() -> None:
    raw = woo() | {"status": "refunded", "refunds": []}
    error = refused(lambda: import_woocommerce(raw))
    assert (error.field, "--transactions" in error.message) == ("refunds", True)
    assert import_woocommerce(raw, refund()).order.tenders[0].refunded == 1323
    # of the sum alone it is known how much
    listed = [{"id": 800, "reason": "", "total": "-29.35"}]
    assert import_woocommerce(raw | {"refunds": listed}).order.tenders[0].refunded == 2935
