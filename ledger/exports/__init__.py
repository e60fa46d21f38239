"""The journal for other programs: entry by entry, so that a long one never stands in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, TextIO

from domain.errors import InvalidRequest, Refused
from ledger import JournalEntry
from ledger.chart import Chart

Format = Literal["csv", "jsonl", "xlsx", "beancount", "hledger"]

STEP = 1000
"""Entries between two words of progress."""


def export_text(entries: Iterable[JournalEntry], format: Format, chart: Chart, out: TextIO) -> None:
    """Write the entries as text. Raises InvalidRequest for account names that the format does not take."""
    match format:
        case "csv":
            from ledger.exports.spreadsheet import write_csv

            write_csv(entries, chart, out)
        case "jsonl":
            from ledger.exports.lines import write_jsonl

            write_jsonl(entries, chart, out)
        case "beancount":
            from ledger.exports.beancount import write_beancount

            write_beancount(entries, chart, out)
        case "hledger":
            from ledger.exports.hledger import write_hledger

            write_hledger(entries, chart, out)
        case "xlsx":
            raise InvalidRequest("out", "a spreadsheet is no text; name its file with --out FILE")


def export_to(entries: Iterable[JournalEntry], format: Format, chart: Chart, path: Path) -> None:
    """Write the entries to a file, which is there only when it is whole. Raises Refused if it cannot be written."""
    with whole(path) as part:
        if format == "xlsx":
            from ledger.exports.spreadsheet import write_xlsx

            write_xlsx(entries, chart, part)
        else:
            with part.open("w", encoding="utf-8", newline="") as out:
                export_text(entries, format, chart, out)


def watched(entries: Iterable[JournalEntry], screen: TextIO) -> Iterator[JournalEntry]:
    """The same entries; a terminal is told how many there were so far."""
    shown, count = screen.isatty(), 0
    for count, entry in enumerate(entries, start=1):
        yield entry
        if shown and count % STEP == 0:
            screen.write(f"\r{count} entries")
            screen.flush()
    if shown:
        screen.write(f"\r{count} entries\n")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write to, which takes the place of `path` in the end. Raises Refused if that cannot be."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        raise Refused("not_written", f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        # Where nothing can be written, nothing can be taken away either, and the first error says so.
        with suppress(OSError):
            part.unlink(missing_ok=True)
