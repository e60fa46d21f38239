"""Serial numbers that come back are held against those that were sold; a wrong one is a fact, not a refusal."""

from __future__ import annotations

import pytest

from activities.inventory import RecordInspection, RecordReceipt
from domain.errors import InvalidRequest, KeyConflict
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.request import taken
from domain.serials import Discrepancy, DiscrepancyKind
from ledger.cli.told import tell
from ledger.recall import case_so_far
from ledger.story import story
from tests.shop import NOW, Shop

NOT_SOLD, OTHER_LINE, RETURNED = DiscrepancyKind
Found = list[tuple[str, str, DiscrepancyKind]]


@pytest.fixture
def serials(shop: Shop) -> Shop:
    """A shop that sold mugs 1 to 3 and the book B, and does not tell of the kettle."""
    sold = {"1": ("SN-1", "SN-2", "SN-3"), "2": ("B",)}
    lines = [{**line.model_dump(), "serials": sold.get(line.id, ())} for line in shop.sell().lines]
    shop.sell(lines=lines)
    return shop


def found(said: tuple[Discrepancy, ...]) -> Found:
    """What was wrong, in short."""
    return [(one.line_id, one.serial, one.kind) for one in said]


def receive(shop: Shop, *read: str, line: str = "1", case: str = "R-1", box: str = "box-1") -> Found:
    """A box with as many units as serial numbers were read; gives what was wrong."""
    counted = ReceivedLine(line_id=line, quantity=len(read), serials=read)
    receipt = Receipt(id=box, received_by="dock", lines=(counted,))
    ask = RecordReceipt(case=case, order_id="two-rates", receipt=receipt, now=NOW)
    return found(shop.inventory.record_receipt(ask).discrepancies)


def inspect(shop: Shop, *read: str, case: str = "R-1") -> Found:
    """The same of an inspection of line 1."""
    graded = InspectedLine(line_id="1", quantity=len(read), serials=read)
    seen = Inspection(id="insp-1", inspected_by="bench", lines=(graded,))
    ask = RecordInspection(case=case, order_id="two-rates", inspection=seen, now=NOW)
    return found(shop.inventory.record_inspection(ask).discrepancies)


def test_what_was_sold_is_right_however_it_is_written(serials: Shop) -> None:
    serials.begin("R-1", {"1": 2})
    assert receive(serials, "sn-1", " SN-3 ") == []
    assert inspect(serials, "SN-1", "SN-3") == []
    assert serials.entry("receipt:R-1:box-1").reasons == ()


def test_a_wrong_one_is_recorded_and_the_unit_counts(serials: Shop) -> None:
    serials.begin("R-1", {"1": 2})
    assert receive(serials, "SN-9", "B") == [("1", "SN-9", NOT_SOLD), ("1", "B", OTHER_LINE)]
    entry = serials.entry("receipt:R-1:box-1")
    assert entry.reasons == ("serial_not_sold", "serial_of_other_line")
    assert entry.facts["discrepancies"][0] == {"line_id": "1", "serial": "SN-9", "kind": "serial_not_sold"}
    assert serials.units("returning:R-1:1").posted == 2
    assert serials.sound()


def test_one_that_came_back_before_is_told_in_whatever_return(serials: Shop) -> None:
    serials.begin("R-1", {"1": 2})
    receive(serials, "SN-1", box="box-1")
    assert receive(serials, "SN-1", box="box-2") == [("1", "SN-1", RETURNED)]
    serials.begin("R-2", {"1": 1})
    assert receive(serials, "sn-1", case="R-2") == [("1", "sn-1", RETURNED)]
    # It was said of it when it came.
    assert inspect(serials, "sn-1", case="R-2") == [("1", "sn-1", RETURNED)]
    known = case_so_far(serials.ledger.entries(case="R-2"))
    assert found(known.discrepancies) == [("1", "sn-1", RETURNED)]


def test_of_goods_whose_serial_numbers_nobody_told_none_is_wrong(serials: Shop) -> None:
    serials.begin("R-1", {"3": 1})
    assert receive(serials, "K-1", line="3") == []


def test_the_bench_may_see_what_the_dock_did_not(serials: Shop) -> None:
    serials.begin("R-1", {"1": 1})
    serials.receive("R-1", {"1": 1})
    assert inspect(serials, "SN-9") == [("1", "SN-9", NOT_SOLD)]
    assert serials.entry("inspection:R-1:insp-1").reasons == ("serial_not_sold",)


def test_the_same_box_again_gets_the_same_answer_and_another_content_is_a_conflict(serials: Shop) -> None:
    serials.begin("R-1", {"1": 2})
    for _ in range(2):
        assert receive(serials, "SN-9", "SN-1") == [("1", "SN-9", NOT_SOLD)]
    with pytest.raises(KeyConflict):
        receive(serials, "SN-2", "SN-1")


def test_the_story_tells_of_it(serials: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    serials.begin("R-1", {"1": 1})
    receive(serials, "SN-9")
    tell(story(serials.ledger, "R-1"))
    assert "  Serial number SN-9 of line 1 was not sold on this line.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([{"line_id": "1", "quantity": 2, "serials": ["A-1", "a-1"]}], "told twice"),
        (
            [{"line_id": "1", "quantity": 1, "serials": ["A"]}, {"line_id": "2", "quantity": 1, "serials": ["A"]}],
            "twice",
        ),
        ([{"line_id": "1", "quantity": 1, "serials": ["A", "B"]}], "2 serial numbers for 1 unit;"),
        ([{"line_id": "1", "quantity": 1, "serials": ["Ann, who was angry"]}], "without spaces"),
        ([{"line_id": "1", "quantity": 1, "serials": ["x" * 101]}], "1 to 100"),
        ([{"line_id": "1", "quantity": 1, "serials": [""]}], "1 to 100"),
        ([{"line_id": "1", "quantity": 999, "serials": [f"A{n}" for n in range(501)]}], "at most 500"),
        (
            [{"line_id": str(k), "quantity": 300, "serials": [f"{k}-{n}" for n in range(300)]} for k in (1, 2)],
            "at most 500",
        ),
    ],
)
@pytest.mark.parametrize("of", [(Receipt, "received_by"), (Inspection, "inspected_by")], ids=["receipt", "inspection"])
def test_what_cannot_be_is_refused_in_words(
    of: tuple[type[Receipt | Inspection], str], lines: list[dict[str, object]], words: str
) -> None:
    model, by = of
    with pytest.raises(InvalidRequest) as wrong:
        taken(model, {"id": "x-1", by: "ann", "lines": lines})
    assert words in wrong.value.message
    assert "angry" not in wrong.value.message
