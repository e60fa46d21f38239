"""A credit note as a page of captions and tables, from which text and PDF are drawn alike."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.credit_note import CreditNote, NoteLine, ShopAmounts
from domain.explain import columns, percent
from domain.money import Money
from domain.plan import Fee

_WIDTHS = (44, 8, 12, 22, 12)
"""Of the widest table, in letters; a text page is as wide as these with a blank between them."""
PAGE = sum(_WIDTHS) + len(_WIDTHS) - 1


class Table(NamedTuple):
    """Rows under a head; a cell may have several lines. `right` columns hold figures; `widths` are in letters."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    right: tuple[int, ...]


class Page(NamedTuple):
    """`facts` and `sums` are captions with a value; the last sum is the one that counts."""

    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, Table], ...]
    sums: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


def page_of(note: CreditNote) -> Page:
    """The page of a note."""
    title = f"Cancellation of credit note {note.cancels}" if note.cancels else "Credit note"
    tables = [("Taken back" if note.cancels else "Credited", _goods(note)), ("Tax", _tax(note))]
    if note.refunds or note.elsewhere:
        tables.append(("Had been refunded to" if note.cancels else "Refunded to", _refunds(note)))
    if note.in_shop_currency:
        tables.append((_rate(note, note.in_shop_currency), _books(note, note.in_shop_currency)))
    return Page(title, tuple(_facts(note)), tuple(tables), tuple(_sums(note)), tuple(_remarks(note)))


def as_text(note: CreditNote) -> str:
    """The page for a terminal."""
    page = page_of(note)
    rows = [page.title, "=" * PAGE, *(f"{caption:<14}{value}" for caption, value in page.facts)]
    for (caption, table), position in zip(page.tables, range(len(page.tables)), strict=True):
        rows += ["", caption, *_drawn(table)]
        if position == 0:
            rows += [f"{words:<{PAGE - 14}}{value:>14}" for words, value in page.sums]
    rows += ["", *page.remarks] if page.remarks else []
    return "".join(f"{_plain(row)}\n" for row in rows)


def as_json(note: CreditNote) -> str:
    """The note for programs: amounts in minor units, and its number as people write it."""
    return json.dumps(note.published(), indent=2, ensure_ascii=False)


def _facts(note: CreditNote) -> Iterator[tuple[str, str]]:
    yield "Number", note.name
    if note.cancels:
        yield "Cancels", note.cancels
    yield "Date", note.issued_on.isoformat()
    yield "Shop", note.shop
    yield "Order", note.order_number
    yield "Return", note.case
    yield "Currency", note.currency


def _goods(note: CreditNote) -> Table:
    rows = [_line(note, line) for line in (*note.lines, *([note.shipping] if note.shipping else []))]
    if note.duties:
        rows.append(("Duties", "", _amount(note, note.duties), "", _amount(note, note.duties)))
    if note.tip:
        rows.append(("Tip", "", _amount(note, note.tip), "", _amount(note, note.tip)))
    return Table(("Goods", "Quantity", "Net", "Tax", "Gross"), tuple(rows), _WIDTHS, (1, 2, 3, 4))


def _line(note: CreditNote, line: NoteLine) -> tuple[str, ...]:
    taxes = "\n".join(f"{_tax_name(tax.name, tax.rate)}: {_amount(note, tax.amount)}" for tax in line.taxes)
    quantity = str(line.quantity) if line.quantity else ""
    return line.title, quantity, _amount(note, line.net), taxes, _amount(note, line.gross)


def _sums(note: CreditNote) -> Iterator[tuple[str, str]]:
    yield "In all", _amount(note, note.gross)
    for fee in note.fees:
        yield _fee(note, fee), _amount(note, -fee.amount)
    if note.exchanged:
        yield "less what paid for new goods", _amount(note, -note.exchanged)
    yield f"{_outcome(note)}, {note.currency}", _amount(note, note.total)


def _outcome(note: CreditNote) -> str:
    return "Owed again" if note.cancels else "Refunded"


def _fee(note: CreditNote, fee: Fee) -> str:
    how = f" ({fee.rate} % of {_amount(note, fee.base)})" if fee.rate else ""
    tax = f", {_tax_name(fee.tax_name, fee.tax_rate)} {_amount(note, fee.tax)} within it" if fee.tax else ""
    return f"less {fee.kind.replace('_', ' ')}{how}{tax}"


def _tax(note: CreditNote) -> Table:
    rows = [(_tax_name(one.name, one.rate), _amount(note, one.net), _amount(note, one.tax)) for one in note.taxes]
    return Table(("Rate", "Net", "Tax"), (*rows, ("All rates", "", _amount(note, note.tax))), (44, 15, 15), (1, 2))


def _refunds(note: CreditNote) -> Table:
    rows = tuple(
        (f"{one.kind.replace('_', ' ')} {one.payment}", one.reference, _amount(note, one.amount))
        for one in note.refunds
    )
    if note.elsewhere:
        rows += (("had gone back another way", "", _amount(note, note.elsewhere)),)
    return Table(("Payment", "Reference of the payment provider", "Amount"), rows, (44, 43, 12), (2,))


def _rate(note: CreditNote, books: ShopAmounts) -> str:
    return f"In the shop's books, at 1 {note.currency} = {books.exchange_rate} {books.currency}"


def _books(note: CreditNote, books: ShopAmounts) -> Table:
    def row(words: str, minor: int) -> tuple[str, str]:
        return words, _money(minor, books.currency)

    taxes = zip(note.taxes, books.taxes, strict=True)
    rows = [row("In all", books.gross), row("of which net, duties and tip", books.net)]
    rows += [row(f"of which {_tax_name(one.name, one.rate)}", minor) for one, minor in taxes if one.rate]
    rows += [row("Kept", books.kept), row("of which tax", books.kept_tax)] if books.kept else []
    rows += [row("Paid for new goods", books.exchanged)] if books.exchanged else []
    return Table(("", books.currency), (*rows, row(_outcome(note), books.total)), (44, 15), (1,))


def _remarks(note: CreditNote) -> Iterator[str]:
    if note.cancels:
        yield f"Credit note {note.cancels} no longer holds: a refund of it failed after it had been confirmed."
    if note.adjustment is not None:
        yield f"Money alone went back, no goods: {note.adjustment.replace('_', ' ')}."
    if not note.total and not note.cancels:
        yield "Nothing was paid out: what was kept is as much as what was credited."


def _tax_name(name: str, rate: str) -> str:
    return f"{name} {percent(rate)} %".strip() if rate else "not taxed"


def _amount(note: CreditNote, minor: int) -> str:
    return _money(minor, note.currency)


def _money(minor: int, currency: str) -> str:
    return str(Money(minor=minor, currency=currency)).partition(" ")[0]


def _drawn(table: Table) -> Iterator[str]:
    rule = "-" * (sum(table.widths) + len(table.widths) - 1)
    yield from _row(table, table.head)
    yield rule
    for row in table.rows:
        yield from _row(table, row)
    yield rule


def _row(table: Table, cells: Sequence[str]) -> Iterator[str]:
    """One row of a table, on as many lines as its longest cell takes."""
    folded = [
        [part for line in cell.split("\n") for part in _folded(_plain(line), width)]
        for cell, width in zip(cells, table.widths, strict=True)
    ]
    for place in range(max(map(len, folded))):
        parts = [cell[place] if place < len(cell) else "" for cell in folded]
        yield " ".join(_padded(table, number, part) for number, part in enumerate(parts)).rstrip()


def _padded(table: Table, number: int, part: str) -> str:
    room = " " * (table.widths[number] - columns(part))
    return room + part if number in table.right else part + room


def _folded(text: str, width: int) -> list[str]:
    rows, row = [], ""
    for word in text.split():
        longer = f"{row} {word}".lstrip()
        if columns(longer) <= width:
            row = longer
            continue
        rows += [row] if row else []
        row = ""
        for one in word:
            if columns(row + one) > width:
                rows.append(row)
                row = ""
            row += one
    return [*rows, row]


def _plain(text: str) -> str:
    """Without control characters, which a title may hold."""
    return "".join(one if one.isprintable() else " " for one in text)
