"""What a return promises for its goods: read off the shop's catalogue once, and recorded with its prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from temporalio import activity

from domain import trade_ids
from domain.errors import Refused
from domain.exchange import Swap, Variant, swap_of, swapped
from domain.inspection import Grade
from domain.model import Id, Minor, Model, UtcDatetime
from domain.money import Money
from domain.order import Order
from domain.plan import RefundPlan
from domain.policy import Decision, LineDecision, terms_of
from domain.stores import Snapshots
from domain.terms import Terms
from ledger import EntryKind, Ledger, NewEntry
from ledger.deciding import decided
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far

NOT_SOLD = "not_sold"
"""Code of Refused for what the shop does not sell, or not as this order was sold."""
OUT_OF_STOCK = "out_of_stock"
"""Code of Refused for what it has too little of."""


class Catalogue(Protocol):
    """What the shop sells now. Raises Unavailable or Refused."""

    def variant(self, sku: str) -> Variant | None:
        """One of it; None if the shop does not sell it."""


class PromiseGoods(Model):
    """Goods that go out for those of a return: what its shopper asked for, or the same `again`."""

    case: Id
    order_id: Id
    again: bool = False
    now: UtcDatetime


class Promised(Model):
    """What goes out, and the plan of it as if all came back as new: what of it pays for new goods, and what goes back.
    `to_pay` is what is missing then, in minor units. The same again has no plan: no money moves."""

    swaps: tuple[Swap, ...]
    quote: RefundPlan | None = None
    to_pay: Minor = 0


class Exchanging:
    """Promises goods. What was promised once holds, whatever the shop asks for it later."""

    def __init__(self, catalogue: Catalogue, snapshots: Snapshots, ledger: Ledger) -> None:
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def promise_goods(self, ask: PromiseGoods) -> Promised:
        """Record what goes out. Raises Refused `not_sold` or `out_of_stock`: then the shopper gets something else."""
        key = trade_ids.promise_key(ask.case)
        entry = decided(self._ledger, ask.order_id, lambda: self._promised(key, ask), key)
        return Promised.model_validate(entry.facts)

    def _promised(self, key: str, ask: PromiseGoods) -> NewEntry:
        entries = tuple(self._ledger.entries(case=ask.case))
        known = case_so_far(entries)
        decision, asked = known.decision, known.asked.lines if known.asked else ()
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        order = books.order
        wanted = {one.line_id: one.exchange_for for one in asked if one.exchange_for}
        lines = decision.approved if decision else ()
        swaps = tuple(self._again(order, lines) if ask.again else self._others(ask.case, order, lines, wanted))
        promised = Promised(swaps=swaps) if ask.again or decision is None else _quoted(books, decision, swaps)
        return NewEntry(
            key=key,
            kind=EntryKind.PROMISED,
            order=ask.order_id,
            case=ask.case,
            actor="storefront",
            at=ask.now,
            facts=promised.model_dump(mode="json", exclude_none=True),
            asked={"again": int(ask.again)},
        )

    def _again(self, order: Order, lines: tuple[LineDecision, ...]) -> Iterator[Swap]:
        """The same again stands on the same line."""
        for line in lines:
            sold = order.line(line.line_id)
            if sold is not None:
                named = {"line_id": sold.id, "new_line": sold.id, "sku": sold.sku or sold.id, "title": sold.title}
                yield Swap.model_validate({**named, "quantity": line.quantity})

    def _others(
        self, case: str, order: Order, lines: tuple[LineDecision, ...], wanted: dict[str, str]
    ) -> Iterator[Swap]:
        for line in lines:
            sold = order.line(line.line_id)
            if sold is None or line.line_id not in wanted:
                continue
            new = self._sold_now(order, wanted[line.line_id], line.quantity)
            old = self._catalogue.variant(sold.sku) if sold.sku else None
            yield swap_of(order, sold, line.quantity, trade_ids.new_line(case, sold.id), old, new)

    def _sold_now(self, order: Order, sku: str, quantity: int) -> Variant:
        new = self._catalogue.variant(sku)
        if new is None or new.currency != order.currency:
            price = f" but for {Money(minor=new.price, currency=new.currency)}" if new else ""
            raise Refused(NOT_SOLD, f"the shop does not sell {sku}{price}, so it cannot go out for this order")
        if new.available is not None and new.available < quantity:
            raise Refused(OUT_OF_STOCK, f"the shop has {new.available} of {sku}, not {quantity}")
        return new


def _quoted(books: OrderBooks, decision: Decision, swaps: tuple[Swap, ...]) -> Promised:
    left = {one.line_id: min(one.quantity, books.history().lines[one.line_id].open) for one in swaps}
    came = {line_id: count for line_id, count in left.items() if count}
    terms = terms_of(decision, {line_id: {Grade.A: count} for line_id, count in came.items()})
    made = swapped(books.order, books.history(), came, terms or Terms(), swaps)
    return Promised(swaps=swaps, quote=made.plan, to_pay=made.to_pay)
