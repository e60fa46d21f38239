"""An order whose figures do not agree is no order."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.order import Order

LINE: dict[str, object] = {
    "id": "1",
    "title": "Mug",
    "quantity": 2,
    "unit_price": 1000,
    "discount": 100,
    "taxes": [{"name": "VAT", "rate": "0.19", "amount": 303}],
}


def order(**changes: object) -> Order:
    """2 x 10.00 - 1.00 + 4.90 shipping = 23.90 EUR, tax within."""
    fields: dict[str, object] = {
        "id": "1",
        "number": "#1",
        "shop": "demo",
        "customer_id": "c1",
        "currency": "EUR",
        "placed_at": "2026-11-02T10:00:00Z",
        "prices_include_tax": True,
        "lines": [LINE],
        "shipping": {"price": 490},
        "tenders": [{"id": "pi_1", "kind": "card", "captured": 2390}],
        "total": 2390,
    }
    return Order.model_validate(fields | changes)


def test_what_was_paid_for_a_line() -> None:
    inclusive = order()
    assert inclusive.paid_for(inclusive.lines[0]) == 1900
    assert inclusive.paid_for(inclusive.shipping) == 490
    # without tax in the price, it comes on top: 1900 + 303 + 490
    exclusive = order(prices_include_tax=False, total=2693, tenders=[{"id": "pi_1", "kind": "card", "captured": 2693}])
    assert exclusive.paid_for(exclusive.lines[0]) == 2203


def test_an_order_can_be_read_again() -> None:
    assert Order.model_validate_json(order().model_dump_json()) == order()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"total": 2391}, "total is 2391, but lines, duties, shipping and tip add up to 2390"),
        ({"tenders": [{"id": "p", "kind": "card", "captured": 2389}]}, "the tenders captured 2389"),
        ({"currency": "XXQ"}, "no currency of ISO 4217"),
        ({"lines": [LINE, LINE]}, "two of them have the same id"),
        ({"lines": [LINE | {"id": "shipping"}]}, "taken by what was paid for it"),
        ({"lines": [LINE | {"discount": 2001}]}, "discounts of 2001 are more than the line costs"),
        ({"lines": [LINE | {"quantity": 0}]}, "greater than or equal to 1"),
        ({"lines": [LINE | {"quantity": -2}]}, "greater than or equal to 1"),
        ({"lines": [LINE | {"unit_price": 10.0}]}, "valid integer"),
        ({"lines": [LINE | {"unit_price": "1000"}]}, "valid integer"),
        ({"lines": [LINE | {"unit_price": True}]}, "valid integer"),
        ({"lines": []}, "at least 1 item"),
        # tax inside a price of 19.00 cannot be 19.01: the net would be negative
        ({"lines": [LINE | {"taxes": [{"name": "VAT", "rate": "0.19", "amount": 1901}]}]}, "taxes of 1901 are more"),
        ({"shipping": {"price": 490, "taxes": [{"name": "VAT", "rate": "0.19", "amount": 491}]}}, "shipping: taxes"),
        ({"shipping": {"price": 490, "discount": 491}}, "more than shipping costs"),
        ({"placed_at": "2026-11-02T10:00:00"}, "timezone"),
        ({"tenders": [{"id": "p", "kind": "card", "captured": 2390, "refunded": 2391}]}, "more than captured"),
    ],
)
def test_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        order(**changes)


def refunded(money: dict[str, int], *lines: tuple[str, int]) -> dict[str, object]:
    """An order of which 10.00 went back, with one refund that tells of it."""
    rows = [{"line_id": line_id, "quantity": quantity, "gross": 100} for line_id, quantity in lines]
    refund = {"id": "e1", "at": "2026-11-03T10:00:00Z", "lines": rows, "money": money}
    return {"refunds": [refund], "tenders": [{"id": "pi_1", "kind": "card", "captured": 2390, "refunded": 1000}]}


def test_duties_and_tip_are_part_of_the_total() -> None:
    paid = [{"id": "pi_1", "kind": "card", "captured": 2840}]
    bought = order(lines=[LINE | {"duties": 250}], tip=200, total=2840, tenders=paid)
    assert bought.paid_for(bought.lines[0]) == 1900
    with pytest.raises(ValidationError, match="lines, duties, shipping and tip add up to 2840"):
        order(lines=[LINE | {"duties": 250}], tip=200, total=2841, tenders=paid)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (refunded({"pi_1": 1001}), "refund e1: tender pi_1: the refunds add up to more than was refunded"),
        (refunded({"pi_9": 1}), "refund e1: the order has no tender pi_9"),
        (refunded({}, ("9", 1)), "refund e1: the order has no line 9"),
        (refunded({}, ("1", 2), ("1", 1)), "refund e1: line 1: more units went back than were bought"),
        ({"lines": [LINE | {"id": "tip"}]}, "the id 'tip' is taken"),
        ({"lines": [LINE | {"duties": -1}]}, "greater than or equal to 0"),
        ({"tip": 1}, "add up to 2391"),
    ],
)
def test_earlier_refunds_and_extras_that_cannot_be(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        order(**changes)


def test_earlier_refunds_within_the_sale() -> None:
    assert order(**refunded({"pi_1": 999}, ("1", 1), ("1", 1))).refunds[0].total == 999
