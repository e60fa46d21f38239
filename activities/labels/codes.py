"""Bar codes and QR codes on a PDF, as rectangles. Lengths are millimetres."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import segno
from barcode.codex import Code128
from fpdf import FPDF


class _Code128(Code128):  # type: ignore[misc]  # the library has no types
    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        # The library takes a leading 99 for a change of character set and leaves it out.
        return encoded if self.code.startswith("99") else list(super()._try_to_optimize(encoded))


def qr_code(pdf: FPDF, content: str, left: float, top: float, size: float) -> None:
    """A QR code in a square of this size, with the white around it that belongs to it."""
    rows = segno.make_qr(content, error="m").matrix
    # Four modules of white on every side belong to the code.
    side = size / (len(rows) + 8)
    _modules(pdf, rows, (left + 4 * side, top + 4 * side), (side, side))


def bar_code(pdf: FPDF, content: str, left: float, top: float, width: float, height: float) -> None:
    """CODE-128 in the middle of a box; the white at its sides belongs to it."""
    bars = [int(mark) for mark in _Code128(content).build()[0]]
    # Ten modules of white on either side belong to the code; half a millimetre suits any printer and scanner.
    bar = min(0.5, width / (len(bars) + 20))
    _modules(pdf, [bars], (left + (width - len(bars) * bar) / 2, top), (bar, height))


def _modules(pdf: FPDF, rows: Iterable[Iterable[int]], first: tuple[float, float], size: tuple[float, float]) -> None:
    """Draw dark modules, a run of them as one; `first` is the place of the first, `size` that of each."""
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                pdf.rect(first[0] + x * size[0], first[1] + y * size[1], length * size[0], size[1], style="F")
            x += length
