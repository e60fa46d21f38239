"""What an exchange comes to once its goods were looked at: what its shopper still has to pay."""

from __future__ import annotations

from temporalio import activity

from domain.exchange import swapped
from domain.inspection import units
from domain.model import Currency, Id, Minor, Model
from domain.policy import graded, terms_of
from domain.stores import Snapshots
from domain.terms import Terms
from ledger import Ledger
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class PriceExchange(Model):
    """A return whose goods were inspected."""

    case: Id
    order_id: Id


class Priced(Model):
    """What is missing until what goes out is paid, in minor units."""

    to_pay: Minor
    currency: Currency


class Trading:
    """Computes as the plan does; nothing is recorded before that."""

    def __init__(self, snapshots: Snapshots, ledger: Ledger) -> None:
        self._snapshots = snapshots
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def price_exchange(self, ask: PriceExchange) -> Priced:
        """From what was promised, and from the goods as they came."""
        known = case_so_far(self._ledger.entries(case=ask.case))
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        lines, history = known.inspection.lines if known.inspection else (), books.history()
        found = terms_of(known.decision, graded(books.order, lines)) if known.decision else None
        came = {one: min(count, history.lines[one].open) for one, count in units(lines).items()}
        left = {one: count for one, count in came.items() if count}
        made = swapped(books.order, history, left, found or Terms(), known.promised)
        return Priced(to_pay=made.to_pay, currency=books.order.currency)
