"""The packing sheet, drawn and read back by other programs: every script shows, or says that it cannot."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from activities.labels.ink import Ink
from activities.labels.sheet import Sheet, SheetLine, render_sheet
from activities.labels.sheet_words import LANGUAGES
from domain.method import Method
from domain.request import ReturnReason
from tests.labels.requests import NOW, RECEIVER

FONTS = tuple(
    Path(__file__).parent / "fonts" / name
    for name in ("noto-sans-subset.ttf", "noto-sans-arabic-subset.ttf", "noto-sans-cjk-subset.otf")
)
ARABIC = "سماعات رأس لاسلكية"
CJK = "ノートパソコン"
PLAIN = Sheet(
    case="R-1001",
    order_number="#2001",
    sender=("Ada Lovelace", "12 St James's Square", "GB"),
    receiver=RECEIVER,
    send_back_until=date(2026, 12, 4),
    lines=(SheetLine(title="Headphones", sku="HP-1", quantity=2, reason=ReturnReason.DEFECTIVE),),
)


def of(*titles: str, **more: object) -> Sheet:
    lines = tuple(SheetLine(title=title, quantity=1) for title in titles)
    return PLAIN.model_copy(update={"lines": lines, **more})


WORLD = of(f"Kopfhörer Ω {CJK}", ARABIC, "Žluťoučký 한국어", sender=("王小明", "محمد عبد الله"), locale="de-AT")


def pages(sheet: Sheet, fonts: tuple[Path, ...] = FONTS) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(render_sheet(sheet, fonts, NOW))


def text(sheet: Sheet, fonts: tuple[Path, ...] = FONTS) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pages(sheet, fonts))


LONGEST = PLAIN.model_copy(update={"case": "R-" + "x" * 62})


@pytest.mark.parametrize(("sheet", "dpi"), [(PLAIN, 150), (PLAIN, 300), (WORLD, 150), (LONGEST, 300)])
def test_scanners_read_the_return_from_both_codes(sheet: Sheet, dpi: int) -> None:
    drawn = pages(sheet)[0].render(scale=dpi / 72).to_pil()
    read = {code.format.name: code.text for code in zxingcpp.read_barcodes(drawn)}
    assert read == {"Code128": sheet.case, "QRCode": sheet.case}


def test_it_says_what_goes_where_and_until_when() -> None:
    said = text(PLAIN)
    for expected in (*PLAIN.sender, *RECEIVER, "#2001", "2026-12-04", "Headphones", "HP-1", "Defective", "1/1"):
        assert expected in said
    assert "cannot print" not in said


def test_steps_follow_from_reason_and_category_each_once() -> None:
    lines = [
        SheetLine(title=f"Shoe {n}", quantity=1, reason=ReturnReason.WRONG_ITEM, category="Shoes") for n in range(3)
    ]
    said = " ".join(text(PLAIN.model_copy(update={"lines": (*lines, *PLAIN.lines)})).split())
    for once in ("Put the shoes in their own box", "Leave the wrong item unused", "Do not try to repair it"):
        assert said.count(once) == 1
    assert "Do not try to repair it" not in text(of("Cup"))


def test_the_shops_own_steps_come_instead_of_ours() -> None:
    goods = {"Drone": "drones", "Boots": "Shoes"}
    lines = tuple(SheetLine(title=title, quantity=1, category=category) for title, category in goods.items())
    packing = {"Drones": {"en": "Take the propellers off.", "de": "Propeller ab."}, "shoes": {"de": "Nur Deutsch."}}
    own = PLAIN.model_copy(update={"lines": lines, "packing": packing})
    said = text(own)
    assert "Take the propellers off." in said
    assert "Nur Deutsch." in said
    assert "Put the shoes" not in said
    assert "Propeller ab." in text(own.model_copy(update={"locale": "de"}))


@pytest.mark.parametrize(
    ("method", "says"),
    [
        (Method.LABEL, "Stick the return label"),
        (Method.QR_CODE, "Show the code"),
        (Method.IN_STORE, "No parcel is needed"),
        (Method.SHOPPER_SHIPS, "carrier of your choice"),
    ],
)
def test_how_it_gets_back_is_the_last_step(method: Method, says: str) -> None:
    assert says in text(PLAIN.model_copy(update={"method": method}))


@pytest.mark.parametrize(
    ("locale", "title"), [("de", "Packzettel"), ("de_CH", "Packzettel"), ("en-GB", "Packing"), ("fr", "Packing")]
)
def test_it_speaks_the_shoppers_language_or_english(locale: str, title: str) -> None:
    assert title in text(PLAIN.model_copy(update={"locale": locale}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_method_has_words(language: str) -> None:
    words = LANGUAGES[language]
    assert set(words.reasons) == set(ReturnReason)
    assert set(words.ways) == set(Method)
    assert set(words.by_category) == set(LANGUAGES["en"].by_category)
    assert set(words.by_reason) == set(LANGUAGES["en"].by_reason)
    latin = "".join([words.title, *words.reasons.values(), *words.ways.values(), *words.by_category.values()])
    assert max(map(ord, latin)) < 256


def test_letters_of_all_scripts_are_printed() -> None:
    said = text(WORLD)
    for expected in ("王小明", CJK, "한국어", "Žluťoučký", "Ω"):
        assert expected in said
    assert "Zeichen" not in said


def test_arabic_is_shaped_and_runs_from_right_to_left() -> None:
    page = pages(of(ARABIC))[0].get_textpage()
    said = page.get_text_range()
    first, second, third = (page.get_charbox(said.index(letter))[0] for letter in "عكة")
    assert first > second > third
    # Joined, the letters take less room than each on its own.
    joined, apart = (_width(of(one)) for one in ("سماعات", " ".join("سماعات")))
    assert joined < apart - 5 * 2


def _width(sheet: Sheet) -> float:
    page = pages(sheet)[0].get_textpage()
    said = page.get_text_range()
    boxes = [page.get_charbox(place) for place, one in enumerate(said) if "\u0600" <= one <= "\u06ff"]
    return float(max(box[2] for box in boxes) - min(box[0] for box in boxes))


@pytest.mark.parametrize("fonts", [FONTS, ()], ids=["fonts", "none"])
def test_what_cannot_be_printed_shows_and_is_said(fonts: tuple[Path, ...]) -> None:
    stand_in = "□" if fonts else "?"
    said = text(of("Cup \U0001f600", "ไทย"), fonts)
    assert f"Cup {stand_in}" in said
    assert f"{stand_in * 3}" in said
    assert f"{stand_in} stands for a character that this sheet cannot print." in said


def test_without_fonts_the_rest_is_legible() -> None:
    said = text(WORLD, ())
    for expected in ("Kopfhörer ? ???????", "Zlutoucký", "? steht für ein Zeichen"):
        assert expected in said


def test_fonts_that_are_not_there_are_passed_over() -> None:
    assert text(WORLD, (Path("/nowhere.ttf"), *FONTS)) == text(WORLD)
    assert Ink((Path("/nowhere.ttf"),), ["王"]).fonts == []


def test_only_the_fonts_that_are_needed_are_taken() -> None:
    assert Ink(FONTS, ["Kopfhörer"]).fonts == []
    assert Ink(FONTS, ["Kopfhörer Ω"]).fonts == [FONTS[0]]
    assert Ink(FONTS, ["王小明"]).fonts == [FONTS[0], FONTS[2]]


def test_nothing_unseen_gets_on_the_paper() -> None:
    ink = Ink(FONTS, ["Ω"])
    assert ink.write("a\u202eb\x00c\u200bd\ufe0f\ne\u0301") == "abcd é"
    assert not ink.lost


def test_long_titles_wrap_and_stay_on_the_page() -> None:
    long = of("W" * 300, "A title that goes on " * 14, "x y " * 75, "王" * 300)
    for page in pages(long):
        width = page.get_size()[0]
        words = page.get_textpage()
        for left, _, right, _ in (words.get_rect(index) for index in range(words.count_rects())):
            assert left >= 40
            assert right <= width - 40
    assert text(long).count("W") >= 300
    assert text(long).count("王") == 300


def test_many_lines_flow_over_pages_that_are_numbered() -> None:
    document = pages(of(*(f"Item {n}" for n in range(200))))
    said = [page.get_textpage().get_text_range() for page in document]
    count = len(document)
    assert count > 3
    for number, page in enumerate(said, start=1):
        assert f"{number}/{count}" in page
        assert "R-1001" in page
    listed = "\n".join(said)
    assert all(f"Item {n}\r" in listed or f"Item {n} " in listed or f"Item {n}\n" in listed for n in range(200))


@pytest.mark.parametrize("sheet", [PLAIN, WORLD], ids=["plain", "world"])
def test_the_same_input_makes_the_same_bytes(sheet: Sheet) -> None:
    first, second = (render_sheet(sheet, FONTS, NOW) for _ in range(2))
    assert first == second


def test_a_title_is_no_command_for_the_number_of_pages() -> None:
    said = text(of("Mug {nb}", "سماعات {nb}"))
    assert said.count("{nb}") + said.count("}nb{") == 2
    assert "1/1" in said
