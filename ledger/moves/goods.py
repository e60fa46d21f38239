"""The units: reserved for a return, come back in parts, put away, kept, or left with the customer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from domain import ids
from ledger import UNITS, EntryKind, JournalEntry, Transfer, TransferKind, accounts
from ledger.moves import Move, finishing, transfers
from ledger.moves.money import Left


def reserved(case: str, order_id: str, units: Mapping[str, int]) -> tuple[Transfer, ...]:
    """Units that may come back, by line; none of them can be promised to another return."""
    return tuple(_reserved(case, order_id, line_id, count) for line_id, count in units.items() if count)


def received(key: str, case: str, order_id: str, units: Mapping[str, int], left: Left) -> tuple[Transfer, ...]:
    """Units that came in one box: those that were announced, and more of a line that the customer still has."""
    posted, more = [], []
    for line_id, count in units.items():
        announced = _reserved(case, order_id, line_id, 1)
        came = min(count, left(announced.key))
        posted.append((announced, came))
        more.append((announced.debit, announced.credit, count - came))
    return (*finishing(key, TransferKind.POST, posted), *transfers(f"{key}/more", UNITS, more))


def came_late(key: str, case: str, order_id: str, units: Mapping[str, int], *, kept: bool) -> tuple[Transfer, ...]:
    """Units that came after their return had ended, from the customer, or from those that were paid for already."""
    moves = (
        (
            accounts.kept(order_id) if kept else accounts.with_customer(order_id, line_id),
            accounts.returning(case, line_id),
            count,
        )
        for line_id, count in units.items()
    )
    return transfers(key, UNITS, moves)


def sent_back(key: str, case: str, order_id: str, units: Mapping[str, int]) -> tuple[Transfer, ...]:
    """They go back to the customer."""
    moves = ((accounts.returning(case, one), accounts.with_customer(order_id, one), n) for one, n in units.items())
    return transfers(key, UNITS, moves)


def found(key: str, case: str, items: Mapping[str, int]) -> tuple[Transfer, ...]:
    """Other goods that lay in a box, by SKU: nobody sold them on this order."""
    return transfers(key, UNITS, [(accounts.FOUND, accounts.returning(case, sku), n) for sku, n in items.items()])


def unannounced(key: str, box: str, count: int) -> tuple[Transfer, ...]:
    """Units in a box of which nobody knows yet to which return they belong."""
    return transfers(key, UNITS, [(accounts.FOUND, accounts.box(box), count)])


def matched(key: str, box: str, count: int) -> tuple[Transfer, ...]:
    """They belong to a return, whose receipt brings them from the customer: they were not found."""
    return transfers(key, UNITS, [(accounts.box(box), accounts.FOUND, count)])


def unclaimed(key: str, box: str, location: str, units: Mapping[str, int], disposition: str) -> tuple[Transfer, ...]:
    """What nobody claimed of a box is the shop's to put away, by SKU."""
    places = ((accounts.stock(location, sku, disposition), count) for sku, count in units.items())
    return transfers(key, UNITS, [(accounts.box(box), place, count) for place, count in places])


def kept(key: str, case: str, order_id: str, units: Mapping[str, int], left: Left) -> tuple[Transfer, ...]:
    """Units whose money went back without them: they are nobody's to return any more.

    What was announced is voided in the same entry, because it moves to another account than it was announced for.
    """
    announced = [_reserved(case, order_id, line_id, 1) for line_id in units]
    freed = finishing(key, TransferKind.VOID, ((one, min(units[_line(one)], left(one.key))) for one in announced))
    return (*freed, *transfers(f"{key}/kept", UNITS, _keeping(order_id, units)))


def kept_elsewhere(key: str, order_id: str, units: Mapping[str, int]) -> tuple[Transfer, ...]:
    """The same of units in no return, whose money somebody else gave back; below zero they may come back again."""
    return transfers(f"{key}/units", UNITS, _keeping(order_id, units))


def released(key: str, reserved: Iterable[Transfer], left: Left) -> tuple[Transfer, ...]:
    """What was announced and never came stays with the customer."""
    return finishing(key, TransferKind.VOID, ((one, left(one.key)) for one in reserved))


def announced(entries: Iterable[JournalEntry]) -> tuple[Transfer, ...]:
    """All units that were ever reserved by these entries of one return; what is set aside for it are the shop's own."""
    moved = (one for entry in entries for one in entry.transfers if entry.kind is not EntryKind.SET_ASIDE)
    return tuple(one for one in moved if one.kind is TransferKind.PENDING and one.commodity == UNITS)


def withheld(key: str, entries: Iterable[JournalEntry], lines: Collection[str], left: Left) -> tuple[Transfer, ...]:
    """What was announced of these lines is not taken back after all, so it stays with the customer."""
    return released(key, (one for one in announced(entries) if _line(one) in lines), left)


def put_away(key: str, moves: Iterable[tuple[str, str, int]]) -> tuple[Transfer, ...]:
    """Units from where they wait (`returning`) to where they lie (`stock`)."""
    return transfers(key, UNITS, moves)


def set_aside(key: str, shelf: str, case: str, line_id: str, quantity: int) -> Transfer:
    """Units of a shelf that wait to be sent; they are taken from it when they go."""
    return Transfer(
        key=f"{key}/1",
        kind=TransferKind.PENDING,
        debit=shelf,
        credit=accounts.sending(case, line_id),
        commodity=UNITS,
        amount=quantity,
    )


def _reserved(case: str, order_id: str, line_id: str, count: int) -> Transfer:
    return Transfer(
        key=ids.reserved_key(case, line_id),
        kind=TransferKind.PENDING,
        debit=accounts.with_customer(order_id, line_id),
        credit=accounts.returning(case, line_id),
        commodity=UNITS,
        amount=count,
    )


def _keeping(order_id: str, units: Mapping[str, int]) -> Iterator[Move]:
    keeper = accounts.kept(order_id)
    for line_id, count in units.items():
        holder = accounts.with_customer(order_id, line_id)
        yield (holder, keeper, count) if count > 0 else (keeper, holder, -count)


def _line(one: Transfer) -> str:
    return one.credit.split(":", 2)[2]
