"""The units: reserved for a return, come back in parts, put away, kept, or left with the customer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from domain import ids
from ledger import UNITS, EntryKind, JournalEntry, Transfer, TransferKind, accounts
from ledger.moves import Move, finishing, transfers
from ledger.moves.money import Left


def reserved(case: str, order_id: str, units: Mapping[str, int]) -> tuple[Transfer, ...]:
    """Units that may come back, by line; none of them can be promised to another return."""
    return tuple(_reserved(case, order_id, line_id, count) for line_id, count in units.items() if count)


def received(
    key: str, case: str, order_id: str, units: Mapping[str, int], left: Left, later: Iterable[Transfer] = ()
) -> tuple[Transfer, ...]:
    """Units that came in one box: those that were announced, at first or `later`, and more of a line that the customer
    still has."""
    posted, more = [], []
    for line_id, count in units.items():
        first = _reserved(case, order_id, line_id, 1)
        for announced in (first, *_others(first, later)):
            came = min(count, left(announced.key))
            posted.append((announced, came))
            count -= came
        more.append((first.debit, first.credit, count))
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
    """Units that came and go back to the shopper: they are the customer's again."""
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


def kept(
    key: str, case: str, order_id: str, units: Mapping[str, int], left: Left, later: Iterable[Transfer] = ()
) -> tuple[Transfer, ...]:
    """Units whose money went back without them: they are nobody's to return any more.

    What was announced is voided in the same entry, because it moves to another account than it was announced for.
    """
    freed = []
    for line_id, count in units.items():
        first = _reserved(case, order_id, line_id, 1)
        for one in (first, *_others(first, later)):
            freed.append((one, min(count, left(one.key))))
            count -= freed[-1][1]
    return (*finishing(key, TransferKind.VOID, freed), *transfers(f"{key}/kept", UNITS, _keeping(order_id, units)))


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


def still_announced(entries: Iterable[JournalEntry], left: Left) -> dict[str, int]:
    """Units of each line that a return still has reserved."""
    found: dict[str, int] = {}
    for one in announced(entries):
        found[_line(one)] = found.get(_line(one), 0) + left(one.key)
    return found


def announced_anew(
    key: str, case: str, order_id: str, units: Mapping[str, int], entries: Sequence[JournalEntry], left: Left
) -> tuple[Transfer, ...]:
    """From now on so many units of each line are reserved: what is too many stays with the customer, what is missing is
    reserved besides."""
    known = announced(entries)
    have = still_announced(entries, left)
    freed = []
    too_many = {line_id: count - units.get(line_id, 0) for line_id, count in have.items()}
    for one in known:
        free = min(left(one.key), max(0, too_many[_line(one)]))
        too_many[_line(one)] -= free
        freed.append((one, free))
    missing = {line_id: count - have.get(line_id, 0) for line_id, count in units.items()}
    more = (_reserved(case, order_id, line_id, count) for line_id, count in missing.items() if count > 0)
    names = {one.key for one in known}
    fresh = (one.model_copy(update={"key": f"{key}/{_line(one)}"}) if one.key in names else one for one in more)
    return (*finishing(key, TransferKind.VOID, freed), *fresh)


def counted_otherwise(
    key: str,
    case: str,
    order_id: str,
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    expected: Mapping[str, int],
    entries: Sequence[JournalEntry],
    left: Left,
) -> tuple[Transfer, ...]:
    """Units that were counted (the first of the `counts`) and were not there (by the second) are with the customer,
    and `expected` again; those that were there after all come back now."""
    before, after = counts
    more = {line_id: count - before.get(line_id, 0) for line_id, count in after.items()}
    fewer = {line_id: count - after.get(line_id, 0) for line_id, count in before.items()}
    came = received(key, case, order_id, {one: n for one, n in more.items() if n > 0}, left, announced(entries))
    held = [
        (accounts.returning(case, line_id), accounts.with_customer(order_id, line_id), count)
        for line_id, count in fewer.items()
        if count > 0
    ]
    again = {line_id: expected.get(line_id, 0) for line_id, count in fewer.items() if count > 0}
    have = still_announced(entries, left)
    promised = {line_id: max(count, have.get(line_id, 0)) for line_id, count in again.items()}
    untouched = {line_id: count for line_id, count in have.items() if line_id not in promised}
    # Those that come now are taken from what was announced; nothing of their lines is announced anew.
    anew = announced_anew(key, case, order_id, {**untouched, **promised}, entries, left)
    return (*came, *transfers(f"{key}/back", UNITS, held), *anew)


def put_away(key: str, moves: Iterable[tuple[str, str, int]]) -> tuple[Transfer, ...]:
    """Units from where they wait (`returning`) to where they lie (`stock`)."""
    return transfers(key, UNITS, moves)


def moved(key: str, giver: str, taker: str, quantity: int) -> tuple[Transfer, ...]:
    """Units from one account to another."""
    return transfers(key, UNITS, [(giver, taker, quantity)])


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


def _others(first: Transfer, later: Iterable[Transfer]) -> list[Transfer]:
    """What was announced later of the same line."""
    return [one for one in later if one.credit == first.credit and one.key != first.key]


def _line(one: Transfer) -> str:
    return one.credit.split(":", 2)[2]
