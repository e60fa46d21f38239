"""Goods: counted out of the box, inspected, put away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import activity

from activities.people import check_person
from domain import ids
from domain.errors import OverLimit, Refused
from domain.inspection import Inspection, Receipt, units
from domain.model import Id, Model, UtcDatetime
from domain.stores import People, Policies, Snapshots
from domain.verbs import Verb
from ledger import UNITS, EntryKind, Ledger, NewEntry, accounts
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class PutAway(Model):
    """So many units of one item to one place, in one condition."""

    sku: str
    location: Id
    disposition: str
    quantity: int


class Inventory(Protocol):
    """The warehouse's stock. Raises Unavailable or Refused."""

    def put_away(self, key: str, moves: tuple[PutAway, ...], now: datetime) -> None:
        """Add returned units to the stock; the same key counts once."""


class RecordReceipt(Model):
    """Goods that arrived."""

    case: Id
    order_id: Id
    receipt: Receipt
    now: UtcDatetime


class ReceiptRecorded(Model):
    """When the inspection is due."""

    inspect_until: UtcDatetime


class RecordInspection(Model):
    """What the warehouse saw."""

    case: Id
    order_id: Id
    inspection: Inspection
    now: UtcDatetime


class Restock(Model):
    """Inspected goods to be put away."""

    case: Id
    order_id: Id
    inspection: Inspection
    now: UtcDatetime


class InventoryActivities:
    """Moves units from the customer to the shelf, each once."""

    def __init__(
        self, inventory: Inventory, snapshots: Snapshots, policies: Policies, ledger: Ledger, people: People
    ) -> None:
        self._inventory = inventory
        self._people = people
        self._snapshots = snapshots
        self._policies = policies
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def record_receipt(self, ask: RecordReceipt) -> ReceiptRecorded:
        """Record an arrival: its units leave the customer's account. Raises Refused if who counted may not."""
        key = ids.receipt_key(ask.case, ask.receipt.id)
        self._check(key, ask.receipt.received_by, Verb.RECEIVE)
        counted = units(ask.receipt.lines)
        inspect_until = (ask.now + timedelta(days=self._inspection_days(ask.case, ask.order_id))).isoformat()

        def told() -> NewEntry:
            self._check_approved(key, ask.case, counted)
            return NewEntry(
                key=key,
                kind=EntryKind.RECEIPT,
                order=ask.order_id,
                case=ask.case,
                actor=ask.receipt.received_by,
                at=ask.now,
                facts={"receipt": ask.receipt.model_dump(mode="json"), "inspect_until": inspect_until},
                asked={"units": counted},
                transfers=goods.received(key, ask.case, ask.order_id, counted, self._ledger.pending_left),
            )

        entry = decided(self._ledger, ask.order_id, told)
        return ReceiptRecorded.model_validate(entry.facts)

    @activity.defn(no_thread_cancel_exception=True)
    def record_inspection(self, ask: RecordInspection) -> None:
        """Record grade and disposition of everything that was received. Raises Refused if who graded may not."""
        key = ids.inspection_key(ask.case, ask.inspection.id)
        self._check(key, ask.inspection.inspected_by, Verb.INSPECT)
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.INSPECTION,
                order=ask.order_id,
                case=ask.case,
                actor=ask.inspection.inspected_by,
                at=ask.now,
                facts={"inspection": ask.inspection.model_dump(mode="json")},
                asked={"lines": [line.model_dump(mode="json") for line in ask.inspection.lines]},
            )
        )

    @activity.defn(no_thread_cancel_exception=True)
    def restock(self, ask: Restock) -> None:
        """Put the inspected units away: in the warehouse's system under our key, then in the journal."""
        key = ids.restock_key(ask.case, ask.inspection.id)
        if self._ledger.find(key) is not None:
            return
        self._check_came_back(ask)
        moves = self._moves(ask)
        self._inventory.put_away(key, tuple(move for _, move in moves), ask.now)
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.RESTOCK,
                order=ask.order_id,
                case=ask.case,
                actor="rule:story",
                at=ask.now,
                facts={"inspection": ask.inspection.id},
                asked={"inspection": ask.inspection.id},
                transfers=goods.put_away(
                    key,
                    (
                        (
                            accounts.returning(ask.case, line_id),
                            accounts.stock(move.location, move.sku, move.disposition),
                            move.quantity,
                        )
                        for line_id, move in moves
                    ),
                ),
            )
        )

    def _check(self, key: str, who: str, verb: Verb) -> None:
        """Raises Refused if the person may not say it; what is recorded was said while they still could."""
        if self._ledger.find(key) is None:
            check_person(self._people, who, verb)

    def _check_approved(self, key: str, case: str, counted: Mapping[str, int]) -> None:
        """Raises Refused for units that were never approved: what they are worth has not been decided."""
        if self._ledger.find(key) is not None:
            return
        for line_id, count in counted.items():
            left = self._ledger.pending_left(ids.reserved_key(case, line_id))
            if count > left:
                text = f"{count} of line {line_id} counted, but return {case} was approved for {left} more of it"
                raise Refused("more_than_approved", f"{text}; open a return for the others")

    def _check_came_back(self, ask: Restock) -> None:
        """Raises OverLimit where the journal would refuse the move, before the warehouse is told of it."""
        for line_id, quantity in units(ask.inspection.lines).items():
            account = accounts.returning(ask.case, line_id)
            came = self._ledger.balance(account, UNITS).available
            if quantity > came:
                raise OverLimit(account, quantity, came)

    def _moves(self, ask: Restock) -> list[tuple[str, PutAway]]:
        order = OrderBooks.read(self._ledger, self._snapshots, ask.order_id).order
        skus = {line.id: line.sku for line in order.lines}
        return [
            (
                line.line_id,
                PutAway(
                    sku=skus.get(line.line_id) or line.line_id,
                    location=ask.inspection.location,
                    disposition=line.disposition.value,
                    quantity=line.quantity,
                ),
            )
            for line in ask.inspection.lines
        ]

    def _inspection_days(self, case: str, order_id: str) -> int:
        """What the decision has; one that says nothing of it goes by the policy."""
        decision = case_so_far(self._ledger.entries(case=case)).decision
        if decision is not None and decision.inspection_days is not None:
            return decision.inspection_days
        books = OrderBooks.read(self._ledger, self._snapshots, order_id)
        return books.policy(self._policies).policy.inspection_days
