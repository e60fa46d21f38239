"""Boxes that nobody announced: what is taken of them, and which lines of an order their items are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain.box import Box, BoxLine, BoxMatch, BoxRow, due, lines_of
from domain.inspection import ReceivedLine
from tests.domain.orders import line, order, paid

FRIDAY = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def box(**fields: Any) -> Box:
    known = {"id": "box-8", "received_by": "ann", "received_at": FRIDAY, "place": "U3"}
    return Box.model_validate(known | fields)


def row(units: int, *matched: tuple[str, int, bool]) -> BoxRow:
    lines = [{"sku": "MUG", "quantity": units}] if units else []
    matches = [
        BoxMatch(box="box-8", case=case, by="ann", at=FRIDAY, done=done, lines=_lines(count))
        for case, count, done in matched
    ]
    return BoxRow(box=box(lines=lines), due_at=due(FRIDAY, 3), matches=tuple(matches))


def _lines(count: int) -> tuple[ReceivedLine, ...]:
    return (ReceivedLine(line_id="1", quantity=count),) if count else ()


@pytest.mark.parametrize(
    "address",
    [
        "http://photos.shop.example/a.jpg",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///a.jpg",
        "https://ann:secret@photos.shop.example/a.jpg",
        "https://ann@photos.shop.example/a.jpg",
        "https://photos.shop.example/a b.jpg",
        "https://photos.shop.example/ä.jpg",
        "https://photos.shop.example/a\n.jpg",
        "https://[photos/a.jpg",
        "https://photos.shop.example/" + "a" * 1000,
        "",
    ],
)
def test_a_photo_is_named_by_a_plain_https_address_alone(address: str) -> None:
    with pytest.raises(ValidationError) as caught:
        box(photos=["https://photos.shop.example/box-8.jpg?w=800", address])
    assert [one["loc"] for one in caught.value.errors()] == [("photos", 1)]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"lines": [{"sku": f"S{number}", "quantity": 1} for number in range(10_000)]}, ("lines",)),
        ({"photos": [f"https://photos.shop.example/{number}" for number in range(21)]}, ("photos",)),
        ({"lines": [{"quantity": 1, "sku": " ", "title": ""}]}, ("lines", 0)),
        ({"lines": [{"quantity": 0, "sku": "MUG"}]}, ("lines", 0, "quantity")),
        ({"lines": [{"quantity": 1, "title": "a\x1b[2J"}]}, ("lines", 0, "title")),
        ({"place": "U" * 201}, ("place",)),
        ({"tracking_number": "1Z 999"}, ("tracking_number",)),
    ],
)
def test_what_is_too_much_or_nothing_is_refused(fields: dict[str, object], where: tuple[object, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        box(**fields)
    assert caught.value.errors()[0]["loc"] == where


def test_the_same_box_is_known_by_what_is_said_of_it_not_by_whom_or_when() -> None:
    lines = [{"sku": "MUG", "quantity": 2}]
    one = box(lines=lines)
    assert one.content == box(lines=lines, received_by="ben", received_at=FRIDAY.replace(hour=1)).content
    others = [box(), box(lines=lines, place="U4"), box(lines=lines, tracking_number="1Z9"), box(lines=lines * 2)]
    assert len({one.content, *(other.content for other in others)}) == 5
    assert (one.units, box().units) == (2, 0)


def test_it_is_due_at_the_end_of_the_third_working_day() -> None:
    # Monday the 23rd, Tuesday, Wednesday.
    assert due(FRIDAY, 3) == datetime(2026, 11, 25, 23, 59, 59, 999999, tzinfo=UTC)


def test_who_looks_and_what_is_left() -> None:
    late = due(FRIDAY, 3).replace(day=26)
    for one, left, still_open in (
        (row(3), 3, True),
        (row(3, ("R-1", 2, True)), 1, True),
        (row(3, ("R-1", 3, False)), 0, True),  # asked, and not answered yet
        (row(3, ("R-1", 2, True), ("R-2", 1, True)), 0, False),
        (row(0), 0, True),
        (row(0, ("R-1", 0, True)), 0, False),
    ):
        assert (one.left, one.open) == (left, still_open)
        assert (one.owner(FRIDAY), one.owner(late)) == (("warehouse", "ops") if still_open else ("nobody", "nobody"))
        assert one.overdue(late) is still_open
        assert not one.overdue(FRIDAY)


def test_items_become_lines_of_an_order_by_their_sku() -> None:
    skus = {"1": "MUG", "2": "BOOK", "3": "MUG", "4": ""}
    bought = order(
        *(line(name, 3, 1200).model_copy(update={"sku": sku}) for name, sku in skus.items()), tenders=[paid(14400)]
    )
    items = (BoxLine(sku="MUG", quantity=4), BoxLine(title="blue scarf", quantity=1), BoxLine(sku="PEN", quantity=2))
    found, others = lines_of(box(lines=items), bought, {"1": 1, "2": 1, "3": 2})
    assert found == {"1": 1, "3": 2}  # no more than is wanted of each
    assert [(one.sku, one.title, one.quantity) for one in others] == [
        ("MUG", "", 1), ("", "blue scarf", 1), ("PEN", "", 2),
    ]  # fmt: skip
    assert lines_of(box(), bought, {"1": 3}) == ({}, ())
