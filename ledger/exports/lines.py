"""The journal as lines of JSON: an entry each, whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from ledger import JournalEntry, Transfer
from ledger.chart import Chart
from ledger.readable import decimal


def write_jsonl(entries: Iterable[JournalEntry], chart: Chart, out: TextIO) -> None:
    """Everything that is recorded, with facts and hash; each transfer also as a decimal and in the books' accounts."""
    for entry in entries:
        told = entry.model_dump(mode="json")
        told["transfers"] = [_transfer(one, chart) for one in entry.transfers]
        out.write(json.dumps(told, ensure_ascii=False) + "\n")


def _transfer(one: Transfer, chart: Chart) -> dict[str, object]:
    return {
        **one.model_dump(mode="json"),
        "decimal": decimal(one.amount, one.commodity),
        "debit_account": chart.account(one.debit),
        "credit_account": chart.account(one.credit),
    }
