"""The ledger on SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine

from database.engine import reading
from ledger import Balance, JournalEntry, NewEntry, Verification
from ledger.accounts import tender
from ledger.store import append, head, read, series, verify
from ledger.store.guards import Account, Totals, balance
from ledger.store.policies import DocumentOf


class SqlLedger:
    """The `Ledger` on an engine made by `database.engine.connect` and brought up to date by `migrate`."""

    def __init__(self, engine: Engine, document_of: DocumentOf | None = None) -> None:
        """`document_of` reads the files of policies, for `verify`; without it they are held against their hashes."""
        self._engine = engine
        self._document_of = document_of

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        """Write one entry with its transfers, whole or not at all."""
        return append.append(self._engine, entry, seen)

    def find(self, key: str) -> JournalEntry | None:
        """The entry recorded under a key."""
        with reading(self._engine) as connection:
            return read.find(connection, key)

    def last_seq(self, order: str) -> int:
        """The seq of an order's newest entry; 0 if there is none."""
        with reading(self._engine) as connection:
            return read.last_seq(connection, order)

    def entries(self, *, order: str | None = None, case: str | None = None, after: int = 0) -> Iterator[JournalEntry]:
        """Entries in order of seq. Each page is a transaction of its own, so a slow reader holds nothing open."""
        while page := self._page(order, case, after):
            yield from page
            after = page[-1].seq
            if len(page) < read.PAGE:  # the end, as most orders have it on their first page
                return

    def numbered(self, of: str | None = None, number: int | None = None) -> Iterator[JournalEntry]:
        """Entries that took a number, in order of seq, a page at a time."""
        after = 0
        while page := self._numbered_page(of, number, after):
            yield from page
            after = page[-1].seq

    def balance(self, account: str, commodity: str) -> Balance:
        """One balance; zeros for an account never touched."""
        here = Account(account, commodity)
        with reading(self._engine) as connection:
            return balance(here, read.totals(connection, [here]).get(here, Totals()))

    def balances(self, prefix: str = "") -> Sequence[Balance]:
        """All balances of accounts whose name begins with `prefix`, by name."""
        with reading(self._engine) as connection:
            return read.with_prefix(connection, prefix)

    def pending_left(self, transfer: str) -> int:
        """What of a pending transfer is neither posted nor voided; 0 if there is no such transfer."""
        with reading(self._engine) as connection:
            pending = read.pendings(read.connected(connection, [], [transfer])).get(transfer)
        return pending.left if pending else 0

    def order_of(self, payment: str) -> str | None:
        """The order that was paid with a payment; None if none that was ever touched."""
        with reading(self._engine) as connection:
            return read.order_paid_by(connection, tender(payment))

    def verify(self) -> Verification:
        """Recompute everything, as of one moment."""
        with reading(self._engine) as connection:
            return verify.verify(connection, self._document_of)

    def head_fault(self) -> str:
        """What is wrong with the last hundred entries."""
        with reading(self._engine) as connection:
            return head.fault(connection)

    def _page(self, order: str | None, case: str | None, after: int) -> list[JournalEntry]:
        with reading(self._engine) as connection:
            return read.page(connection, order, case, after)

    def _numbered_page(self, of: str | None, number: int | None, after: int) -> list[JournalEntry]:
        with reading(self._engine) as connection:
            return read.of_seqs(connection, series.seqs(connection, of, number, after))
