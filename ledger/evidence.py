"""What a shop sends to the bank in a dispute: all that the journal knows of one order, and nobody's personal data."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from domain import ids
from domain.errors import Refused
from ledger import EntryKind, JournalEntry, Ledger
from ledger.credit_notes import issued_by
from ledger.credit_notes.page import as_text
from ledger.readable import amounts, credit_note, reference

_WHEN = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive, so that the same journal makes the same bytes."""

_NOUNS: Mapping[str, tuple[EntryKind, ...]] = {
    "decisions.json": (EntryKind.DECISION, EntryKind.APPROVAL),
    "labels.json": (EntryKind.LABEL, EntryKind.LABEL_VOIDED),
    "tracking.json": (EntryKind.SCAN, EntryKind.CARRIER_CLAIM, EntryKind.CARRIER_ANSWER),
    "receipts.json": (EntryKind.RECEIPT, EntryKind.LATE_RECEIPT),
    "inspections.json": (EntryKind.INSPECTION, EntryKind.RESTOCK),
    "refunds.json": (
        EntryKind.PLAN,
        EntryKind.REFUND_SUBMITTED,
        EntryKind.REFUND_SETTLED,
        EntryKind.REFUND_FAILED,
        EntryKind.REFUND_REVERSED,
        EntryKind.REFUND_TRACED,
        EntryKind.REFUND_ELSEWHERE,
    ),
    "disputes.json": (
        EntryKind.DISPUTE_OPENED,
        EntryKind.DISPUTE_WON,
        EntryKind.DISPUTE_LOST,
        EntryKind.DISPUTE_TOLD,
    ),
    "notices.json": (EntryKind.NOTICE, EntryKind.NOTICE_RESENT, EntryKind.NOTICE_FAILED),
}
_NOT_FOR_OTHERS = ("url", "note_id", "signature", "customer_id")
"""Fields that are left out: a label's address shows where somebody lives, and a note is the shopper's own text."""


def evidence(ledger: Ledger, order_id: str) -> dict[str, str]:
    """The papers of an order, by file name. Raises Refused if the journal does not know it."""
    entries = tuple(ledger.entries(order=order_id))
    if ledger.find(ids.order_key(order_id)) is None:
        raise Refused("order_not_opened", f"the journal has no order {order_id}: no return asked for it")
    papers = {"README.txt": _summary(order_id, entries), "journal.json": _json(map(_row, entries))}
    for name, kinds in _NOUNS.items():
        told = [_fact(one) for one in entries if one.kind in kinds]
        if told:
            papers[name] = _json(told)
    notes = [note for one in entries if (note := issued_by(one))]
    return papers | {f"credit-notes/{note.name}.txt": as_text(note) for note in notes}


def write_folder(papers: Mapping[str, str], folder: Path) -> None:
    """A file each. Raises Refused if they cannot be written."""

    def write() -> None:
        for name, text in papers.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    _writing(folder, write)


def write_zip(papers: Mapping[str, str], path: Path) -> None:
    """One archive; the same papers make the same bytes. Raises Refused if it cannot be written."""

    def write() -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in papers.items():
                archive.writestr(zipfile.ZipInfo(name, _WHEN), text, zipfile.ZIP_DEFLATED)

    _writing(path, write)


def _writing(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise Refused("not_written", f"{path} cannot be written: {error.strerror or error}") from None


def _summary(order_id: str, entries: Sequence[JournalEntry]) -> str:
    opened = next(one for one in entries if one.kind is EntryKind.ORDER_OPENED)
    number = opened.facts.get("number", order_id)
    rows = [f"Order {number} ({order_id})", "", "What happened, in UTC, as the journal recorded it:", ""]
    rows += [_line(one) for one in entries]
    last = entries[-1]
    rows += [
        "",
        "Every entry carries a hash over its content and the hash before it; `python -m ledger verify` computes all of",
        f"them anew. The last one here is entry {last.seq}: {last.hash}",
    ]
    return "".join(f"{row}\n" for row in rows)


def _line(entry: JournalEntry) -> str:
    told = (entry.kind.replace("_", " "), amounts(entry.transfers), reference(entry), credit_note(entry))
    return f"{entry.at:%Y-%m-%d %H:%M}  " + ", ".join(filter(None, told))


def _row(entry: JournalEntry) -> dict[str, object]:
    whole = entry.model_dump(mode="json", exclude={"facts", "transfers"})
    return {**whole, "amounts": amounts(entry.transfers), "reference": reference(entry)}


def _fact(entry: JournalEntry) -> dict[str, object]:
    told = {"seq": entry.seq, "at": entry.at.isoformat(), "kind": entry.kind.value, "return": entry.case}
    return {**told, "actor": entry.actor, "facts": _shareable(entry.facts)}


def _shareable(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _shareable(inner) for name, inner in value.items() if name not in _NOT_FOR_OTHERS}
    if isinstance(value, list | tuple):
        return [_shareable(inner) for inner in value]
    return value


def _json(rows: Iterable[object]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, indent=2) + "\n"
