"""The label is looked at as a printer and a scanner would: drawn, read back, and measured."""

from __future__ import annotations

from itertools import combinations

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from activities.labels import LabelRequest
from activities.labels.embedded import tracking_number
from activities.labels.pdf import render_label
from tests.labels.requests import FOREIGN, KEY, LONG, NOBODY, NOW, REQUEST

NUMBER = tracking_number(KEY)
ALL = pytest.mark.parametrize("request_", [REQUEST, LONG, FOREIGN, NOBODY], ids=["plain", "long", "foreign", "nobody"])


def page(request_: LabelRequest, number: str = NUMBER) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(render_label(request_, number, "Backhaul Post", NOW))
    assert len(document) == 1
    return document[0]


def text(request_: LabelRequest) -> str:
    return str(page(request_).get_textpage().get_text_range())


def codes(drawn: pypdfium2.PdfPage, scale: float) -> dict[str, str]:
    return {code.format.name: code.text for code in zxingcpp.read_barcodes(drawn.render(scale=scale).to_pil())}


@ALL
@pytest.mark.parametrize("dpi", [150, 203, 300])
def test_scanners_read_both_codes(request_: LabelRequest, dpi: int) -> None:
    assert codes(page(request_), dpi / 72) == {"Code128": NUMBER, "QRCode": NUMBER}


@pytest.mark.parametrize(
    "number", ["7", "A", "BH1", "JD0146000078-1234.x", "9400100208303109505688", "99" * 20, "991", "99A7"]
)
def test_numbers_of_other_carriers_are_read_too(number: str) -> None:
    assert codes(page(REQUEST, number), 4) == {"Code128": number, "QRCode": number}


def test_it_is_one_a6_page_that_says_everything() -> None:
    width, height = page(REQUEST).get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (105, 148)
    said = text(REQUEST)
    for expected in (*REQUEST.sender, *REQUEST.receiver, "R-1001", "#2001", NUMBER, "Backhaul Post", "2026-11-21"):
        assert expected in said
    assert "cannot print" not in said


@ALL
def test_nothing_overlaps_or_leaves_the_page(request_: LabelRequest) -> None:
    drawn = page(request_)
    width, height = drawn.get_size()
    words = drawn.get_textpage()
    boxes = [words.get_rect(index) for index in range(words.count_rects())]
    shapes = [item.get_bounds() for item in drawn.get_objects(filter=[2])]
    assert shapes
    for left, bottom, right, top in boxes:
        assert left >= 14
        assert bottom >= 5
        assert right <= width - 14
        assert top <= height - 14
    for one, other in combinations(boxes, 2):
        assert not _overlap(one, other)
    for one in boxes:
        assert not [shape for shape in shapes if _overlap(one, shape)]


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_what_the_font_cannot_print_shows_and_is_said() -> None:
    said = text(FOREIGN)
    for expected in ("Lukasz Zólc-Nguyen", "???", "????? 5 x", "Séance 9", "The carrier has the full address."):
        assert expected in said


def test_a_question_mark_of_the_sender_is_no_marker() -> None:
    assert "cannot print" not in text(REQUEST.model_copy(update={"sender": ("Who?",)}))


@ALL
def test_the_same_input_makes_the_same_bytes(request_: LabelRequest) -> None:
    first, second = (render_label(request_, NUMBER, "Backhaul Post", NOW) for _ in range(2))
    assert first == second


def test_on_a4_it_is_the_upper_left_quarter() -> None:
    content = render_label(REQUEST, NUMBER, "Backhaul Post", NOW, on_a4=True)
    drawn = pypdfium2.PdfDocument(content)[0]
    width, height = drawn.get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    quarter = drawn.render(scale=203 / 72).to_pil().crop((0, 0, 839, 1183))
    assert {code.format.name: code.text for code in zxingcpp.read_barcodes(quarter)} == {
        "Code128": NUMBER,
        "QRCode": NUMBER,
    }
    assert "Cut along" in drawn.get_textpage().get_text_range()
    assert content == render_label(REQUEST, NUMBER, "Backhaul Post", NOW, on_a4=True)
