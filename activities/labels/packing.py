"""Packing sheets from what is recorded of a return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from activities.labels import BuyLabel
from activities.labels.folder import LabelFolder
from activities.labels.ink import USUAL
from activities.labels.sheet import Sheet, SheetLine, render_sheet
from domain import ids
from domain.case import CaseSoFar
from domain.order import Order
from domain.stores import Snapshots
from ledger import Ledger
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class Packing:
    """Makes the sheet of each return once, into the folder of the labels; `fonts` are tried in turn, else the usual."""

    def __init__(
        self,
        snapshots: Snapshots,
        ledger: Ledger,
        folder: Path,
        public_url: str,
        fonts: Sequence[Path] = (),
        packing: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._snapshots = snapshots
        self._ledger = ledger
        self._folder = LabelFolder(folder, public_url)
        self._fonts = fonts or USUAL
        self._packing = packing or {}

    def keep(self, ask: BuyLabel, sender: tuple[str, ...], receiver: tuple[str, ...]) -> str:
        """Draw the sheet, unless it was drawn before."""
        known = case_so_far(self._ledger.entries(case=ask.case))
        if known.decision is None or not known.decision.approved:
            return ""
        order = OrderBooks.read(self._ledger, self._snapshots, ask.order_id).order
        sheet = Sheet(
            case=ask.case,
            order_number=ask.order_number,
            locale=order.locale,
            method=ask.method,
            sender=sender,
            receiver=receiver,
            lines=_lines(order, known),
            send_back_until=known.decision.last_day_to_send,
            packing=self._packing,
        )
        stem = ids.sheet_stem(ask.case)
        return self._folder.keep(stem, "pdf", lambda: render_sheet(sheet, self._fonts, ask.now))


def _lines(order: Order, known: CaseSoFar) -> tuple[SheetLine, ...]:
    lines = []
    for wanted in known.decision.approved if known.decision else ():
        line = order.line(wanted.line_id)
        lines.append(
            SheetLine(
                title=line.title if line else wanted.line_id,
                sku=line.sku if line else "",
                quantity=wanted.quantity,
                reason=wanted.reason,
                category=line.category if line else "",
            )
        )
    return tuple(lines)
