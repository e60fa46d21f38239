"""Deliveries that are told after the import."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.delivery import keeping_deliveries, with_delivery, without_deliveries
from domain.errors import InvalidRequest
from domain.order import Delivery, Order, OrderLine, Tender, TenderKind

MONDAY, TUESDAY = datetime(2026, 11, 9, 12, tzinfo=UTC), datetime(2026, 11, 10, 12, tzinfo=UTC)


def coming(quantity: int, parcel: str | None = None) -> Delivery:
    return Delivery(quantity=quantity, parcel=parcel)


def came(quantity: int, at: datetime = MONDAY, parcel: str | None = None) -> Delivery:
    return Delivery(quantity=quantity, at=at, parcel=parcel)


def bought(*deliveries: Delivery, second: tuple[Delivery, ...] = ()) -> Order:
    """Five mugs, of which these deliveries are known, and two cups."""
    return Order(
        id="o1",
        number="B-1",
        shop="demo",
        customer_id="c1",
        currency="EUR",
        placed_at=MONDAY,
        prices_include_tax=True,
        lines=(
            OrderLine(id="1", title="Mug", quantity=5, unit_price=100, deliveries=deliveries),
            OrderLine(id="2", title="Cup", quantity=2, unit_price=100, deliveries=second),
        ),
        tenders=(Tender(id="pi_1", kind=TenderKind.CARD, captured=700),),
        total=700,
    )


def of(order: Order) -> tuple[Delivery, ...]:
    return order.lines[0].deliveries


def test_units_of_a_line_that_came() -> None:
    order = with_delivery(bought(), {"1": 2}, MONDAY)
    assert (of(order), order.lines[1].deliveries) == ((came(2),), ())
    order = with_delivery(order, {"1": 3, "2": 2}, TUESDAY, "P-2")
    assert of(order) == (came(2), came(3, TUESDAY, "P-2"))
    assert [line.delivered_at for line in order.lines] == [TUESDAY, TUESDAY]


def test_the_same_again_changes_nothing() -> None:
    for units, parcel in (({"1": 2}, None), ({"1": 2, "2": 1}, "P-1"), ({}, None), ({}, "P-1")):
        once = with_delivery(bought(coming(1, "P-1")), units, MONDAY, parcel)
        assert with_delivery(once, units, MONDAY, parcel) == once
    two = with_delivery(with_delivery(bought(), {"1": 2}, MONDAY, "P-1"), {"1": 2}, MONDAY, "P-2")
    assert of(two) == (came(2, parcel="P-1"), came(2, parcel="P-2"))


def test_units_come_out_of_their_parcel_then_out_of_none_then_out_of_others() -> None:
    # two are on their way in P-1, two in P-2, and one in no parcel that is known
    order = bought(coming(2, "P-1"), coming(2, "P-2"))
    assert of(with_delivery(order, {"1": 1}, MONDAY, "P-1")) == (
        came(1, parcel="P-1"),
        coming(1, "P-1"),
        coming(2, "P-2"),
    )
    assert of(with_delivery(order, {"1": 1}, MONDAY)) == (came(1), coming(2, "P-1"), coming(2, "P-2"))
    assert of(with_delivery(order, {"1": 4}, MONDAY, "P-1")) == (came(4, parcel="P-1"), coming(1, "P-2"))
    assert of(with_delivery(order, {"1": 5}, MONDAY)) == (came(5),)


def test_without_lines_the_parcel_that_is_known_or_everything() -> None:
    order = bought(coming(2, "P-1"), came(1), second=(coming(1, "P-1"),))
    known = with_delivery(order, {}, TUESDAY, "P-1")
    assert [line.deliveries for line in known.lines] == [
        (came(2, TUESDAY, "P-1"), came(1)),
        (came(1, TUESDAY, "P-1"),),
    ]
    assert with_delivery(known, {}, TUESDAY, "P-1") == known
    everything = with_delivery(order, {}, TUESDAY)
    assert of(everything) == (came(2, TUESDAY, "P-1"), came(1), came(2, TUESDAY))
    assert with_delivery(everything, {}, MONDAY) == everything
    new = with_delivery(bought(coming(4)), {}, MONDAY, "P-9")
    assert of(new) == (came(4, parcel="P-9"), came(1, parcel="P-9"))


@pytest.mark.parametrize(
    ("units", "parcel", "field", "words"),
    [
        ({"1": 5}, None, "line 1", "5 delivered, but of 5 bought only 4 had not come"),
        ({"9": 1}, None, "line", "has no line 9; it has 1, 2"),
        ({}, "P-1", "at", "known to have come at 2026-11-09 12:00 UTC"),
    ],
)
def test_what_cannot_be(units: dict[str, int], parcel: str | None, field: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        with_delivery(bought(came(1, parcel="P-1")), units, TUESDAY, parcel)
    assert refused.value.field == field
    assert words in refused.value.message


def test_a_newer_version_keeps_what_it_does_not_tell() -> None:
    known, told = bought(came(2), second=(came(2),)), bought(came(5, TUESDAY))
    kept = keeping_deliveries(told, known)
    assert [line.deliveries for line in kept.lines] == [(came(5, TUESDAY),), (came(2),)]
    smaller = told.model_copy(update={"lines": (told.lines[0].model_copy(update={"quantity": 1, "deliveries": ()}),)})
    assert of(keeping_deliveries(smaller, known)) == ()
    assert without_deliveries(known) == without_deliveries(told) == bought()
