"""What was sold in a Shopify order: discounts, taxes, duties, tips, deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activities.storefront.shopify import import_shopify
from domain.history import history_of
from domain.order import Buyer, Delivery, Exclusion, Shipping
from tests.storefront.payloads import (
    Json,
    back,
    plain,
    plan,
    refused,
    rich,
    transaction,
)


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


def test_a_tip_that_is_a_line_only_by_its_name() -> None:
    raw = tipped("5.00", 9)
    raw["line_items"][1] |= {"tip": None, "title": "Tip", "product_id": None}
    order = import_shopify(raw).order
    assert (len(order.lines), order.tip, order.refunds[0].tip) == (1, 500, 500)
    # no tip was received, so it is a thing that is called so
    goods = import_shopify(raw | {"total_tip_received": "0.00", "refunds": []}).order
    assert (len(goods.lines), goods.tip, goods.total) == (2, 0, 18609)


def tipped(amount: str, *line_ids: int) -> Json:
    """181.09 and a tip of 5.00, which is a line of its own; the amount went back for these lines."""
    raw = plain() | {"total_tip_received": "5.00", "total_price": "186.09"}
    raw["line_items"].append({"id": 9, "name": "Tip", "quantity": 1, "price": "5.00", "tip": {}})
    lines = [{"line_item_id": one, "quantity": 1, "subtotal": "5.00" if one == 9 else "181.09"} for one in line_ids]
    return raw | {"refunds": [back(refund_line_items=lines, transactions=[transaction(7, "refund", amount)])]}


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


def test_a_tip_that_went_back() -> None:
    order = import_shopify(tipped("186.09", 1071823193, 9)).order
    assert [(one.line_id, one.gross) for one in order.refunds[0].lines] == [("1071823193", 18109)]
    history = history_of(order)
    assert (history.tip, history.lines["1071823193"].left) == (500, 0)
    order = import_shopify(tipped("5.00", 9)).order
    assert (order.refunds[0].tip, order.refunds[0].lines, history_of(order).differences) == (500, (), ())
    assert (plan(order).total, plan(order).tip) == (18109, 0)
    order = import_shopify(tipped("181.09", 1071823193)).order
    assert (order.refunds[0].total, history_of(order).tip) == (18109, 0)


# ── What was paid once for the whole order ───────────────────────────────────────────────────────────────────────────


def of(amount: str) -> Json:
    return {name: {"amount": amount, "currency_code": "USD"} for name in ("shop_money", "presentment_money")}


def test_additional_fees_go_back_with_the_delivery() -> None:
    raw = rich() | {"original_total_additional_fees_set": of("1.50"), "total_price": "216.84"}
    order = import_shopify(raw).order
    # 4.00 and 0.20 of tax for delivery, and 1.50
    assert order.paid_for(order.shipping) == 570
    assert (plan(order, {"2": 2}).total, plan(order).total) == (2100, 21684)
    alone = import_shopify(plain() | {"original_total_additional_fees_set": of("1.50"), "total_price": "182.59"}).order
    assert (alone.paid_for(alone.shipping), plan(alone).total) == (150, 18259)
    assert refused(lambda: import_shopify(raw | {"total_price": "215.34"})).field == "total_price"


def two_of_ten(cash: str, rounding: str) -> Json:
    """Two lines of 10.01 and 0.01, 10.02 together, paid in cash at a till that rounds."""
    raw = plain() | {"total_discounts": "0.00", "total_price": "10.02", "financial_status": "paid"}
    line = raw["line_items"][0] | {"discount_allocations": []}
    raw["line_items"] = [{**line, "id": 1, "price": "10.01"}, {**line, "id": 2, "price": "0.01"}]
    raw["transactions"] = [transaction(1, "sale", cash, gateway="cash")]
    return raw | {"total_cash_rounding_payment_adjustment_set": of(rounding)}


@pytest.mark.parametrize("cash", ["10.02", "10.00"])
def test_cash_that_was_rounded_down_was_never_paid(cash: str) -> None:
    order = import_shopify(two_of_ten(cash, "-0.02")).order
    # the two cents go by price, 10.01 to 0.01
    assert [line.order_discount for line in order.lines] == [2, 0]
    assert (order.total, order.tenders[0].captured, plan(order).total) == (1000, 1000, 1000)
    assert plan(order, {"1": 1}).total == 999


@pytest.mark.parametrize("cash", ["10.02", "10.05"])
def test_cash_that_was_rounded_up_goes_back_in_the_end(cash: str) -> None:
    order = import_shopify(two_of_ten(cash, "0.03")).order
    assert (order.total, order.tenders[0].captured, plan(order, {"1": 1}).total) == (1005, 1005, 1001)
    assert plan(order).total == 1005


@pytest.mark.parametrize(
    ("currency", "total", "rounding", "said"),
    [
        ("USD", "10.02", "0.10", None),
        ("USD", "10.02", "0.11", "it is 0.11 USD, more than 0.10 USD"),
        ("USD", "10.02", "-0.11", "it is 0.11 USD, more than 0.10 USD"),
        ("SEK", "10.02", "0.98", None),
        ("SEK", "10.02", "90.00", "it is 90.00 SEK, more than 1.00 SEK"),
    ],
)
def test_a_till_rounds_to_its_smallest_coin(currency: str, total: str, rounding: str, said: str | None) -> None:
    raw = two_of_ten(total, rounding) | {"currency": currency, "presentment_currency": currency, "transactions": []}
    for money in raw["total_cash_rounding_payment_adjustment_set"].values():
        money["currency_code"] = currency
    if said is None:
        assert import_shopify(raw).order.total == 100 * (Decimal(total) + Decimal(rounding))
        return
    error = refused(lambda: import_shopify(raw))
    assert (error.field, said in error.message) == ("total_cash_rounding_payment_adjustment_set", True)


def test_cash_that_was_not_rounded_as_told_is_refused() -> None:
    error = refused(lambda: import_shopify(two_of_ten("9.90", "-0.02")))
    assert (error.field, "captured 9.90 USD" in error.message) == ("transactions", True)


# ── What old orders tell only as a whole ─────────────────────────────────────────────────────────────────────────────


def old(**more: object) -> Json:
    """Two lines of 30.00 and 10.00 and delivery for 5.00, without a word of taxes and discounts."""
    raw = plain() | {"total_discounts": "0.00", "discount_codes": [], "discount_applications": [], "tax_lines": []}
    line = {name: raw["line_items"][0][name] for name in ("sku", "name", "quantity")}
    raw["line_items"] = [{**line, "id": 1, "price": "30.00"}, {**line, "id": 2, "price": "10.00"}]
    raw["shipping_lines"] = [{"id": 3, "price": "5.00"}]
    return raw | {"total_price": "45.00", "total_tax": "0.00", **more}


def test_tax_that_only_the_order_tells_is_spread() -> None:
    # 8 % of 40.00; 2.40 and 0.80
    gst = {"title": "GST", "rate": 0.08, "price": "3.20"}
    order = import_shopify(old(total_tax="3.20", total_price="48.20", tax_lines=[gst])).order
    assert [[(tax.name, tax.rate, tax.amount) for tax in line.taxes] for line in order.lines] == [
        [("GST", "0.08", 240)],
        [("GST", "0.08", 80)],
    ]
    assert (order.paid_for(order.shipping), plan(order, {"1": 1}).total, plan(order).total) == (500, 3240, 4820)
    # 8 % of 45.00: delivery is taxed, too
    order = import_shopify(old(total_tax="3.60", total_price="48.60", tax_lines=[gst | {"price": "3.60"}])).order
    assert (plan(order, {"1": 1}).total, order.paid_for(order.shipping)) == (3240, 540)


def test_tax_that_is_not_told_is_none_and_the_sums_judge_it() -> None:
    untold = {"total_tax": None, "total_tax_set": None}
    assert import_shopify(old(**untold)).order.total == 4500
    assert import_shopify(old(total_tax=None, total_tax_set=of("3.00"), total_price="48.00")).order.total == 4800
    assert refused(lambda: import_shopify(old(**untold, total_price="48.00"))).field == "total_price"
    error = refused(lambda: import_shopify(rich() | untold))
    assert (error.field, "says 0.00 USD" in error.message) == ("total_tax", True)


def test_tax_of_which_only_the_sum_is_told() -> None:
    raw = old(total_tax="3.00", total_price="48.00")
    # 3.00 over 30.00 and 10.00, at 7.5 %
    order = import_shopify(raw).order
    assert [(tax.name, tax.rate, tax.amount) for line in order.lines for tax in line.taxes] == [
        ("Tax", "0.075", 225),
        ("Tax", "0.075", 75),
    ]
    raw["line_items"][1]["taxable"] = False
    assert [len(line.taxes) for line in import_shopify(raw).order.lines] == [1, 0]
    within = import_shopify(old(total_tax="3.00", taxes_included=True)).order
    assert [line.taxes[0].amount for line in within.lines] == [225, 75]
    assert (plan(within).total, within.total) == (4500, 4500)


def test_a_lines_own_discount_where_there_are_no_allocations() -> None:
    raw = old(total_discounts="7.00", total_price="38.00")
    raw["line_items"][0]["total_discount"] = "3.00"
    # 4.00 over 27.00 and 10.00: 2.919 and 1.081
    order = import_shopify(raw).order
    assert [(line.discount, line.order_discount) for line in order.lines] == [(300, 292), (0, 108)]


@pytest.mark.parametrize(
    "sent",
    [
        [{"id": 3, "price": "0.00"}],
        [{"id": 3, "price": "5.00", "discounted_price": "0.00"}],
        [{"id": 3, "price": "5.00"}],
        [],
    ],
)
def test_free_delivery_of_old_orders(sent: list[Json]) -> None:
    code = {"code": "FREESHIP", "amount": "5.00", "type": "shipping"}
    raw = old(shipping_lines=sent, discount_codes=[code], total_price="40.00")
    raw |= {"total_discounts": "5.00" if sent and sent[0]["price"] == "5.00" else "0.00"}
    order = import_shopify(raw).order
    assert [line.order_discount for line in order.lines] == [0, 0]
    assert (order.paid_for(order.shipping), plan(order).total) == (0, 4000)


# ── Kits ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_parts_of_a_bundle_are_lines_with_prices_of_their_own() -> None:
    raw = old(total_price="45.00")
    for line in raw["line_items"]:
        line["sales_line_item_group_id"] = 77
    order = import_shopify(raw).order
    assert (plan(order, {"1": 1}).total, plan(order, {"1": 1, "2": 1}).total) == (3000, 4500)
