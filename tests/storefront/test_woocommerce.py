"""WooCommerce's orders: what is read out of them, and what is refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.payments.via_stripe import to_stripe
from activities.storefront.importers import read_order
from activities.storefront.tenders import step
from activities.storefront.woocommerce import import_woocommerce
from domain.money import exponent
from domain.order import Buyer, Delivery, Exclusion, TenderKind
from tests.storefront.payloads import DELIVERED, WOO, WOO_REFUND, Json, inclusive, plan, refused, woo


def meta(key: str, value: object) -> Json:
    return {"id": 1, "key": key, "value": value}


def with_fee() -> Json:
    """WooCommerce's own sample and a fee of 2.00 with 0.15 of tax: 31.50, of which 1.50 is tax."""
    fee = {"id": 400, "name": "Gift wrap &amp; card", "total": "2.00", "total_tax": "0.15"}
    raw = woo() | {"fee_lines": [{**fee, "taxes": [{"id": 75, "total": "0.15", "subtotal": ""}]}]}
    raw["tax_lines"][0]["tax_total"] = "1.50"
    return raw | {"total": "31.50", "total_tax": "1.50"}


def stripe(**more: Any) -> Json:
    return woo() | {"payment_method": "stripe", "meta_data": [meta("_stripe_intent_id", "pi_7")], **more}


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
    # half of 6.45 is 3.225
    assert plan(order, {"315": 1}).total == 323
    assert plan(order).total == 2935


def test_the_order_keeps_nothing_of_the_person() -> None:
    order = read_order(WOO.read_text()).order.model_dump_json()
    for personal in ("John", "Doe", "Market", "94103", "555"):
        assert personal not in order


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


def test_a_fee_is_a_line_that_nobody_can_return() -> None:
    order = import_woocommerce(with_fee()).order
    fee = order.lines[2]
    assert (fee.id, fee.title, fee.quantity, fee.unit_price) == ("fee-400", "Gift wrap & card", 1, 200)
    assert [(tax.name, tax.rate, tax.amount) for tax in fee.taxes] == [("State Tax", "0.075", 15)]
    assert (order.paid_for(fee), fee.exclusions) == (215, (Exclusion.FINAL_SALE,))
    assert [line.exclusions for line in order.lines[:2]] == [(), ()]
    assert (plan(order, {"315": 2}).total, plan(order).total) == (645, 3150)
    # nothing was charged
    free = woo() | {"fee_lines": [{"id": 400, "name": "Free", "total": "-0.00", "total_tax": "0.00", "taxes": []}]}
    assert import_woocommerce(free).order == import_woocommerce(woo()).order


def test_a_fee_with_tax_in_its_price() -> None:
    raw = inclusive() | {"total": "63.38", "total_tax": "8.01"}
    raw["fee_lines"] = [{"id": 4, "name": "Fee", "total": "1.00", "taxes": [{"id": 1, "total": "0.19"}]}]
    raw["tax_lines"][0]["tax_total"] = "5.75"
    fee = import_woocommerce(raw).order.lines[2]
    assert (fee.unit_price, fee.discount, fee.order_discount, fee.taxes[0].amount) == (119, 0, 0, 19)


def test_money_for_a_fee_stays_with_the_fee() -> None:
    row = {"id": 9, "name": "Gift wrap &amp; card", "total": "-2.00", "total_tax": "-0.15", "meta_data": []}
    for named in (row, row | {"name": "", "meta_data": [meta("_refunded_item_id", "400")]}):
        back = refund(amount="2.15", line_items=[], shipping_lines=[], fee_lines=[named])
        order = import_woocommerce(with_fee(), back).order
        assert [(one.line_id, one.quantity, one.gross) for one in order.refunds[0].lines] == [("fee-400", 0, 215)]
        assert (plan(order, {"315": 2}).total, plan(order, {"fee-400": 1}).total) == (645, 0)
    other = refund(line_items=[], fee_lines=[row | {"name": "Other"}])
    assert refused(lambda: import_woocommerce(with_fee(), other)).field == "refund.fee_lines.0.meta_data"


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "tender_id", "kind"),
    [
        ({}, "pi_7", TenderKind.CARD),
        ({"meta_data": [meta("_stripe_charge_id", "ch_7"), meta("_intent_id", "pi_8")]}, "pi_8", TenderKind.CARD),
        ({"meta_data": [meta("_stripe_charge_id", "ch_7")]}, "ch_7", TenderKind.CARD),
        ({"meta_data": [meta("_stripe_intent_id", ["pi_7"])], "transaction_id": "ch_9"}, "ch_9", TenderKind.CARD),
        ({"meta_data": [], "transaction_id": "py_7"}, "py_7", TenderKind.CARD),
        ({"meta_data": [meta("_charge_id", "tok_7")], "transaction_id": "pi_7"}, "pi_7", TenderKind.CARD),
        ({"meta_data": []}, "unlinked", TenderKind.UNKNOWN),
        (
            {"meta_data": [], "payment_method": "ppcp", "transaction_id": "8AB12345CD678901E"},
            "unlinked",
            TenderKind.UNKNOWN,
        ),
        ({"date_paid_gmt": None, "date_paid": None, "status": "pending"}, "unlinked", TenderKind.UNKNOWN),
        ({"payment_method": "cod"}, "cod-727", TenderKind.CASH_ON_DELIVERY),
        (
            {"payment_method": "cod", "date_paid_gmt": None, "date_paid": None, "status": "processing"},
            "unlinked",
            TenderKind.UNKNOWN,
        ),
        (
            {"payment_method": "cod", "date_paid_gmt": None, "date_paid": None, "status": "completed"},
            "cod-727",
            TenderKind.CASH_ON_DELIVERY,
        ),
        ({"payment_method": "cheque"}, "cheque-727", TenderKind.BANK),
    ],
)
def test_what_was_paid_with(changes: Json, tender_id: str, kind: TenderKind) -> None:
    (tender,) = import_woocommerce(stripe(**changes)).order.tenders
    assert (tender.id, tender.kind, tender.captured) == (tender_id, kind, 2935)


def test_a_payment_is_linked_where_none_is_told() -> None:
    assert import_woocommerce(stripe(meta_data=[]), payment="pi_5").order.tenders[0].id == "pi_5"
    assert import_woocommerce(stripe(), payment="pi_7") == import_woocommerce(stripe())
    assert refused(lambda: import_woocommerce(stripe(), payment="pi_5")).field == "payment"
    elsewhere = stripe(meta_data=[], payment_method="ppcp", transaction_id="8AB12345CD678901E", refunds=[refund()])
    (unlinked,) = import_woocommerce(elsewhere).order.tenders
    assert (unlinked.id, unlinked.kind, unlinked.refunded) == ("unlinked", TenderKind.UNKNOWN, 1323)
    (linked,) = import_woocommerce(elsewhere, payment="pi_5").order.tenders
    assert (linked.id, linked.kind, linked.refunded) == ("pi_5", TenderKind.CARD, 1323)
    # the name of a payment elsewhere does not make it a card
    (other,) = import_woocommerce(elsewhere, payment="8AB12345CD678901E").order.tenders
    assert other.kind is TenderKind.UNKNOWN
    unpaid = stripe(date_paid_gmt=None, date_paid=None, status="pending")
    assert refused(lambda: import_woocommerce(unpaid, payment="pi_5")).field == "date_paid_gmt"


@pytest.mark.parametrize("currency", ["BHD", "EUR", "ISK", "JOD", "JPY", "KWD", "MGA", "OMR", "TND", "UGX", "USD"])
def test_stripe_can_pay_the_smallest_step_of_a_card(currency: str) -> None:
    smallest = step(TenderKind.CARD, currency)
    # three decimals at Stripe end in 0; all else is checked by to_stripe itself
    assert to_stripe(smallest, currency) % (10 if exponent(currency) == 3 else 1) == 0
    assert step(TenderKind.GIFT_CARD, currency) == 1


def test_a_business_is_one_with_a_vat_number() -> None:
    raw = woo()
    raw["billing"]["company"] = "Doe Ltd"
    assert import_woocommerce(raw).order.buyer is Buyer.CONSUMER
    raw["meta_data"] = [meta("_billing_vat_number", "DE123456789")]
    assert import_woocommerce(raw).order.buyer is Buyer.BUSINESS


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def untaxed(*lines: tuple[int, str, str]) -> Json:
    """An order without tax and shipping: quantity, price and total of every line."""
    raw = woo() | {"total_tax": "0.00", "tax_lines": [], "shipping_lines": [], "shipping_total": "0.00"}
    sample = raw["line_items"][0] | {"taxes": [], "meta_data": []}
    raw["line_items"] = [
        {**sample, "id": number, "quantity": quantity, "price": price, "subtotal": total, "total": total}
        for number, (quantity, price, total) in enumerate(lines, start=1)
    ]
    return raw


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


# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
        (
            {"fee_lines": [{"id": 4, "total": "-2.00"}]},
            "fee_lines.0.total",
            "-2.00 is a negative fee; it is a discount",
        ),
        ({"fee_lines": [{"id": 4, "total": "0.00", "total_tax": "-0.38"}]}, "fee_lines.0.total_tax", "negative fee"),
        ({"fee_lines": [{"id": 4, "total": "2.00"}]}, "total", "says 29.35 USD, .* add up to 31.35 USD"),
        ({"fee_lines": [{"id": "4", "total": "2.00"}], "total": "31.35"}, "fee_lines.0.id", "whole number"),
        ({"line_items": []}, "tax_lines.0.tax_total", "add up to 0.00 USD"),
        ({"date_created_gmt": None, "date_created": None}, "date_created_gmt", "date"),
        ({"customer_id": "x"}, "customer_id", "whole number"),
        ({"id": None}, "id", "whole number"),
        ({"meta_data": 5}, "meta_data", "a list"),
        ({"billing": {"first_name": "\ud800"}}, "billing", "characters that do not exist"),
        ({"transaction_id": "pi_a b", "payment_method": "stripe"}, "transaction_id", "an id has 1 to 64 letters"),
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
        ({"total": "6e0"}, "total"),
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
    assert refused(lambda: import_woocommerce(raw)).field == "tax_lines.0.tax_total"
