"""The goods: counted, judged, put away, each once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt, Restock
from activities.inventory.embedded import EmbeddedInventory
from activities.inventory.items import Goods, Item
from domain.errors import KeyConflict, OverLimit, Refused, Unavailable
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Receipt, ReceivedLine
from domain.people import Person, Role
from ledger.recall import case_so_far
from tests.shop import NOW, Shop, inspection, transfers


class Warehouse(EmbeddedInventory):
    """A warehouse that remembers what it was told under which key, and can fail after having done it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Item, ...]]] = []
        self.loses_answers = 0

    def receive(self, key: str, goods: Goods) -> None:
        self._take(key, goods)

    def restock(self, key: str, goods: Goods) -> None:
        self._take(key, goods)

    def quarantine(self, key: str, goods: Goods) -> None:
        self._take(key, goods)

    def scrap(self, key: str, goods: Goods) -> None:
        self._take(key, goods)

    def _take(self, key: str, goods: Goods) -> None:
        self.told.append((key, goods.items))
        if self.loses_answers:
            self.loses_answers -= 1
            raise Unavailable("the warehouse's answer was lost")


def graded(*lines: tuple[str, int, Grade, Disposition], location: str = "main") -> Inspection:
    """An inspection of lines, each with its own grade and disposition."""
    seen = tuple(
        InspectedLine(line_id=line, quantity=quantity, grade=grade, disposition=disposition)
        for line, quantity, grade, disposition in lines
    )
    return Inspection(id="insp-1", inspected_by="bench", location=location, lines=seen)


def inspect(shop: Shop, seen: Inspection, now: datetime = NOW) -> None:
    """Record an inspection."""
    shop.inventory.record_inspection(RecordInspection(case="R-1", order_id="two-rates", inspection=seen, now=now))


def restock(rooms: InventoryActivities, seen: Inspection, now: datetime = NOW) -> None:
    """Put inspected goods away."""
    rooms.restock(Restock(case="R-1", order_id="two-rates", inspection=seen, now=now))


def stock(shop: Shop) -> dict[str, int]:
    """What is on the shelves."""
    return {one.account: one.posted for one in shop.ledger.balances("stock:")}


def test_what_arrives_leaves_the_customer(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2, "2": 1})
    due = shop.receive("R-1", {"1": 2, "2": 1})
    # inspection_days of the policy are 3 where it does not say otherwise.
    assert due == NOW + timedelta(days=3)
    entry = shop.entry("receipt:R-1:box-1")
    assert transfers(entry) == [
        ("post", "with_customer:two-rates:1", "returning:R-1:1", "UNITS", 2),
        ("post", "with_customer:two-rates:2", "returning:R-1:2", "UNITS", 1),
    ]
    assert (entry.actor, entry.at) == ("dock", NOW)
    assert (shop.units("with_customer:two-rates:1").posted, shop.units("returning:R-1:1").posted) == (1, 2)
    assert shop.pending() == []


def test_the_inspection_is_due_as_the_policy_at_the_sale_says(shop: Shop) -> None:
    shop.publish(since=NOW - timedelta(days=30), inspection_days=7)
    shop.begin("R-1", {"1": 1})
    shop.publish(since=NOW - timedelta(days=1), inspection_days=1)
    assert shop.receive("R-1", {"1": 1}) == NOW + timedelta(days=7)


def test_goods_come_in_several_boxes(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3})
    shop.receive("R-1", {"1": 1}, "box-1")
    shop.receive("R-1", {"1": 2}, "box-2")
    assert shop.units("returning:R-1:1").posted == 3


def test_one_line_counted_twice_in_a_box_is_added_up(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3})
    lines = (ReceivedLine(line_id="1", quantity=1), ReceivedLine(line_id="1", quantity=2))
    box = Receipt(id="box-1", received_by="dock", lines=lines)
    shop.inventory.record_receipt(RecordReceipt(case="R-1", order_id="two-rates", receipt=box, now=NOW))
    assert shop.units("returning:R-1:1").posted == 3


def test_the_same_box_counts_once_and_keeps_its_first_due_date(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    due = shop.receive("R-1", {"1": 1})
    assert shop.receive("R-1", {"1": 1}, now=NOW + timedelta(days=2)) == due
    assert shop.units("returning:R-1:1").posted == 1


def test_the_same_box_with_other_content_is_a_conflict(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3})
    shop.receive("R-1", {"1": 1})
    with pytest.raises(KeyConflict):
        shop.receive("R-1", {"1": 2})
    assert shop.units("returning:R-1:1").posted == 1


@pytest.mark.parametrize("units", [{"1": 3}, {"2": 1}])
def test_more_than_was_approved_is_refused(shop: Shop, units: dict[str, int]) -> None:
    shop.begin("R-1", {"1": 2})
    with pytest.raises(Refused) as no:
        shop.receive("R-1", units)
    assert no.value.code == "more_than_approved"
    assert shop.recorded() == ["order:two-rates", "decision:R-1"]


def test_what_is_recalled_of_a_receipt_can_be_sent_on(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    due = shop.receive("R-1", {"1": 2})
    known = case_so_far(shop.ledger.entries(case="R-1"))
    assert known.inspect_until == due
    # Pydantic warns where a field holds another type than it says, and warnings are errors here.
    assert type(known).model_validate_json(known.model_dump_json()) == known


def test_an_inspection_is_recorded_and_moves_nothing(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 2})
    seen = graded(("1", 1, Grade.A, Disposition.RESTOCKED), ("1", 1, Grade.D, Disposition.NOT_RESTOCKED))
    inspect(shop, seen)
    inspect(shop, seen, now=NOW + timedelta(hours=1))
    entry = shop.entry("inspection:R-1:insp-1")
    assert Inspection.model_validate(entry.facts["inspection"]) == seen
    assert (entry.actor, entry.at, entry.transfers) == ("bench", NOW, ())
    assert shop.units("returning:R-1:1").posted == 2


@pytest.mark.parametrize(
    "other",
    [
        graded(("1", 1, Grade.A, Disposition.RESTOCKED)),
        graded(("1", 2, Grade.B, Disposition.RESTOCKED)),
        graded(("1", 2, Grade.A, Disposition.NOT_RESTOCKED)),
    ],
)
def test_the_same_inspection_with_another_verdict_is_a_conflict(shop: Shop, other: Inspection) -> None:
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 2})
    inspect(shop, graded(("1", 2, Grade.A, Disposition.RESTOCKED)))
    with pytest.raises(KeyConflict):
        inspect(shop, other)


def test_every_grade_of_a_line_goes_to_its_own_place(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3, "2": 1})
    shop.receive("R-1", {"1": 3, "2": 1})
    seen = graded(
        ("1", 1, Grade.A, Disposition.RESTOCKED),
        ("1", 2, Grade.C, Disposition.PROCESSING_REQUIRED),
        ("2", 1, Grade.D, Disposition.NOT_RESTOCKED),
        location="hall-2",
    )
    restock(shop.inventory, seen)
    assert transfers(shop.entry("restock:R-1:insp-1")) == [
        ("single", "returning:R-1:1", "stock:hall-2:MUG-BLUE:restocked", "UNITS", 1),
        ("single", "returning:R-1:1", "stock:hall-2:MUG-BLUE:processing_required", "UNITS", 2),
        ("single", "returning:R-1:2", "stock:hall-2:BOOK-TEA:not_restocked", "UNITS", 1),
    ]
    assert stock(shop) == {
        "stock:hall-2:BOOK-TEA:not_restocked": 1,
        "stock:hall-2:MUG-BLUE:processing_required": 2,
        "stock:hall-2:MUG-BLUE:restocked": 1,
    }
    assert (shop.units("returning:R-1:1").posted, shop.units("returning:R-1:2").posted) == (0, 0)
    assert shop.sound()


def test_two_lines_of_the_same_item_and_grade_are_two_moves(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 2})
    same = ("1", 1, Grade.A, Disposition.RESTOCKED)
    restock(shop.inventory, graded(same, same))
    assert stock(shop) == {"stock:main:MUG-BLUE:restocked": 2}


def test_an_item_without_a_number_of_its_own_goes_by_its_line(shop: Shop) -> None:
    lines = [{**line.model_dump(), "sku": ""} for line in shop.sell().lines]
    shop.sell(lines=lines)
    shop.begin("R-1", {"2": 1})
    shop.receive("R-1", {"2": 1})
    restock(shop.inventory, inspection({"2": 1}))
    assert stock(shop) == {"stock:main:2:restocked": 1}


def test_goods_are_put_away_once(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 2})
    warehouse = Warehouse()
    rooms = InventoryActivities(warehouse, shop.snapshots, shop.policies, shop.ledger, shop.people)
    for hours in range(3):
        restock(rooms, inspection({"1": 2}), now=NOW + timedelta(hours=hours))
    came = Item(line_id="1", sku="MUG-BLUE", location="main", quantity=2)
    away = came.model_copy(update={"disposition": Disposition.RESTOCKED})
    assert warehouse.told == [("receipt:R-1:box-1", (came,)), ("restock:R-1:insp-1", (away,))]
    assert stock(shop) == {"stock:main:MUG-BLUE:restocked": 2}
    assert shop.entry("restock:R-1:insp-1").at == NOW


def test_a_lost_answer_is_asked_for_again_under_the_same_key(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 2})
    warehouse = Warehouse()
    warehouse.loses_answers = 1
    rooms = InventoryActivities(warehouse, shop.snapshots, shop.policies, shop.ledger, shop.people)
    with pytest.raises(Unavailable):
        restock(rooms, inspection({"1": 2}))
    assert stock(shop) == {}
    restock(rooms, inspection({"1": 2}))
    assert [key for key, _ in warehouse.told] == ["receipt:R-1:box-1"] * 2 + ["restock:R-1:insp-1"]
    assert stock(shop) == {"stock:main:MUG-BLUE:restocked": 2}


def test_more_than_came_back_cannot_be_put_away(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3})
    shop.receive("R-1", {"1": 1})
    warehouse = Warehouse()
    rooms = InventoryActivities(warehouse, shop.snapshots, shop.policies, shop.ledger, shop.people)
    with pytest.raises(OverLimit):
        restock(rooms, inspection({"1": 2}))
    assert stock(shop) == {}
    assert warehouse.told == []


@pytest.mark.parametrize(
    ("who", "code"), [("zoe", "person_unknown"), ("left", "person_inactive"), ("fay", "role_may_not")]
)
def test_goods_are_counted_and_graded_by_those_who_may(shop: Shop, who: str, code: str) -> None:
    shop.people.keep(Person(id="left", role=Role.WAREHOUSE, active=False))
    shop.people.keep(Person(id="fay", role=Role.FINANCE))
    shop.begin("R-1", {"1": 2})
    before = shop.recorded()
    box = Receipt(id="box-1", received_by=who, lines=(ReceivedLine(line_id="1", quantity=2),))
    with pytest.raises(Refused) as no:
        shop.inventory.record_receipt(RecordReceipt(case="R-1", order_id="two-rates", receipt=box, now=NOW))
    assert (no.value.code, who in no.value.message) == (code, True)
    assert shop.recorded() == before
    shop.receive("R-1", {"1": 2})
    with pytest.raises(Refused) as no:
        inspect(shop, inspection({"1": 2}).model_copy(update={"inspected_by": who}))
    assert no.value.code == code
    inspect(shop, inspection({"1": 2}))


def test_what_is_recorded_stays_answered_when_the_person_has_left(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    due = shop.receive("R-1", {"1": 2})
    inspect(shop, inspection({"1": 2}))
    shop.people.known.clear()
    assert shop.receive("R-1", {"1": 2}, now=NOW + timedelta(days=9)) == due
    inspect(shop, inspection({"1": 2}))
