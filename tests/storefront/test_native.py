"""Orders in our own format."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from activities.storefront.importers import read_order
from activities.storefront.native import import_native, order_schema
from domain.order import TenderKind
from tests.storefront.payloads import DELIVERED, ROOT, TWO_RATES, Json, plain, plan, refused, two_rates

SCHEMA = ROOT / "docs" / "order.schema.json"


def test_the_embedded_order_in_our_own_format() -> None:
    imported = read_order(TWO_RATES.read_text())
    order = imported.order
    # the discount of 10.00 over 38.70 + 24.90 + 49.95 = 113.55: 3.408, 2.193, 4.399; the two spare cents go to .99, .81
    assert [line.order_discount for line in order.lines] == [341, 219, 440]
    assert [order.paid_for(line) for line in order.lines] == [3529, 2271, 4555]
    # 35.29 * 19/119 = 5.63, 22.71 * 7/107 = 1.49, 45.55 * 19/119 = 7.27, 4.95 * 19/119 = 0.79
    assert [line.taxes[0].amount for line in order.lines] == [563, 149, 727]
    assert order.shipping is not None
    assert order.shipping.taxes[0].amount == 79
    assert order.total == 10850
    assert imported.contact.name == "Mara Musterfrau"
    assert plan(order).total == 10850


def test_payment_and_delivery_can_be_named_at_the_import() -> None:
    raw = two_rates()
    for tenders in (None, [], [{"id": "unlinked", "kind": "unknown", "captured": 10850}]):
        raw["order"]["tenders"] = tenders
        order = read_order(json.dumps(raw), payment="pi_new", delivered_at=DELIVERED).order
        assert [(one.id, one.kind, one.captured) for one in order.tenders] == [("pi_new", TenderKind.CARD, 10850)]
        assert {line.delivered_at for line in order.lines} == {DELIVERED}
    assert import_native(two_rates(), payment="pi_demo_two_rates") == import_native(two_rates())
    del raw["order"]["tenders"]
    assert refused(lambda: import_native(raw)).field == "order.tenders"


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        (["extra"], 1, "extra", "not known here"),
        (["order", "totl"], 1, "order.totl", "not known here"),
        (["order", "lines", 0, "taxes", 0, "percent"], 19, "order.lines.0.taxes.0.percent", "not known here"),
        (["contact", "fax"], "1", "contact.fax", "not known here"),
        (["format"], "backhaul.order/2", "format", "backhaul.order/1"),
        (["order", "lines", 1, "quantity"], -1, "order.lines.1.quantity", ": at least 1 is expected$"),
        (["order", "lines", 1, "unit_price"], 24.9, "order.lines.1.unit_price", ": a whole number is expected$"),
        (["order", "currency"], "XXQ", "order", "ISO 4217"),
        (["order", "total"], 10851, "order", "total is 10851, but lines, duties, shipping and tip add up to 10850"),
        (["order", "placed_at"], "yesterday", "order.placed_at", ": a date and time is expected, such as"),
        (["order", "placed_at"], "2026-11-06T12:00:00", "order.placed_at", "needs a time zone"),
        (["order", "currency"], "eur", "order.currency", "three capital letters, such as EUR"),
        (["order", "id"], "a b", "order.id", ": an id has 1 to 64 letters"),
        (["order", "country"], "de", "order.country", "two capital letters, such as DE"),
        (["order", "exchange_rate"], "1,08", "order.exchange_rate", "such as 1.0825"),
        (["order", "lines", 0, "taxes", 0, "rate"], "19%", "order.lines.0.taxes.0.rate", "such as 0.19"),
        (["order", "lines", 0, "exclusions"], ["old"], "order.lines.0.exclusions.0", "'final_sale', .* is expected"),
        (["order", "prices_include_tax"], "maybe", "order.prices_include_tax", ": true or false is expected$"),
        (["order", "total"], 10**16, "order.total", ": at most 1000000000000000 is expected$"),
        (["order", "lines"], [], "order.lines", "it is empty"),
        (["order", "lines"], 5, "order.lines", ": a list is expected$"),
        (["order"], 5, "order", ": an object is expected$"),
        (["contact", "customer_id"], "someone", "contact.customer_id", "cust-2041"),
        (["contact"], None, "contact", ": an object is expected$"),
    ],
)
def test_our_own_orders_that_are_refused(path: list[str | int], value: object, field: str, words: str) -> None:
    raw: Any = two_rates()
    where = raw
    for step in path[:-1]:
        where = where[step]
    where[path[-1]] = value
    error = refused(lambda: read_order(json.dumps(raw)))
    assert error.field == field
    assert re.search(words, error.message)


def test_the_published_schema_is_the_models_own() -> None:
    command = "python -m activities.storefront.native > docs/order.schema.json"
    assert json.loads(SCHEMA.read_text()) == order_schema(), f"the schema has drifted; refresh it: {command}"


def test_the_schema_takes_what_we_take_and_refuses_what_we_refuse() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    assert judge.is_valid(two_rates())
    misspelt, cents = two_rates(), two_rates()
    misspelt["order"]["shiping"] = None
    cents["order"]["total"] = 108.5
    for wrong in (misspelt, cents, plain()):
        assert not judge.is_valid(wrong)


def test_everything_that_an_order_may_say() -> None:
    raw = two_rates()
    raw["order"] |= {
        "tip": 200,
        "shop_currency": "USD",
        "exchange_rate": "1.0825",
        "buyer": "business",
        "refunds": [
            {
                "id": "re_1",
                "at": "2026-11-10T09:00:00Z",
                "lines": [{"line_id": "2", "quantity": 1, "gross": 2271}],
                "shipping": 100,
                "money": {"pi_1": 2371},
            }
        ],
        "total": 11350,
    }
    raw["order"]["lines"][0] |= {"duties": 300, "exclusions": ["custom_made"], "serials": ["SN-1"]}
    raw["order"]["tenders"] = [{"id": "pi_1", "kind": "card", "captured": 11350, "refunded": 2371}]
    order = read_order(json.dumps(raw)).order
    assert (order.tip, order.lines[0].duties, order.refunds[0].total) == (200, 300, 2371)
    assert plan(order).total == 11350 - 2371


def test_what_a_policy_asks_is_kept_and_parts_of_a_kit_have_what_the_kit_has() -> None:
    raw = two_rates()
    facts = {"groups": ["vip"], "since": "2024-02-29T12:00:00Z", "orders": 3, "returns": 1}
    raw["order"] |= {"country": "US", "region": "CA", "channel": "in_store", "customer": facts}
    parts = [{"title": "Mug", "unit_price": 800}, {"title": "Saucer", "unit_price": 200}]
    raw["order"]["lines"][0] |= {"category": "crockery", "tags": ["sale"], "exclusions": ["final_sale"], "parts": parts}
    order = import_native(raw).order
    assert (order.country, order.region, order.channel) == ("US", "CA", "in_store")
    assert order.customer.model_dump(mode="json") == {**facts, "groups": ["vip"]}
    assert [(one.category, one.tags, *one.exclusions) for one in order.lines[:2]] == [
        ("crockery", ("sale",), "final_sale")
    ] * 2


def test_a_kit_becomes_its_parts() -> None:
    raw = two_rates()
    raw["order"]["lines"][0]["parts"] = [
        {"sku": "MUG", "title": "Mug", "unit_price": 900},
        {"sku": "SAUCER", "title": "Saucer", "quantity": 2, "unit_price": 225},
    ]
    order = import_native(raw).order
    assert [(line.id, line.quantity, line.kit) for line in order.lines] == [
        ("1.1", 3, "1"),
        ("1.2", 6, "1"),
        ("2", 1, None),
        ("3", 1, None),
    ]
    # 35.29 was paid for three kits, two thirds of it for the mugs
    assert sum(order.paid_for(line) for line in order.lines[:2]) == 3529
    assert [sum(one.quantity for one in line.deliveries) for line in order.lines[:2]] == [3, 6]
    assert plan(order, {"1": 3}).total == 3529


def kit_of_which_one_went_back(**line: object) -> Json:
    """Two kits of 12.00, each a mug of 8.00 and two saucers of 2.00; 12.00 went back."""
    raw = two_rates()
    parts = [{"title": "Mug", "unit_price": 800}, {"title": "Saucer", "quantity": 2, "unit_price": 200}]
    kit = {"id": "K", "title": "Set", "quantity": 2, "unit_price": 1200, "parts": parts}
    refund = {"id": "re_1", "at": "2026-11-10T09:00:00Z", "lines": [line], "money": {"pi_1": line["gross"]}}
    tender = {"id": "pi_1", "kind": "card", "captured": 2400, "refunded": line["gross"]}
    raw["order"] |= {"lines": [kit], "shipping": None, "total": 2400, "tenders": [tender], "refunds": [refund]}
    return raw


@pytest.mark.parametrize(
    ("line", "expected", "left"),
    [
        # 8.00 : 4.00 was paid for mugs and saucers; what is left is one kit of 12.00
        ({"line_id": "K", "quantity": 1, "gross": 1200}, [("K.1", 1, 800), ("K.2", 2, 400)], {"K.1": 1, "K.2": 2}),
        # 9.99 as 666 and 333
        ({"line_id": "K", "quantity": 1, "gross": 999}, [("K.1", 1, 666), ("K.2", 2, 333)], {"K.1": 1, "K.2": 2}),
        ({"line_id": "K.2", "quantity": 3, "gross": 600}, [("K.2", 3, 600)], {"K.1": 2, "K.2": 1}),
    ],
)
def test_a_kit_or_its_parts_may_have_gone_back(
    line: Json, expected: list[tuple[str, int, int]], left: dict[str, int]
) -> None:
    order = import_native(kit_of_which_one_went_back(**line)).order
    assert [(one.line_id, one.quantity, one.gross) for one in order.refunds[0].lines] == expected
    rest = plan(order)
    assert {one.line_id: one.quantity for one in rest.lines} == left
    # what is left is worth 12.00, or 6.00 + 3.00 x 2.00, though only 9.99 went back for the kit before
    assert rest.total == (1800 if "." in line["line_id"] else 1200)


def test_duties_that_went_back_of_a_kit() -> None:
    # 6.01 of duties on mugs and saucers as 4.01 and 2.00; of 3.00 half a cent more went to the mugs
    raw = kit_of_which_one_went_back(line_id="K", quantity=1, gross=1200, duties=300)
    raw["order"]["lines"][0]["duties"] = 601
    raw["order"] |= {"total": 3001}
    raw["order"]["tenders"][0] |= {"captured": 3001, "refunded": 1500}
    raw["order"]["refunds"][0]["money"] = {"pi_1": 1500}
    order = import_native(raw).order
    assert [(one.line_id, one.gross, one.duties) for one in order.refunds[0].lines] == [
        ("K.1", 800, 200),
        ("K.2", 400, 100),
    ]
    assert plan(order).total == 1501


def test_duties_that_went_back_alone() -> None:
    # 10.00 and 4.00 of duties on it, of which half went back
    raw = two_rates()
    line = {"id": "1", "title": "Mug", "quantity": 2, "unit_price": 500, "duties": 400}
    back = {"line_id": "1", "quantity": 0, "gross": 0, "duties": 200}
    refund = {"id": "re_1", "at": "2026-11-10T09:00:00Z", "money": {"pi_1": 200}, "lines": [back]}
    tender = {"id": "pi_1", "kind": "card", "captured": 1400, "refunded": 200}
    raw["order"] |= {"lines": [line], "shipping": None, "total": 1400, "tenders": [tender], "refunds": [refund]}
    rest = plan(import_native(raw).order, {"1": 1})
    assert [(one.gross, one.duties) for one in rest.lines] == [(500, 100)]


@pytest.mark.parametrize(
    ("line_id", "quantity", "words"),
    [
        ("K", 3, "refund re_1: line K.1: more units went back than were bought"),
        ("K.2", 5, "refund re_1: line K.2: more units went back than were bought"),
        ("K.3", 1, "refund re_1: the order has no line K.3"),
        ("K", 10**6, ": at most 1000000 is expected$"),
    ],
)
def test_refunds_of_kits_that_are_refused(line_id: str, quantity: int, words: str) -> None:
    raw = kit_of_which_one_went_back(line_id=line_id, quantity=quantity, gross=1200)
    error = refused(lambda: import_native(raw))
    assert error.field.startswith("order")
    assert re.search(words, error.message)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"title": "Mug", "unit_price": -1}, "order.lines.0.parts.0.unit_price"),
        ({"title": "Mug", "unit_price": 1, "prize": 1}, "order.lines.0.parts.0.prize"),
        ({"title": "Mug", "unit_price": 1, "quantity": 10**6}, "order.lines.0.quantity"),
    ],
)
def test_parts_that_are_refused(part: Json, field: str) -> None:
    raw = two_rates()
    raw["order"]["lines"][0]["parts"] = [part]
    assert refused(lambda: import_native(raw)).field == field


def test_there_is_no_second_document() -> None:
    assert refused(lambda: read_order(TWO_RATES.read_text(), more="[]")).field == "transactions"
