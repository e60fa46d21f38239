"""Serial numbers in the journal: which came back, and which of those that come now should not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from domain.inspection import Inspection, Receipt, Seen
from domain.serials import Discrepancy, discrepancies
from domain.stores import Snapshots
from ledger import EntryKind, JournalEntry, Ledger
from ledger.order_books import OrderBooks


def returned(entries: Iterable[JournalEntry]) -> Iterator[str]:
    """The serial numbers that these entries say came back."""
    for entry in entries:
        match entry.kind:
            case EntryKind.RECEIPT:
                lines: Seen = Receipt.model_validate(entry.facts["receipt"]).lines
            case EntryKind.INSPECTION:
                lines = Inspection.model_validate(entry.facts["inspection"]).lines
            case _:
                continue
        yield from (serial for line in lines for serial in line.serials)


def wrong(
    ledger: Ledger, snapshots: Snapshots, order_id: str, lines: Seen, earlier: Callable[[JournalEntry], bool]
) -> tuple[Discrepancy, ...]:
    """What is wrong with the serial numbers of these lines; `earlier` says which entries of the order came before.

    Raises Refused if the order was never touched.
    """
    if not any(line.serials for line in lines):
        return ()
    books = OrderBooks.read(ledger, snapshots, order_id)
    return discrepancies(books.order, lines, tuple(returned(filter(earlier, books.entries))))


def facts(found: tuple[Discrepancy, ...]) -> dict[str, object]:
    """As the facts of an entry; nothing where nothing is wrong."""
    return {"discrepancies": [one.model_dump(mode="json") for one in found]} if found else {}


def codes(found: tuple[Discrepancy, ...]) -> tuple[str, ...]:
    """As the reasons of an entry, each once."""
    return tuple(dict.fromkeys(one.kind.value for one in found))
