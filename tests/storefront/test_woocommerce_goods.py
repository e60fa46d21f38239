"""What was sold in a WooCommerce order: prices, taxes, fees."""

from __future__ import annotations

import pytest

from activities.storefront.woocommerce import import_woocommerce
from tests.storefront.payloads import (
    Json,
    inclusive,
    plan,
    refused,
    untaxed,
    with_fee,
    woo,
)


def test_prices_with_tax_are_as_the_shopper_saw_them() -> None:
    order = import_woocommerce(inclusive()).order
    mugs, book = order.lines
    assert (mugs.unit_price, mugs.order_discount, mugs.discount, order.paid_for(mugs)) == (1290, 387, 0, 3483)
    assert (book.unit_price, book.order_discount, order.paid_for(book)) == (2490, 249, 2241)
    assert [(tax.name, tax.rate, tax.amount) for tax in mugs.taxes] == [("VAT", "0.19", 556)]
    assert [(tax.name, tax.rate, tax.amount) for tax in book.taxes] == [("VAT 7 %", "0.07", 147)]
    assert order.shipping is not None
    assert (order.shipping.price, order.shipping.taxes[0].amount) == (495, 79)
    # a third of 34.83
    assert plan(order, {"1": 1}).total == 1161
    assert plan(order).total == order.total == 6219


def test_the_same_amounts_where_tax_comes_on_top() -> None:
    order = import_woocommerce(inclusive() | {"prices_include_tax": False}).order
    mugs, _ = order.lines
    # 32.52 does not divide by three, so the next cent up is the price, and the rest is off the line: 3 x 10.84
    assert (mugs.unit_price, mugs.order_discount, mugs.discount, order.paid_for(mugs)) == (1084, 325, 0, 3483)
    raw = woo()
    raw["line_items"][0] |= {"quantity": 7}
    (line, _) = import_woocommerce(raw).order.lines
    # 6.00 / 7: 7 x 0.86 = 6.02
    assert (line.unit_price, line.discount, line.order_discount) == (86, 2, 0)


def test_a_line_that_somebody_lowered_is_no_coupon() -> None:
    (mugs, _) = import_woocommerce(inclusive() | {"coupon_lines": []}).order.lines
    assert (mugs.discount, mugs.order_discount) == (387, 0)


def rounded_at_the_subtotal() -> Json:
    """Three lines of 10.00 with 19 % in it: 8.403361 and 1.596639 each; together 25.21 and 4.79."""
    raw = inclusive() | {"coupon_lines": [], "total": "30.00", "total_tax": "4.79", "shipping_total": "0.00"}
    net = {
        "subtotal": "8.40",
        "total": "8.40",
        "price": 8.4033613445,
        "quantity": 1,
        "taxes": [{"id": 1, "total": "1.596639"}],
    }
    raw["line_items"] = [raw["line_items"][0] | net | {"id": number} for number in (1, 2, 3)]
    raw["tax_lines"] = [raw["tax_lines"][0] | {"tax_total": "4.79", "shipping_tax_total": "0.00"}]
    return raw | {"shipping_lines": []}


def test_cents_that_were_rounded_only_at_the_totals_are_spread() -> None:
    order = import_woocommerce(rounded_at_the_subtotal()).order
    assert [order.paid_for(line) for line in order.lines] == [1000, 1000, 1000]
    assert [line.taxes[0].amount for line in order.lines] == [160, 160, 159]
    assert order.shipping is None
    on_top = import_woocommerce(rounded_at_the_subtotal() | {"prices_include_tax": False}).order
    # nets of 8.40 make 25.20, but the order says 30.00 - 4.79 = 25.21
    assert [line.unit_price for line in on_top.lines] == [841, 840, 840]


@pytest.mark.parametrize(
    ("tax", "rate"),
    [
        ({"rate_percent": 7.5}, "0.075"),
        ({"rate_percent": "7.5000", "label": "VAT 19 %"}, "0.075"),
        ({"rate_percent": 0, "label": "MwSt. 7,5%"}, "0.075"),
        ({"label": "", "rate_code": "US-CA-STATE TAX"}, "0.075"),
    ],
)
def test_the_rate_of_a_tax(tax: Json, rate: str) -> None:
    raw = woo()
    raw["tax_lines"][0] |= tax
    (line, _) = import_woocommerce(raw).order.lines
    assert (line.taxes[0].rate, line.taxes[0].amount) == (rate, 45)


def tax_rounded_once(*tax: str) -> Json:
    """Lines of 10.13 at 19 % and 10.35 at 7 %, with 1.9247 and 0.7245 of tax on top: 2.6492 together."""
    raw = untaxed((1, "10.13", "10.13"), (1, "10.35", "10.35")) | {"total": "23.13", "total_tax": "2.65"}
    for number, (line, own) in enumerate(zip(raw["line_items"], tax, strict=True), start=1):
        line["taxes"] = [{"id": number, "total": own}]
    shown = {"shipping_tax_total": "0.00", "label": "VAT"}
    raw["tax_lines"] = [
        {**shown, "rate_id": 1, "rate_percent": 19, "tax_total": "1.92"},
        {**shown, "rate_id": 2, "rate_percent": 7, "tax_total": "0.72"},
    ]
    return raw


def test_tax_that_was_rounded_only_in_the_order_is_spread() -> None:
    order = import_woocommerce(tax_rounded_once("1.9247", "0.7245")).order
    # 265 * 1.9247 / 2.6492 = 192.53, and 72.47
    assert [[tax.amount for tax in line.taxes] for line in order.lines] == [[193], [72]]
    assert [order.paid_for(line) for line in order.lines] == [1206, 1107]
    assert (order.total, plan(order).total) == (2313, 2313)
    # 265 * 1.9210 / 2.6459 = 192.40, and 72.60
    order = import_woocommerce(tax_rounded_once("1.9210", "0.7249")).order
    assert [order.paid_for(line) for line in order.lines] == [1205, 1108]
    # 1.9240 + 0.7200 = 2.6440 is 2.64
    error = refused(lambda: import_woocommerce(tax_rounded_once("1.9240", "0.7200")))
    assert error.field == "total_tax"
    assert "says 2.65 USD, but its tax_lines add up to 2.64 USD" in error.message
    assert (
        refused(lambda: import_woocommerce(tax_rounded_once("1.9247", "0.7245") | {"total": "23.12"})).field == "total"
    )


# ── Fees ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fee_goes_back_with_the_delivery_once_everything_does() -> None:
    order = import_woocommerce(with_fee()).order
    assert [line.id for line in order.lines] == ["315", "316"]
    assert order.shipping is not None
    # 10.00 of delivery, 2.00 and 0.15 of tax
    assert (order.shipping.price, order.paid_for(order.shipping)) == (1200, 1215)
    assert [(tax.name, tax.rate, tax.amount) for tax in order.shipping.taxes] == [("State Tax", "0.075", 15)]
    assert (plan(order, {"315": 2}).total, plan(order).total) == (645, 3150)
    # nothing was charged
    free = woo() | {"fee_lines": [{"id": 400, "name": "Free", "total": "-0.00", "total_tax": "0.00", "taxes": []}]}
    assert import_woocommerce(free).order == import_woocommerce(woo()).order


def test_a_fee_with_tax_in_its_price() -> None:
    raw = inclusive() | {"total": "63.38", "total_tax": "8.01"}
    raw["fee_lines"] = [{"id": 4, "name": "Fee", "total": "1.00", "taxes": [{"id": 1, "total": "0.19"}]}]
    raw["tax_lines"][0]["tax_total"] = "5.75"
    order = import_woocommerce(raw).order
    assert order.shipping is not None
    # 4.95 with 0.79 in it, and 1.19 with 0.19 in it
    assert (order.shipping.price, order.shipping.taxes[0].amount, plan(order).total) == (614, 98, 6338)


def test_a_fee_without_delivery() -> None:
    raw = with_fee() | {"shipping_lines": [], "shipping_total": "0.00", "total": "21.50"}
    order = import_woocommerce(raw).order
    assert (order.paid_for(order.shipping), plan(order).total) == (215, 2150)


def three_of_ten(*, included: bool) -> Json:
    """Three lines of 11.90 with 1.90 of tax in it (or on top of 10.00), and 11.90 with 1.90 in it off them all."""
    raw = rounded_at_the_subtotal() | {"total": "23.80", "total_tax": "3.80", "prices_include_tax": included}
    for line in raw["line_items"]:
        line |= {"subtotal": "10.00", "total": "10.00", "price": 10, "taxes": [{"id": 1, "total": "1.90"}]}
    raw["tax_lines"][0] |= {"tax_total": "3.80"}
    cut = {"id": 9, "name": "Regular customer", "total": "-10.00", "total_tax": "-1.90"}
    return raw | {"fee_lines": [{**cut, "taxes": [{"id": 1, "total": "-1.90"}]}]}


def test_a_fee_below_zero_is_a_discount_on_all_goods() -> None:
    order = import_woocommerce(three_of_ten(included=True)).order
    # 11.90 and 1.90 over three: the cents to spare go to the first
    assert [(line.unit_price, line.discount, line.order_discount) for line in order.lines] == [
        (1190, 0, 397),
        (1190, 0, 397),
        (1190, 0, 396),
    ]
    assert [line.taxes[0].amount for line in order.lines] == [126, 127, 127]
    assert ([order.paid_for(line) for line in order.lines], plan(order).total) == ([793, 793, 794], 2380)
    assert order.shipping is None
    order = import_woocommerce(three_of_ten(included=False)).order
    assert [line.order_discount for line in order.lines] == [334, 333, 333]
    # 10.00 - 3.34 + 1.26, 10.00 - 3.33 + 1.27
    assert ([order.paid_for(line) for line in order.lines], plan(order).total) == ([792, 794, 794], 2380)


def test_a_discount_fee_with_fractions_of_a_cent() -> None:
    raw = three_of_ten(included=True)
    raw["fee_lines"][0] |= {"total": "-10.00", "taxes": [{"id": 1, "total": "-1.904"}]}
    for line in raw["line_items"]:
        line["taxes"] = [{"id": 1, "total": "1.9007"}]
    # 3 x 1.9007 - 1.904 = 3.7981
    order = import_woocommerce(raw).order
    assert (sum(line.taxes[0].amount for line in order.lines), order.total) == (380, 2380)


def test_a_discount_fee_beside_a_coupon_and_one_that_was_paid() -> None:
    raw = untaxed((2, "9.00", "18.00"), (1, "12.00", "12.00")) | {"total": "26.00", "coupon_lines": [{"code": "ten"}]}
    raw["line_items"][0]["subtotal"] = "20.00"
    raw["fee_lines"] = [{"id": 1, "name": "Off", "total": "-5.00"}, {"id": 2, "name": "Wrap", "total": "1.00"}]
    order = import_woocommerce(raw).order
    # 5.00 over 18.00 and 12.00, and 2.00 of the coupon
    assert [line.order_discount for line in order.lines] == [500, 200]
    assert ([order.paid_for(line) for line in order.lines], order.paid_for(order.shipping)) == ([1500, 1000], 100)


# ── Kits, and how figures are written ────────────────────────────────────────────────────────────────────────────────


def test_a_bundle_is_worth_what_its_lines_say() -> None:
    raw = untaxed((1, "30.00", "30.00"), (1, "0.00", "0.00"), (2, "5.00", "10.00")) | {"total": "40.00"}
    box, first, second = raw["line_items"]
    box |= {"bundled_items": [2, 3], "bundled_by": ""}
    first |= {"bundled_by": 1}
    second |= {"bundled_by": 1}
    order = import_woocommerce(raw).order
    assert [plan(order, units).total for units in ({"1": 1}, {"2": 1}, {"3": 1})] == [3000, 0, 500]
    assert plan(order).total == 4000


def test_figures_may_have_an_exponent() -> None:
    raw = woo()
    raw["line_items"][0] |= {"total": "6e0", "subtotal": "0.6E+1"}
    raw["line_items"][0]["taxes"][0]["total"] = "45e-2"
    assert import_woocommerce(raw | {"total": "2.935E+1"}).order == import_woocommerce(woo()).order


def test_the_id_of_a_rate_may_be_a_text() -> None:
    raw = woo()
    raw["tax_lines"][0]["rate_id"] = "75"
    assert import_woocommerce(raw).order == import_woocommerce(woo()).order


def test_titles_keep_their_letters() -> None:
    raw = woo()
    raw["line_items"][0]["name"] = "Grüner Tee – 緑茶 &#8211; 250&nbsp;g"
    assert import_woocommerce(raw).order.lines[0].title == "Grüner Tee – 緑茶 – 250\u00a0g"


def test_tax_without_its_rates_is_that_of_the_lines() -> None:
    raw = woo() | {"tax_lines": []}
    for line in raw["line_items"]:
        line["taxes"] = []
    order = import_woocommerce(raw).order
    assert [(tax.name, tax.rate, tax.amount) for line in order.lines for tax in line.taxes] == [
        ("Tax", "0.075", 45),
        ("Tax", "0.075", 90),
    ]
    raw["line_items"][0]["total_tax"] = "0.46"
    assert refused(lambda: import_woocommerce(raw)).field == "tax_total"
    raw["shipping_lines"][0]["total_tax"] = "0.75"
    raw["line_items"][0]["total_tax"] = "0.45"
    order = import_woocommerce(raw | {"shipping_tax": "0.75", "total_tax": "2.10", "total": "30.10"}).order
    assert (order.paid_for(order.shipping), plan(order).total) == (1075, 3010)


def test_prices_of_which_nothing_is_said_are_before_tax() -> None:
    raw = woo()
    del raw["prices_include_tax"]
    assert import_woocommerce(raw).order == import_woocommerce(woo() | {"prices_include_tax": False}).order
