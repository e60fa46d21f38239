"""The packing sheet that lies in a return's parcel: pure, so the same input makes the same bytes. Lengths are in mm.

Whatever the script of a name or a title: it is printed, or something visible stands for it and the sheet says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableCellFillMode, XPos, YPos
from fpdf.fonts import FontFace

from activities.labels.codes import bar_code, qr_code
from activities.labels.ink import Ink
from activities.labels.sheet_words import Words, language, words
from domain.method import Method
from domain.model import Model
from domain.request import ReturnReason

_LEFT, _WIDTH, _MARGIN = 15.0, 180.0, 15.0
_QR = 34.0
_PAGE_COUNT = "\x1a000"
"""Stands for the number of pages until it is known, and is as wide as one."""


class SheetLine(Model):
    """So many units of an item that go into the parcel, and why; `category` is the shop's own word."""

    title: str
    sku: str = ""
    quantity: int
    reason: ReturnReason = ReturnReason.UNKNOWN
    category: str = ""


class Sheet(Model):
    """What stands on a packing sheet. `sender` is personal data. `packing` are the shop's own instructions, by category
    and then by language."""

    case: str
    order_number: str
    locale: str = "en"
    method: Method = Method.LABEL
    sender: tuple[str, ...] = ()
    receiver: tuple[str, ...] = ()
    lines: tuple[SheetLine, ...]
    send_back_until: date | None = None
    packing: Mapping[str, Mapping[str, str]] = {}


def render_sheet(sheet: Sheet, fonts: Sequence[Path], made_at: datetime) -> bytes:
    """Draw the sheet on as many pages of A4 as it takes; `fonts` are tried in turn for every letter."""
    said = words(sheet.locale)
    steps = _steps(sheet, said)
    ink = Ink(fonts, [*_texts(sheet), *steps, *said.reasons.values(), said.stand_in, said.title])
    pdf = _Pages(sheet.case, said)
    pdf.set_creation_date(made_at)
    pdf.set_title(f"{said.title} {sheet.case}")
    pdf.set_lang(language(sheet.locale))
    ink.load(pdf)
    pdf.add_page()
    _head(pdf, sheet, said, ink)
    _table(pdf, sheet, said, ink)
    _numbered(pdf, said.steps_title, steps, ink)
    if ink.lost:
        pdf.set_font(size=8)
        _paragraph(pdf, ink.write(said.stand_in).replace("{}", ink.stand_in))
    return bytes(pdf.output())


class _Pages(FPDF):
    """A4 pages with the return's number and their own at the foot."""

    def __init__(self, case: str, said: Words) -> None:
        super().__init__(unit="mm", format="A4")
        self._foot = f"{said.number} {case}   {said.page} "
        self.set_margins(_LEFT, _MARGIN)
        self.set_auto_page_break(True, 20)
        # The usual one is `{nb}`, which a title may have; this no text that is printed here has.
        self.alias_nb_pages(_PAGE_COUNT)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(size=8)
        self.cell(_WIDTH, 5, f"{self._foot}{self.page_no()}/{_PAGE_COUNT}", align="C")


def _texts(sheet: Sheet) -> Iterable[str]:
    yield from (sheet.case, sheet.order_number, *sheet.sender, *sheet.receiver)
    for line in sheet.lines:
        yield from (line.title, line.sku)


def _steps(sheet: Sheet, said: Words) -> list[str]:
    """General ones, then those of the reasons and categories at hand, each once, then how it gets back."""
    own = {name.casefold(): told for name, told in sheet.packing.items()}
    special: dict[str, None] = {}
    for line in sheet.lines:
        category = line.category.casefold()
        told = own.get(category)
        by_category = _of_language(told, sheet.locale) if told else said.by_category.get(category, "")
        special |= dict.fromkeys(filter(None, (said.by_reason.get(line.reason, ""), by_category)))
    return [*said.steps, *special, said.ways[sheet.method]]


def _of_language(told: Mapping[str, str], locale: str) -> str:
    return told.get(language(locale)) or next(iter(told.values()), "")


def _head(pdf: FPDF, sheet: Sheet, said: Words, ink: Ink) -> None:
    title = f"{said.title} {sheet.case}"
    pdf.set_font(size=18)
    pdf.set_font(size=min(18.0, 18 * (_WIDTH - _QR - 4) / pdf.get_string_width(title)))
    pdf.cell(_WIDTH - _QR, 10, title)
    qr_code(pdf, sheet.case, _LEFT + _WIDTH - _QR, _MARGIN - 4, _QR)
    bar_code(pdf, sheet.case, _LEFT, _MARGIN + 13, _WIDTH - _QR - 4, 14)
    pdf.set_xy(_LEFT, _MARGIN + _QR)
    pdf.set_font(size=10)
    facts = [(said.order, sheet.order_number)]
    if sheet.send_back_until:
        facts.append((said.until, f"{sheet.send_back_until:%Y-%m-%d}"))
    _paragraph(pdf, "    ".join(f"{name}: {ink.write(value)}" for name, value in facts))
    pdf.ln(2)
    top = pdf.get_y()
    ends = [
        _address(pdf, caption, [ink.write(line) for line in lines], _LEFT + column * _WIDTH / 2, top)
        for column, (caption, lines) in enumerate(((said.sender, sheet.sender), (said.receiver, sheet.receiver)))
    ]
    pdf.set_xy(_LEFT, max(ends) + 4)


def _address(pdf: FPDF, caption: str, lines: Sequence[str], left: float, top: float) -> float:
    """Gives where it ends."""
    pdf.set_xy(left, top)
    pdf.set_font(size=8)
    pdf.cell(_WIDTH / 2, 4, caption, new_x=XPos.LEFT, new_y=YPos.NEXT)
    for line in filter(None, lines[:12]):
        pdf.set_font(size=10)  # a letter of another font leaves that one's size behind
        pdf.multi_cell(_WIDTH / 2 - 6, 5, line[:200], align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
    return float(pdf.get_y())


def _table(pdf: FPDF, sheet: Sheet, said: Words, ink: Ink) -> None:
    heading = FontFace(emphasis="", fill_color=(230, 230, 230))
    with pdf.table(
        width=_WIDTH,
        col_widths=(16, 114, 50),
        text_align=("RIGHT", "LEFT", "LEFT"),
        line_height=5,
        padding=1.2,
        headings_style=heading,
        cell_fill_mode=TableCellFillMode.NONE,
    ) as table:
        table.row((said.quantity, said.item, said.reason))
        for line in sheet.lines:
            sku = f"\n{ink.write(line.sku)}" if line.sku else ""
            table.row((str(line.quantity), ink.write(line.title) + sku, ink.write(said.reasons[line.reason])))
    pdf.ln(5)


def _numbered(pdf: FPDF, title: str, steps: Sequence[str], ink: Ink) -> None:
    pdf.set_font(size=13)
    _paragraph(pdf, title, 8)
    pdf.set_font(size=10)
    for number, step in enumerate(steps, start=1):
        _paragraph(pdf, f"{number}. {ink.write(step)}")
    pdf.ln(3)


def _paragraph(pdf: FPDF, text: str, height: float = 5.5) -> None:
    pdf.multi_cell(_WIDTH, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
