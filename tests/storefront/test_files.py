"""Files and formats."""

from __future__ import annotations

import json

import pytest

from activities.storefront.importers import read_order
from tests.storefront.payloads import SHOPIFY, TWO_RATES, WOO, plain, refused


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
        ('{"order": {"id": 1}}', "neither Shopify's nor WooCommerce's JSON, nor ours"),
    ],
)
def test_files_that_are_no_order(text: str, words: str) -> None:
    error = refused(lambda: read_order(text))
    assert error.field == "file"
    assert words in str(error)


def test_a_list_of_one_order_is_that_order() -> None:
    for text in (json.dumps({"orders": [plain()]}), json.dumps([plain()])):
        assert read_order(text) == read_order(SHOPIFY.read_text())
    assert read_order(f"[{WOO.read_text()}]", "woocommerce") == read_order(WOO.read_text())
    error = refused(lambda: read_order(json.dumps({"orders": [plain(), plain()]})))
    assert (error.field, "2 orders" in error.message) == ("file", True)


def test_the_format_is_found_or_told() -> None:
    text = SHOPIFY.read_text()
    assert read_order(text) == read_order("\ufeff" + text, "shopify")
    assert read_order(json.dumps(plain())) == read_order(text)
    assert read_order(TWO_RATES.read_text()) == read_order(TWO_RATES.read_text(), "backhaul")
    assert read_order(WOO.read_text()) == read_order(WOO.read_text(), "woocommerce")
    assert refused(lambda: read_order(text, "woocommerce")).field == "order"
    assert refused(lambda: read_order(WOO.read_text(), "shopify")).field == "order"
    assert refused(lambda: read_order(text, "backhaul")).field == "format"
    assert refused(lambda: read_order(TWO_RATES.read_text(), "shopify")).field == "order"
    assert refused(lambda: read_order(text, "magento")).field == "format"  # type: ignore[arg-type]  # from a command line


def test_the_second_document_is_read_as_carefully() -> None:
    for text in ("", "[" * 100_000, '[{"amount": NaN}]'):
        assert refused(lambda text=text: read_order(SHOPIFY.read_text(), more=text)).field == "transactions"  # type: ignore[misc]
    assert refused(lambda: read_order(SHOPIFY.read_text(), more="5")).field == "transactions"
