"""The return label as a page: pure, so the same input makes the same bytes. Lengths are millimetres."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from fpdf import FPDF

from activities.labels import LabelRequest
from activities.labels.codes import bar_code, qr_code
from domain.latin import latin, loses

_LEFT, _RIGHT, _PAGE = 6.0, 99.0, (105.0, 148.0)
_A4 = (210.0, 297.0)
_CUT = "Cut along the dashed lines and stick this part on the outside of the parcel."
_ROW = 25.4 / 72 * 1.2
"""Height of a row of text per point of its size."""
_SMALLEST = 5.0
_QR = 33.0
_MARKER = "? stands for a character that this label cannot print. The carrier has the full address."


class _Box(NamedTuple):
    left: float
    top: float
    width: float
    height: float


def render_label(
    request: LabelRequest, number: str, carrier: str, bought_at: datetime, *, on_a4: bool = False
) -> bytes:
    """Draw the label and return the PDF: a page of A6, or the upper left quarter of one of A4, to be cut out.

    The built-in fonts know Latin-1 alone: accents beyond it are dropped, every other character becomes `?` and a line
    on the label says so. Text that does not fit wraps, then shrinks to 5 points, and only then is cut.
    """
    pdf = FPDF(unit="mm", format=_A4 if on_a4 else _PAGE)
    pdf.set_creation_date(bought_at)
    pdf.set_title(f"Return label {number}")
    pdf.set_lang("en")
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.add_page()
    _text(pdf, [carrier], _Box(_LEFT, 6, 66, 7), 14)
    _text(pdf, ["RETURN"], _Box(74, 6, 25, 7), 14, align="R")
    _address(pdf, "From", request.sender, _Box(_LEFT, 16, _RIGHT - _LEFT, 22), 9)
    _address(pdf, "To", request.receiver, _Box(_LEFT, 40, _RIGHT - _LEFT, 31), 14)
    _references(pdf, (("Return", request.case), ("Order", request.order_number), ("Date", f"{bought_at:%Y-%m-%d}")))
    qr_code(pdf, number, _RIGHT - _QR, 74, _QR)
    _barcode(pdf, number)
    if any(map(loses, (carrier, request.order_number, *request.sender, *request.receiver))):
        _text(pdf, [_MARKER], _Box(_LEFT, 143.5, _RIGHT - _LEFT, 3), 6, bold=False)
    if on_a4:
        _cut_lines(pdf)
    return bytes(pdf.output())


def render_code(request: LabelRequest, number: str, carrier: str, bought_at: datetime) -> bytes:
    """Draw the code to show where the parcel is handed in, as a PDF of A6: no address stands on it."""
    pdf = FPDF(unit="mm", format=_PAGE)
    pdf.set_creation_date(bought_at)
    pdf.set_title(f"Code for return label {number}")
    pdf.set_lang("en")
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.add_page()
    _text(pdf, [carrier], _Box(_LEFT, 6, _RIGHT - _LEFT, 7), 14)
    _text(pdf, ["Show this code. The label is printed for you."], _Box(_LEFT, 16, _RIGHT - _LEFT, 6), 10, bold=False)
    qr_code(pdf, number, (_PAGE[0] - 2 * _QR) / 2, 30, 2 * _QR)
    _text(pdf, [number, f"Return {request.case}"], _Box(_LEFT, 104, _RIGHT - _LEFT, 12), 10, align="C")
    return bytes(pdf.output())


def _cut_lines(pdf: FPDF) -> None:
    width, height = _PAGE
    with pdf.local_context():
        pdf.set_dash_pattern(dash=2, gap=2)
        pdf.line(width, 0, width, height)
        pdf.line(0, height, width, height)
    _text(pdf, [_CUT], _Box(_LEFT, height + 4, _RIGHT - _LEFT, 8), 9, bold=False)


def _address(pdf: FPDF, caption: str, lines: Sequence[str], box: _Box, largest: float) -> None:
    pdf.line(_LEFT, box.top - 1, _RIGHT, box.top - 1)
    _text(pdf, [caption], box._replace(width=11, height=4), 8, bold=False)
    _text(pdf, lines, box._replace(left=box.left + 12, width=box.width - 12), largest)


def _references(pdf: FPDF, references: Iterable[tuple[str, str]]) -> None:
    pdf.line(_LEFT, 73, _RIGHT, 73)
    for row, (caption, value) in enumerate(references):
        _text(pdf, [caption], _Box(_LEFT, 75 + row * 11, 56, 4), 8, bold=False)
        _text(pdf, [value], _Box(_LEFT, 79 + row * 11, 56, 6), 14)


def _barcode(pdf: FPDF, number: str) -> None:
    pdf.line(_LEFT, 109, _RIGHT, 109)
    bar_code(pdf, number, 0, 112, _PAGE[0], 23)
    _text(pdf, [number], _Box(_LEFT, 136.5, _RIGHT - _LEFT, 6), 13, align="C")


def _text(
    pdf: FPDF,
    lines: Sequence[str],
    box: _Box,
    largest: float,
    *,
    bold: bool = True,
    align: Literal["L", "C", "R"] = "L",
) -> None:
    readable = [latin(line) for line in lines]
    size = largest
    while True:
        pdf.set_font("Helvetica", "B" if bold else "", size)
        rows = [row for line in readable for row in _wrapped(pdf, line, box.width)]
        if len(rows) * size * _ROW <= box.height or size <= _SMALLEST:
            break
        size -= 0.5
    for place, row in enumerate(rows[: int(box.height / (size * _ROW))]):
        pdf.set_xy(box.left, box.top + place * size * _ROW)
        pdf.cell(box.width, size * _ROW, row, align=align)


def _wrapped(pdf: FPDF, line: str, width: float) -> Iterator[str]:
    row = ""
    for word in line.split():
        longer = f"{row} {word}".lstrip()
        if pdf.get_string_width(longer) <= width:
            row = longer
            continue
        if row:
            yield row
        row = ""
        for character in word:
            if row and pdf.get_string_width(row + character) > width:
                yield row
                row = ""
            row += character
    if row:
        yield row
