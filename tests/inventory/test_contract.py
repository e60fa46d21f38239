"""What everybody promises who keeps the stock, held against each of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import KeyConflict, Refused
from domain.inspection import VERB_OF, Disposition, InspectedLine, Inspection, StockVerb
from ledger import JournalEntry, NewEntry
from ledger.store import SqlLedger
from tests.inventory.places import Place, Story
from tests.shop import Shop, inspection


class Crashing(SqlLedger):
    """A ledger that the process does not live to write to, so many times."""

    crashes = 1

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        """Die before it is written."""
        if self.crashes and entry.key.startswith(("restock", "set_")):
            self.crashes -= 1
            raise SystemExit
        return super().append(entry, seen=seen)


def test_every_disposition_means_one_verb() -> None:
    assert set(VERB_OF) == set(Disposition)
    assert [one for one in Disposition if VERB_OF[one] is StockVerb.RESTOCK] == [Disposition.RESTOCKED]


def test_each_unit_goes_where_its_disposition_says(shop: Shop, place: Place) -> None:
    story = Story(shop, place)
    story.arrive({"1": 3, "2": 1, "3": 1})
    seen = (
        InspectedLine(line_id="1", quantity=1),
        InspectedLine(line_id="1", quantity=1, disposition=Disposition.REFURBISH),
        InspectedLine(line_id="1", quantity=1, disposition=Disposition.MISSING),
        InspectedLine(line_id="2", quantity=1, disposition=Disposition.DONATE, location="hall-2"),
        InspectedLine(line_id="3", quantity=1, disposition=Disposition.QUARANTINE),
    )
    story.judge(Inspection(id="insp-1", inspected_by="bench", lines=seen))
    assert place.on_hand() == {
        ("main", "MUG-BLUE", "restocked"): 1,
        ("main", "MUG-BLUE", "refurbish"): 1,
        ("main", "MUG-BLUE", "missing"): 1,
        ("hall-2", "BOOK-TEA", "donate"): 1,
        ("main", "KETTLE-1L", "quarantine"): 1,
    }
    assert shop.sound()


def test_whatever_is_said_again_counts_once(shop: Shop, place: Place) -> None:
    story = Story(shop, place)
    story.arrive({"1": 2})
    for _ in range(3):
        shop.receive("R-1", {"1": 2})
        story.judge(inspection({"1": 2}))
    assert place.on_hand() == {("main", "MUG-BLUE", "restocked"): 2}
    assert shop.units("with_customer:two-rates:1").posted == 1
    assert shop.sound()


def test_a_crash_between_the_call_and_the_journal_moves_nothing_twice(shop: Shop, place: Place) -> None:
    story = Story(shop, place, Crashing(shop.engine))
    story.arrive({"1": 2})
    with pytest.raises(SystemExit):
        story.judge(inspection({"1": 2}))
    again = Story(shop, place)
    again.judge(inspection({"1": 2}))
    assert place.on_hand() == {("main", "MUG-BLUE", "restocked"): 2}
    assert [one.amount for one in shop.entry("restock:R-1:insp-1").transfers] == [2]


def test_what_is_set_aside_is_nobody_elses_until_it_is_set_free(shop: Shop, place: Place) -> None:
    place.give("HAT", 3)
    mine, other = Story(shop, place), Story(shop, place, case="R-2")
    mine.set_aside("HAT", 2)
    before = shop.recorded()
    with pytest.raises(Refused) as no:
        other.set_aside("HAT", 2)
    assert no.value.code == "out_of_stock"
    assert shop.recorded() == before
    other.set_aside("HAT", 1)
    assert place.on_hand() == {}
    mine.set_free()
    assert place.on_hand() == {("main", "HAT", "restocked"): 2}
    other.set_aside("HAT", 2, number=2)
    assert place.on_hand() == {}
    assert shop.sound()


def test_setting_aside_and_free_count_once(shop: Shop, place: Place) -> None:
    place.give("HAT", 3)
    story = Story(shop, place)
    for _ in range(2):
        story.set_aside("HAT", 2)
    assert place.on_hand() == {("main", "HAT", "restocked"): 1}
    with pytest.raises(KeyConflict):
        story.set_aside("HAT", 1)
    for _ in range(2):
        story.set_free()
    assert place.on_hand() == {("main", "HAT", "restocked"): 3}
    with pytest.raises(Refused) as no:
        story.set_free(number=2)
    assert no.value.code == "not_set_aside"


@pytest.mark.parametrize("crash_at", ["set_aside", "set_free"])
def test_a_crash_while_setting_aside_or_free_is_made_good(shop: Shop, place: Place, crash_at: str) -> None:
    place.give("HAT", 3)
    crashing = Story(shop, place, Crashing(shop.engine))
    if crash_at == "set_free":
        Story(shop, place).set_aside("HAT", 2)
    with pytest.raises(SystemExit):
        crashing.set_aside("HAT", 2) if crash_at == "set_aside" else crashing.set_free()
    crashing.set_aside("HAT", 2)
    crashing.set_free()
    assert place.on_hand() == {("main", "HAT", "restocked"): 3}
    assert shop.pending() == []


def test_many_at_once_never_get_more_than_there_is(shop: Shop, place: Place) -> None:
    place.give("HAT", 3)
    start = threading.Barrier(6)

    def one(number: int) -> bool:
        start.wait(10)
        try:
            Story(shop, place, case=f"R-{number}").set_aside("HAT", 1)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(one, range(6))) == 3
    assert place.on_hand() == {}
    assert shop.sound()
