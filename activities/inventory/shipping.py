"""Goods on their way to the shopper of a return: what goes out for what came back, or their own, mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from temporalio import activity

from activities.inventory.items import Goods, Item
from activities.people import check_person
from domain import trade_ids
from domain.case import CaseSoFar
from domain.errors import Refused
from domain.exchange import Sent
from domain.inspection import units
from domain.model import Id, Model, Quantity, ShortText, UtcDatetime
from domain.repair import Repair
from domain.resolution import IN_GOODS, Resolution
from domain.stores import People
from domain.verbs import Verb
from ledger import UNITS, EntryKind, JournalEntry, Ledger, NewEntry, Transfer, TransferKind, accounts
from ledger.deciding import decided
from ledger.moves import finishing, transfers
from ledger.recall import case_so_far


class Dispatched(Model):
    """A parcel that is on its way; what is empty nobody has told."""

    tracking_number: ShortText = ""
    carrier: ShortText = ""


class Fulfilment(Protocol):
    """Whoever packs parcels. Raises Unavailable or Refused."""

    def ship(self, key: str, goods: Goods) -> Dispatched | None:
        """Have these sent to the order's shopper, once per key; None as long as they are not on their way."""


class ByHandFulfilment:
    """The warehouse packs what it is shown, and says so itself."""

    def ship(self, key: str, goods: Goods) -> Dispatched | None:
        """None: who packs it says when."""
        return None


class Ship(Model):
    """What a return owes its shopper in goods; the journal knows what that is. `number` counts its parcels."""

    case: Id
    order_id: Id
    number: Quantity = 1
    now: UtcDatetime


class RecordShipped(Ship, Dispatched):
    """The word of a person that it is on its way."""

    by: Id


class RecordRepair(Model):
    """The workshop's word."""

    case: Id
    order_id: Id
    by: Id
    result: Repair
    now: UtcDatetime


class Shipping:
    """Has goods sent, each once: under our key at whoever packs them, then in the journal."""

    def __init__(self, fulfilment: Fulfilment, ledger: Ledger, people: People) -> None:
        self._fulfilment = fulfilment
        self._ledger = ledger
        self._people = people

    @activity.defn(no_thread_cancel_exception=True)
    def ship(self, ask: Ship) -> Sent | None:
        """Have it sent, or look whether it is; None until then. Raises Refused where nothing may go out yet."""
        key = trade_ids.ship_key(ask.case, ask.number)
        if (recorded := self._recorded(key)) is not None:
            return recorded
        known = case_so_far(self._ledger.entries(case=ask.case))
        owed = _owed(known)
        goods = Goods(case=ask.case, order_id=ask.order_id, items=tuple(one.item for one in owed))
        made = self._fulfilment.ship(key, goods)
        return self._record(ask, made, "warehouse") if made is not None else None

    @activity.defn(no_thread_cancel_exception=True)
    def record_shipped(self, ask: RecordShipped) -> Sent:
        """Record that a person sent it. Raises Refused if they may not, or nothing waits to be sent."""
        key = trade_ids.ship_key(ask.case, ask.number)
        if (recorded := self._recorded(key)) is not None:
            return recorded
        check_person(self._people, ask.by, Verb.SHIPPED)
        return self._record(ask, ask, ask.by)

    @activity.defn(no_thread_cancel_exception=True)
    def record_repair(self, ask: RecordRepair) -> Repair:
        """Record what the workshop said. Raises Refused if whoever says it may not, or nothing is to be mended."""
        key = trade_ids.repair_key(ask.case)
        if self._ledger.find(key) is None:
            check_person(self._people, ask.by, Verb.REPAIR)

        def told() -> NewEntry:
            known = case_so_far(self._ledger.entries(case=ask.case))
            if known.repair is None and (known.resolution is not Resolution.REPAIR or known.inspection is None):
                raise Refused("not_in_repair", f"nothing of return {ask.case} is in repair")
            return NewEntry(
                key=key,
                kind=EntryKind.REPAIR,
                order=ask.order_id,
                case=ask.case,
                actor=ask.by,
                at=ask.now,
                facts={"result": ask.result.value},
                asked={"result": ask.result.value},
            )

        return Repair(decided(self._ledger, ask.order_id, told, key).facts["result"])

    def _recorded(self, key: str) -> Sent | None:
        entry = self._ledger.find(key)
        return Sent.model_validate(entry.facts["sent"]) if entry else None

    def _record(self, ask: Ship, made: Dispatched, actor: str) -> Sent:
        key = trade_ids.ship_key(ask.case, ask.number)

        def told() -> NewEntry:
            entries = tuple(self._ledger.entries(case=ask.case))
            owed = _owed(case_so_far(entries))
            sent = Sent(
                number=ask.number,
                lines={one.to: one.item.quantity for one in owed},
                tracking_number=made.tracking_number,
                carrier=made.carrier,
                at=ask.now,
            )
            return NewEntry(
                key=key,
                kind=EntryKind.SHIPPED,
                order=ask.order_id,
                case=ask.case,
                actor=actor,
                at=ask.now,
                facts={"sent": sent.model_dump(mode="json")},
                asked={"number": ask.number},
                transfers=tuple(self._moves(key, ask, entries, owed)),
            )

        return Sent.model_validate(decided(self._ledger, ask.order_id, told, key).facts["sent"])

    def _moves(self, key: str, ask: Ship, entries: tuple[JournalEntry, ...], owed: list[Owed]) -> Iterator[Transfer]:
        """What was set aside goes, and what of it is not needed is anybody's again; their own goes back to them."""
        aside = {one.facts["line_id"]: one.transfers[0] for one in entries if one.kind is EntryKind.SET_ASIDE}
        for item, to, own in owed:
            holder = accounts.with_customer(ask.order_id, to)
            if own:
                mended = accounts.returning(ask.case, to)
                yield from transfers(f"{key}/{to}", UNITS, [(mended, holder, item.quantity)])
                continue
            pending = aside.get(item.line_id)
            left = self._ledger.pending_left(pending.key) if pending else 0
            if pending is None or left < item.quantity:
                text = f"{item.quantity} of {item.sku} are to be sent, and {left} are set aside"
                raise Refused("not_set_aside", f"{text}; find out what became of the others")
            yield from finishing(key, TransferKind.POST, [(pending, item.quantity)])
            yield from finishing(f"{key}/rest", TransferKind.VOID, [(pending, left - item.quantity)])
            yield from transfers(f"{key}/{to}", UNITS, [(pending.credit, holder, item.quantity)])


class Owed(NamedTuple):
    """What goes out, and the line of the order on which it stands then; the shopper's own, or set aside for them."""

    item: Item
    to: str
    own: bool = False


def _owed(known: CaseSoFar) -> list[Owed]:
    """What goes out for what was inspected. Raises Refused where that is nothing, or money comes first."""
    own = known.resolution is Resolution.REPAIR and known.repair is Repair.REPAIRED
    found = [*_own(known)] if own else [*_promised(known)]
    if not found:
        raise Refused("nothing_to_send", "nothing of this return is owed to its shopper in goods")
    return found


def _own(known: CaseSoFar) -> Iterator[Owed]:
    for line_id, quantity in units(known.inspection.lines if known.inspection else ()).items():
        yield Owed(Item(line_id=line_id, sku=line_id, location="main", quantity=quantity), line_id, own=True)


def _promised(known: CaseSoFar) -> Iterator[Owed]:
    new = {line.id: line.quantity for line in known.plan.new} if known.plan else {}
    came = units(known.inspection.lines if known.inspection else ())
    if known.resolution not in IN_GOODS:
        return
    if known.trades and not known.committed:
        raise Refused("not_planned", "the money of this exchange may still be planned anew; ship it afterwards")
    for swap in known.promised:
        quantity = new.get(swap.new_line, 0) if known.trades else came.get(swap.line_id, 0)
        if quantity:
            yield Owed(Item(line_id=swap.new_line, sku=swap.sku, location="main", quantity=quantity), swap.new_line)
