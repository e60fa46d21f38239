"""Reading the journal, its transfers and the balances, on a connection that the caller holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Select, bindparam, func, select, text, union_all

from database.tables import PAID_IN, balances, journal, transfers
from ledger import Balance, JournalEntry, Transfer, TransferKind
from ledger.hashing import START
from ledger.store.guards import Account, Pending, Totals, balance

PAGE = 500
"""Entries read at a time, so that a long journal never stands in memory."""


class TransferRow(NamedTuple):
    """A row of `transfers` as it stands there; `transfer_of` says whether it makes sense."""

    key: str
    kind: str
    debit: str
    credit: str
    commodity: str
    amount: int
    pending: str
    seq: int


_TRANSFERS = select(*(transfers.c[name] for name in TransferRow._fields))

BALANCES = select(balances.c.account, balances.c.commodity, *(balances.c[name] for name in Totals._fields))
"""All balances, as `totals_of` reads them."""

_LAST_CHARACTER = "\U0010ffff"

# Made once: putting a statement together takes longer than the database takes to answer it.
_BALANCES_OF = BALANCES.where(balances.c.account.in_(bindparam("names", expanding=True)))
_CONNECTED = union_all(
    _TRANSFERS.where(transfers.c.key.in_(bindparam("keys", expanding=True))),
    _TRANSFERS.where(transfers.c.pending.in_(bindparam("pending", expanding=True))),
)
_AS_WRITTEN = _TRANSFERS.order_by(transfers.c.seq, transfers.c.position)
_MOVED_BY = _AS_WRITTEN.where(transfers.c.seq.in_(bindparam("seqs", expanding=True)))
_MOVED_BETWEEN = _AS_WRITTEN.where(transfers.c.seq.between(bindparam("first"), bindparam("last")))
_FIND = select(journal).where(journal.c.key == bindparam("of_key"))
_LAST_SEQ = select(func.coalesce(func.max(journal.c.seq), 0)).where(journal.c.order_id == bindparam("order"))
_STANDING = select(
    select(journal.c.asked).where(journal.c.key == bindparam("of_key")).scalar_subquery(),
    select(func.max(journal.c.seq)).where(journal.c.order_id == bindparam("order")).scalar_subquery(),
    select(func.max(journal.c.seq)).scalar_subquery(),
    select(journal.c.hash).order_by(journal.c.seq.desc()).limit(1).scalar_subquery(),
)


class Standing(NamedTuple):
    """Where the journal stands before an entry: what was asked under its key, if it is taken, the seq of its order's
    newest entry, and the seq and the hash of the newest of all."""

    asked: str | None
    of_order: int
    seq: int
    hash: str


def find(connection: Connection, key: str) -> JournalEntry | None:
    """The entry under a key."""
    rows = connection.execute(_FIND, {"of_key": key}).mappings().all()
    return next(iter(_with_transfers(connection, rows)), None)


def standing(connection: Connection, key: str, order: str) -> Standing:
    """Where the journal stands, for an entry of this order under this key."""
    asked, of_order, seq, head = connection.execute(_STANDING, {"of_key": key, "order": order}).one()
    return Standing(asked, of_order or 0, seq or 0, head or START)


def last_seq(connection: Connection, order: str) -> int:
    """The seq of an order's newest entry; 0 if there is none."""
    return int(connection.execute(_LAST_SEQ, {"order": order}).scalar_one())


def order_paid_by(connection: Connection, account: str) -> str | None:
    """The order of the first entry that took money from this account of a payment."""
    of_payment = select(func.min(transfers.c.seq)).where(text(PAID_IN), transfers.c.debit == account)
    found = select(journal.c.order_id).where(journal.c.seq == of_payment.scalar_subquery())
    order: str | None = connection.execute(found).scalar()
    return order or None


def page(connection: Connection, order: str | None, case: str | None, after: int) -> list[JournalEntry]:
    """The next entries after a seq, of one order or one case if named; an empty list at the end."""
    named = {name: value for name, value in (("order_id", order), ("case_id", case)) if value is not None}
    return _with_transfers(connection, connection.execute(_page(*named), {**named, "after": after}).mappings().all())


@cache
def _page(*named: str) -> Select[*tuple[object, ...]]:
    statement = select(journal).where(journal.c.seq > bindparam("after")).order_by(journal.c.seq).limit(PAGE)
    return statement.where(*(journal.c[name] == bindparam(name) for name in named))


def of_seqs(connection: Connection, seqs: Collection[int]) -> list[JournalEntry]:
    """These entries, in order of seq."""
    statement = select(journal).where(journal.c.seq.in_(seqs)).order_by(journal.c.seq)
    return _with_transfers(connection, connection.execute(statement).mappings().all())


def page_of(statement: Select[*tuple[object, ...]], after: int) -> Select[*tuple[object, ...]]:
    """A select from the journal, cut to the next page after a seq."""
    return statement.where(journal.c.seq > after).order_by(journal.c.seq).limit(PAGE)


def moved_between(connection: Connection, first: int, last: int) -> dict[int, list[TransferRow]]:
    """The transfers of the entries from one seq to another, by seq and in the order in which they were written."""
    return _by_seq(connection.execute(_MOVED_BETWEEN, {"first": first, "last": last}).all())


def _by_seq(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, list[TransferRow]]:
    found: dict[int, list[TransferRow]] = defaultdict(list)
    for row in map(TransferRow._make, rows):
        found[row.seq].append(row)
    return found


def totals(connection: Connection, accounts: Collection[Account]) -> dict[Account, Totals]:
    """The totals of those of some accounts that were ever touched."""
    names = {account.name for account in accounts}
    rows = connection.execute(_BALANCES_OF, {"names": list(names)})
    found = dict(map(totals_of, rows))
    return {account: found[account] for account in accounts if account in found}


def totals_of(row: Row[str, str, int, int, int, int]) -> tuple[Account, Totals]:
    """One row of `BALANCES`."""
    account, commodity, *sums = row
    return Account(account, commodity), Totals(*sums)


def with_prefix(connection: Connection, prefix: str, *only: ColumnElement[bool]) -> list[Balance]:
    """All balances whose account begins so, by name; of them only some, if asked."""
    # A range, not LIKE: SQLite's LIKE takes capital letters for small ones, and ids know the difference.
    between = (balances.c.account >= prefix, balances.c.account <= prefix + _LAST_CHARACTER)
    statement = BALANCES.where(*between, *only).order_by(balances.c.account, balances.c.commodity)
    return [balance(*totals_of(row)) for row in connection.execute(statement)]


def connected(connection: Connection, keys: Collection[str], pending: Collection[str]) -> list[TransferRow]:
    """The transfers under these keys, and some pending ones with those that finish them."""
    named = {"keys": [*keys, *pending], "pending": [*pending]}
    return [TransferRow._make(row) for row in connection.execute(_CONNECTED, named)]


def pendings(rows: Sequence[TransferRow]) -> dict[str, Pending]:
    """Those of some transfers that are pending, less what others of them finish."""
    left = {row.key: Pending(row, row.amount) for row in rows if row.kind == TransferKind.PENDING}
    for row in rows:
        if row.pending in left:
            left[row.pending] = Pending(left[row.pending].transfer, left[row.pending].left - row.amount)
    return left


def transfer_of(row: TransferRow) -> Transfer:
    """One row of `transfers`. Raises ValueError for a row that is no transfer."""
    return Transfer.model_validate(row._asdict())


def _with_transfers(connection: Connection, rows: Sequence[RowMapping]) -> list[JournalEntry]:
    if not rows:
        return []
    moved = _by_seq(connection.execute(_MOVED_BY, {"seqs": [row["seq"] for row in rows]}).all())
    return [
        JournalEntry.model_validate(
            {
                **row,
                "order": row["order_id"],
                "case": row["case_id"],
                "transfers": [transfer_of(one) for one in moved[row["seq"]]],
            }
        )
        for row in rows
    ]
