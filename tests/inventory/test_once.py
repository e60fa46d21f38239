"""Whatever comes in whatever order, however often, over a line that breaks: each unit moves once, and none is lost."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.decisions import OpenReturn
from activities.inventory import RecordInspection, RecordReceipt, Restock
from domain.errors import KeyConflict, Refused, Unavailable
from domain.inspection import Disposition, InspectedLine, Inspection, Receipt, ReceivedLine
from tests.inventory.places import Story, System
from tests.inventory.test_contract import Crashing
from tests.shop import NOW, Shop, card, request

ASKED = {"1": 3, "2": 1}
SKUS = {"1": "MUG-BLUE", "2": "BOOK-TEA"}


class Box(NamedTuple):
    """One telling of a box: the same id may come again, with the same units or others."""

    id: str
    line: str
    quantity: int


boxes = st.lists(
    st.builds(Box, st.sampled_from("abc"), st.sampled_from(list(ASKED)), st.integers(1, 3)), min_size=1, max_size=6
)
judged = st.lists(st.sampled_from(list(Disposition)), min_size=4, max_size=4)


def test_each_unit_moves_once_and_none_is_lost(shop: Shop, system: System) -> None:
    numbers = count(1)
    shares = {"drop_after": 0.1, "drop_before": 0.05, "error_before": 0.05, "error_with_effect": 0.1}
    system.plan(seed=7, faults={"*": shares})
    put: Counter[tuple[str, str, str]] = Counter()

    @settings(max_examples=15)
    @given(told=boxes, verdicts=judged, crashes=st.integers(0, 2))
    def story(told: list[Box], verdicts: list[Disposition], crashes: int) -> None:
        number = next(numbers)
        order, case = f"o-{number}", f"R-{number}"
        shop.sell(id=order, tenders=[card(f"pi-{number}", 10850)])
        shop.fetch(case, ASKED, order)
        asked = request(case, ASKED, order)
        shop.decisions.open_return(OpenReturn(request=asked, order_id=order, now=NOW))
        came = counted(shop, case, order, told)
        if came:
            put.update(put_away(shop, system, case, order, came, verdicts, crashes))
        for line, sold in {"1": 3, "2": 1, "3": 1}.items():
            waits = shop.units(f"returning:{case}:{line}").posted
            assert (shop.units(f"with_customer:{order}:{line}").posted, waits) == (sold - came[line], 0)

    story()
    assert system.on_hand() == put
    on_shelves = {one.account: one.posted for one in shop.ledger.balances("stock:")}
    assert on_shelves == {":".join(("stock", *where)): units for where, units in put.items()}
    assert shop.ledger.verify().faults == ()


def counted(shop: Shop, case: str, order: str, told: list[Box]) -> Counter[str]:
    """Tell of every box; what came in the end, by line."""
    first: dict[str, Box] = {}
    came: Counter[str] = Counter()
    for box in told:
        line = ReceivedLine(line_id=box.line, quantity=box.quantity)
        receipt = Receipt(id=box.id, received_by="dock", lines=(line,))
        ask = RecordReceipt(case=case, order_id=order, receipt=receipt, now=NOW)
        known = first.get(box.id)
        possible = box.quantity <= ASKED[box.line] - came[box.line]
        try:
            shop.inventory.record_receipt(ask)
        except KeyConflict:
            assert known is not None
            assert known != box
        except Refused:
            assert known is None
            assert not possible
        else:
            assert known == box or (known is None and possible)
            if known is None:
                first[box.id] = box
                came[box.line] += box.quantity
    return came


def put_away(
    shop: Shop, system: System, case: str, order: str, came: Counter[str], verdicts: list[Disposition], crashes: int
) -> Counter[tuple[str, str, str]]:
    """Judge every unit by itself, then put them away until it has worked twice; gives what has to lie where."""
    each = [*zip(sorted(came.elements()), verdicts, strict=False)]
    lines = tuple(InspectedLine(line_id=line, quantity=1, disposition=verdict) for line, verdict in each)
    seen = Inspection(id="look", inspected_by="bench", lines=lines)
    ledger = Crashing(shop.engine)
    ledger.crashes = crashes
    rooms = Story(shop, system, ledger, case).rooms
    worked = 0
    for _ in range(200):
        try:
            rooms.record_inspection(RecordInspection(case=case, order_id=order, inspection=seen, now=NOW))
            rooms.restock(Restock(case=case, order_id=order, inspection=seen, now=NOW))
            worked += 1
        except (Unavailable, SystemExit):
            continue
        if worked == 2:
            break
    assert worked == 2
    return Counter(("main", SKUS[line], verdict.value) for line, verdict in each)
