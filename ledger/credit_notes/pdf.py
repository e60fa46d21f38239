"""A credit note as an A4 page: pure, so the same note makes the same bytes. Lengths are millimetres."""

from __future__ import annotations

from datetime import UTC, datetime, time

from fpdf import FPDF
from fpdf.fonts import FontFace

from domain.credit_note import CreditNote
from domain.latin import latin, loses
from ledger.credit_notes.page import PAGE, Page, Table, page_of

_MARGIN, _WIDTH = 20.0, 170.0
_SMALL, _PLAIN, _LARGE = 9.0, 10.0, 18.0
_ROW = 5.2
_FOOT = 15.0
_GREY = 110
_MARKER = "? stands for a character that this page cannot print; the note's text and JSON have it."


class _Sheet(FPDF):
    """A4, with the note's number and the page's at the foot of each."""

    def __init__(self, name: str) -> None:
        super().__init__(unit="mm", format="A4")
        self.name = name

    def footer(self) -> None:
        """Number and page, in grey."""
        self.set_y(-_FOOT)
        self.set_font("Helvetica", "", 8)
        self.set_text_color(_GREY)
        self.cell(_WIDTH, _ROW, f"{self.name}, page {self.page_no()} of {{nb}}")
        self.set_text_color(0)


def as_pdf(note: CreditNote) -> bytes:
    """Draw the note.

    The built-in fonts know Latin-1 alone: accents beyond it are dropped, every other character becomes `?` and a line
    on the page says so. Long titles wrap, long notes go on on the next page under the same head.
    """
    page = page_of(note)
    pdf = _Sheet(latin(note.name))
    pdf.set_creation_date(datetime.combine(note.issued_on, time(), UTC))
    pdf.set_title(latin(f"{page.title} {note.name}"))
    pdf.set_lang("en")
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(True, _FOOT + 8)
    pdf.add_page()
    _head(pdf, page)
    for position, (caption, table) in enumerate(page.tables):
        _table(pdf, caption, table)
        if position == 0:
            _sums(pdf, page)
    lost = any(loses(cell) for _, table in page.tables for row in table.rows for cell in row)
    for remark in (*page.remarks, *([_MARKER] if lost else [])):
        _gap(pdf, 4)
        pdf.set_font("Helvetica", "", _SMALL)
        pdf.multi_cell(_WIDTH, _ROW, latin(remark), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _head(pdf: FPDF, page: Page) -> None:
    pdf.set_font("Helvetica", "B", _LARGE)
    pdf.multi_cell(_WIDTH, 9, latin(page.title), align="L", new_x="LMARGIN", new_y="NEXT")
    _gap(pdf, 3)
    for caption, value in page.facts:
        pdf.set_font("Helvetica", "", _PLAIN)
        pdf.set_text_color(_GREY)
        pdf.cell(28, _ROW, caption)
        pdf.set_text_color(0)
        pdf.multi_cell(_WIDTH - 28, _ROW, latin(value), align="L", new_x="LMARGIN", new_y="NEXT")


def _table(pdf: FPDF, caption: str, table: Table) -> None:
    _gap(pdf, 6)
    if pdf.will_page_break(5 * _ROW):
        pdf.add_page()
    pdf.set_font("Helvetica", "B", _PLAIN)
    pdf.multi_cell(_WIDTH, _ROW, latin(caption), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", _SMALL)
    aligned = ["RIGHT" if number in table.right else "LEFT" for number in range(len(table.head))]
    with pdf.table(
        align="LEFT",
        borders_layout="SINGLE_TOP_LINE",
        col_widths=table.widths,
        headings_style=FontFace(emphasis="", color=_GREY),
        line_height=_ROW,
        text_align=aligned,
        v_align="TOP",
        width=_WIDTH * min(1.0, sum(table.widths) / (PAGE - 4)),
    ) as drawn:
        for row in (table.head, *table.rows):
            drawn.row(["\n".join(map(latin, cell.split("\n"))) for cell in row])


def _sums(pdf: FPDF, page: Page) -> None:
    pdf.line(_MARGIN, pdf.y, _MARGIN + _WIDTH, pdf.y)
    for position, (words, value) in enumerate(page.sums, start=1):
        pdf.set_font("Helvetica", "B" if position == len(page.sums) else "", _PLAIN)
        if pdf.will_page_break(_ROW):
            pdf.add_page()
        top = pdf.y
        pdf.multi_cell(_WIDTH - 35, _ROW, latin(words), align="L", new_x="LMARGIN", new_y="NEXT")
        bottom = pdf.y
        pdf.set_xy(_MARGIN + _WIDTH - 35, top)
        pdf.cell(35, _ROW, value, align="R")
        pdf.set_xy(_MARGIN, bottom)


def _gap(pdf: FPDF, height: float) -> None:
    pdf.set_y(pdf.y + height)
