"""Units that are set aside to be sent to the shopper of a return, so that nobody else gets them meanwhile."""

from __future__ import annotations

from temporalio import activity

from activities.inventory import Inventory
from activities.inventory.items import Goods, Item
from domain import ids
from domain.errors import OverLimit, Refused
from domain.model import Id, Model, Quantity, UtcDatetime
from ledger import EntryKind, Ledger, NewEntry, TransferKind
from ledger.moves import finishing
from ledger.moves import goods as moves


class SetAside(Model):
    """So many units of an item for a line that is to be sent; `number` counts what a return has set aside."""

    case: Id
    order_id: Id
    number: Quantity = 1
    line_id: Id
    sku: str
    location: Id = "main"
    quantity: Quantity
    now: UtcDatetime


class SetFree(Model):
    """What a return has set aside under this number is not sent."""

    case: Id
    order_id: Id
    number: Quantity = 1
    now: UtcDatetime


class SettingAside:
    """Sets units aside and free again, each once: at whoever keeps the stock under our key, then in the journal."""

    def __init__(self, inventory: Inventory, ledger: Ledger) -> None:
        self._inventory = inventory
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def set_aside(self, ask: SetAside) -> None:
        """Raises Refused `out_of_stock` if there are not so many that nobody has yet."""
        key = ids.set_aside_key(ask.case, ask.number)
        asked = ask.model_dump(include={"line_id", "sku", "location", "quantity"})
        if self._ledger.find(key) is None:
            item = Item.model_validate(asked)
            self._inventory.reserve(key, Goods(case=ask.case, order_id=ask.order_id, items=(item,)))
        shelf = self._inventory.shelf(ask.location, ask.sku)
        try:
            self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.SET_ASIDE,
                    order=ask.order_id,
                    case=ask.case,
                    actor="rule:story",
                    at=ask.now,
                    facts=asked,
                    asked=asked,
                    transfers=(moves.set_aside(key, shelf, ask.case, ask.line_id, ask.quantity),),
                )
            )
        except OverLimit as error:
            text = f"{ask.location} has {error.available} of {ask.sku} that nobody waits for, not {ask.quantity}"
            raise Refused("out_of_stock", f"{text}; offer something else, or wait for more") from None

    @activity.defn(no_thread_cancel_exception=True)
    def set_free(self, ask: SetFree) -> None:
        """Raises Refused `not_set_aside` where nothing waits to be sent, or some of it went already."""
        key, reserved = ids.set_free_key(ask.case, ask.number), ids.set_aside_key(ask.case, ask.number)
        if self._ledger.find(key) is not None:
            return
        entry = self._ledger.find(reserved)
        pending = entry.transfers[0] if entry else None
        if entry is None or pending is None or self._ledger.pending_left(pending.key) < pending.amount:
            text = f"return {ask.case} has nothing set aside under number {ask.number}, or it was sent already"
            raise Refused("not_set_aside", text)
        item = Item.model_validate(entry.facts)
        self._inventory.release(key, reserved, Goods(case=ask.case, order_id=ask.order_id, items=(item,)))
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.SET_FREE,
                order=ask.order_id,
                case=ask.case,
                actor="rule:story",
                at=ask.now,
                facts={"set_aside": reserved},
                asked={"set_aside": reserved},
                transfers=finishing(key, TransferKind.VOID, [(pending, pending.amount)]),
            )
        )
