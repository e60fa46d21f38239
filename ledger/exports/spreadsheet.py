"""Tables: CSV with everything, and a workbook with what was moved for good."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ledger import JournalEntry
from ledger.chart import Chart
from ledger.exports.rows import Row, posted_rows, rows

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 1_000_000
"""Rows of one sheet; a workbook's sheet ends at 1,048,576."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBERS = ("seq", "minor", "amount")
_CELL = 32_767


def plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before one that looks like it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_csv(entries: Iterable[JournalEntry], chart: Chart, out: TextIO) -> None:
    """All rows, reservations included."""
    # With both characters as the line's end, a text that has one of them is put in quotes.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(Row._fields)
    for row in rows(entries, chart):
        # Amounts are never negative in the journal, so nothing that is a number begins like a formula.
        writer.writerow([plain(value) if isinstance(value, str) else value for value in row])


def write_xlsx(entries: Iterable[JournalEntry], chart: Chart, path: Path, sheet_rows: int = SHEET_ROWS) -> None:
    """What was moved for good, on as many sheets as it takes."""
    from xlsxwriter import Workbook

    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    found = posted_rows(entries, chart)
    # Closed in any case: until then its sheets are temporary files.
    with Workbook(str(path), {"constant_memory": True, **texts}) as book:
        bold = book.add_format({"bold": True})
        first = next(found, None)
        while True:
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(Row._fields) - 1, 16)
            sheet.write_row(0, 0, Row._fields, bold)
            for number, row in enumerate(islice(chain([first] if first else [], found), sheet_rows), start=1):
                _write(sheet, number, row)
            first = next(found, None)
            if first is None:
                break


def _write(sheet: Worksheet, number: int, row: Row) -> None:
    for column, (name, value) in enumerate(zip(Row._fields, row, strict=True)):
        if name in _NUMBERS:
            sheet.write_number(number, column, Decimal(value or 0))
        elif value:
            sheet.write_string(number, column, str(value)[:_CELL])
