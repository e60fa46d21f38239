"""Shopify orders that were paid in another currency than the shop sells in."""

from __future__ import annotations

import pytest

from activities.storefront.shopify import import_shopify
from tests.storefront.payloads import (
    Json,
    plain,
    refused,
    transaction,
)


def both(shop: str, paid: str) -> Json:
    return {
        "shop_money": {"amount": shop, "currency_code": "USD"},
        "presentment_money": {"amount": paid, "currency_code": "JPY"},
    }


def in_yen() -> Json:
    """181.09 USD, charged as 27,164 JPY: 29,850 less 2,686."""
    raw = plain() | {"presentment_currency": "JPY"}
    raw["line_items"][0] |= {"price_set": both("199.00", "29850")}
    raw["line_items"][0]["discount_allocations"][0] |= {"amount_set": both("17.91", "2686")}
    return raw | {"total_price_set": both("181.09", "27164"), "total_tax_set": both("0.00", "0")}


def test_amounts_are_those_that_the_shopper_was_charged() -> None:
    raw = in_yen()
    raw["transactions"] = [transaction(1, "sale", "27164", currency="JPY")]
    order = import_shopify(raw).order
    assert (order.currency, order.total, order.shop_currency) == ("JPY", 27164, "USD")
    # 181.09 / 27164
    assert order.exchange_rate == "0.006666543955"
    assert (order.lines[0].unit_price, order.lines[0].order_discount) == (29850, 2686)
    assert [(one.captured, one.step) for one in order.tenders] == [(27164, 1)]
    assert import_shopify(plain()).order.exchange_rate is None


def test_an_order_of_nothing_has_no_rate() -> None:
    raw = in_yen()
    raw["line_items"][0]["discount_allocations"][0]["amount_set"] = both("199.00", "29850")
    raw |= {"total_price": "0.00", "total_price_set": both("0.00", "0")}
    order = import_shopify(raw).order
    assert (order.total, order.shop_currency, order.exchange_rate) == (0, "USD", None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"total_price_set": None}, "total_price_set"),
        ({"total_price_set": {"shop_money": {"amount": "1"}}}, "total_price_set.presentment_money"),
        ({"total_price_set": both("181.09", "27163")}, "total_price"),
        ({"total_price_set": both("181.09", "27164.50")}, "total_price_set.presentment_money.amount"),
        ({"transactions": [transaction(1, "sale", "181.09", currency="USD")]}, "transactions.0.currency"),
        ({"total_tip_received": "5.00"}, "total_tip_received_set"),
        ({"presentment_currency": "EUR"}, "total_price_set.presentment_money.currency_code"),
    ],
)
def test_presentment_money_that_is_not_there(changes: Json, field: str) -> None:
    raw = in_yen() | changes
    assert refused(lambda: import_shopify(raw)).field == field
