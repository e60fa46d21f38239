"""Goods: counted out of the box, inspected, put away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Protocol

from temporalio import activity

from activities.inventory.findings import Findings
from activities.inventory.items import Goods, Item, counted, judged, put_away
from activities.moment import beat
from activities.people import check_person
from domain import ids
from domain.errors import OverLimit, Refused
from domain.inspection import VERB_OF, Inspection, Receipt, StockVerb, asked, units
from domain.model import Id, Model, UtcDatetime
from domain.order import Order
from domain.parts import may_wait
from domain.serials import Discrepancy
from domain.stores import People, Policies, Snapshots
from domain.verbs import Verb
from ledger import UNITS, EntryKind, Ledger, NewEntry, accounts, serials
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class Inventory(Protocol):
    """Whoever keeps the stock. Every method takes our key, and the same key counts once. Raises Unavailable or
    Refused."""

    def receive(self, key: str, goods: Goods) -> None:
        """They came back, and wait to be judged."""

    def restock(self, key: str, goods: Goods) -> None:
        """They are sold again as they are."""

    def quarantine(self, key: str, goods: Goods) -> None:
        """They are kept apart until somebody has judged or mended them."""

    def scrap(self, key: str, goods: Goods) -> None:
        """They leave the stock for good."""

    def reserve(self, key: str, goods: Goods) -> None:
        """They are set aside, and nobody else gets them. Raises Refused `out_of_stock`."""

    def release(self, key: str, reserved: str, goods: Goods) -> None:
        """What was set aside under the key `reserved` is anybody's again."""

    def shelf(self, location: str, sku: str) -> str:
        """The ledger's account of the units there that can be sold."""


class RecordReceipt(Model):
    """Goods that arrived."""

    case: Id
    order_id: Id
    receipt: Receipt
    now: UtcDatetime


class ReceiptRecorded(Model):
    """When it was recorded, when the inspection is due, and which serial numbers are not those that were sold."""

    inspect_until: UtcDatetime
    at: UtcDatetime | None = None
    discrepancies: tuple[Discrepancy, ...] = ()


class RecordInspection(Model):
    """What the warehouse saw."""

    case: Id
    order_id: Id
    inspection: Inspection
    now: UtcDatetime


class InspectionRecorded(Model):
    """Which serial numbers are not those that were sold."""

    discrepancies: tuple[Discrepancy, ...] = ()


class Restock(Model):
    """Inspected goods to be put away."""

    case: Id
    order_id: Id
    inspection: Inspection
    now: UtcDatetime


class InventoryActivities(Findings):
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
        """Record an arrival: its units leave the customer's account. Raises Refused if who counted may not.

        A serial number that was not sold refuses nothing, because the unit is here; it is recorded as a discrepancy.
        """
        key = ids.receipt_key(ask.case, ask.receipt.id)
        self._check(key, ask.receipt.received_by, Verb.RECEIVE)
        lines = ask.receipt.lines
        came = units(lines)
        read = {"lines": asked(lines)} if any(line.serials for line in lines) else {}
        inspect_until = (ask.now + self._inspection_time(ask.case, ask.order_id)).isoformat()

        def told() -> NewEntry:
            self._check_approved(key, ask.case, came)
            wrong = serials.wrong(
                self._ledger, self._snapshots, ask.order_id, lines, earlier=lambda entry: entry.key != key
            )
            recorded = {"receipt": _told(ask.receipt), "inspect_until": inspect_until}
            return NewEntry(
                key=key,
                kind=EntryKind.RECEIPT,
                order=ask.order_id,
                case=ask.case,
                actor=ask.receipt.received_by,
                reasons=serials.codes(wrong),
                at=ask.now,
                facts={**recorded, **serials.facts(wrong)},
                asked={"units": came, **read},
                transfers=goods.received(
                    key,
                    ask.case,
                    ask.order_id,
                    came,
                    self._ledger.pending_left,
                    goods.announced(self._ledger.entries(case=ask.case)),
                ),
            )

        entry = decided(self._ledger, ask.order_id, told)
        return ReceiptRecorded.model_validate({**entry.facts, "at": entry.at})

    @activity.defn(no_thread_cancel_exception=True)
    def record_inspection(self, ask: RecordInspection) -> InspectionRecorded:
        """Record grade and disposition of everything that was received. Raises Refused if who graded may not."""
        key = ids.inspection_key(ask.case, ask.inspection.id)
        self._check(key, ask.inspection.inspected_by, Verb.INSPECT)
        lines = ask.inspection.lines

        def told() -> NewEntry:
            known = case_so_far(self._ledger.entries(case=ask.case))
            if self._ledger.find(key) is None and (no := may_wait(known, ask.inspection)):
                raise Refused(no.code, no.message)
            # What this return received is what is looked at now, so it did not come back before.
            wrong = serials.wrong(
                self._ledger, self._snapshots, ask.order_id, lines, earlier=lambda entry: entry.case != ask.case
            )
            return NewEntry(
                key=key,
                kind=EntryKind.INSPECTION,
                order=ask.order_id,
                case=ask.case,
                actor=ask.inspection.inspected_by,
                reasons=serials.codes(wrong),
                at=ask.now,
                facts={"inspection": _told(ask.inspection), **serials.facts(wrong)},
                asked={"lines": asked(lines)},
            )

        entry = decided(self._ledger, ask.order_id, told)
        return InspectionRecorded.model_validate(entry.facts)

    @activity.defn(no_thread_cancel_exception=True)
    def restock(self, ask: Restock) -> None:
        """Put the inspected units away: in the warehouse's system under our keys, then in the journal.

        Only now does that system hear that they came: while it does not answer, boxes are counted all the same.
        """
        key = ids.restock_key(ask.case, ask.inspection.id)
        if self._ledger.find(key) is not None:
            return
        self._check_came_back(ask)
        order = OrderBooks.read(self._ledger, self._snapshots, ask.order_id).order
        items = tuple(judged(order, ask.inspection))
        for call, at, some in (*self._arrived(order, ask.case), *self._put_away(ask, items)):
            beat()
            call(at, Goods(case=ask.case, order_id=ask.order_id, items=some))
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
                transfers=goods.put_away(key, (put_away(ask.case, item) for item in items)),
            )
        )

    def _arrived(self, order: Order, case: str) -> Iterator[Call]:
        for receipt in case_so_far(self._ledger.entries(case=case)).receipts:
            yield self._inventory.receive, ids.receipt_key(case, receipt.id), tuple(counted(order, receipt))

    def _put_away(self, ask: Restock, items: tuple[Item, ...]) -> Iterator[Call]:
        told = {
            StockVerb.RESTOCK: self._inventory.restock,
            StockVerb.QUARANTINE: self._inventory.quarantine,
            StockVerb.SCRAP: self._inventory.scrap,
        }
        for verb, call in told.items():
            mine = tuple(item for item in items if item.disposition and VERB_OF[item.disposition] is verb)
            if mine:
                yield call, ids.put_away_key(verb, ask.case, ask.inspection.id), mine

    def _check(self, key: str, who: str, verb: Verb) -> None:
        """Raises Refused if the person may not say it; what is recorded was said while they still could."""
        if self._ledger.find(key) is None:
            check_person(self._people, who, verb)

    def _check_approved(self, key: str, case: str, counted: Mapping[str, int]) -> None:
        """Raises Refused for units that were never approved: what they are worth has not been decided."""
        if self._ledger.find(key) is not None:
            return
        announced = goods.still_announced(self._ledger.entries(case=case), self._ledger.pending_left)
        for line_id, count in counted.items():
            left = announced.get(line_id, 0)
            if count > left:
                text = f"{count} of line {line_id} counted, but return {case} was approved for {left} more of it"
                raise Refused("more_than_approved", f"{text}; open a return for the others")

    def _check_came_back(self, ask: Restock) -> None:
        """Raises OverLimit where the journal would refuse the move, before the warehouse is told of it, and Refused for
        goods that are to go back to the shopper."""
        known = case_so_far(self._ledger.entries(case=ask.case))
        if known.wants_goods and known.sent_back is None:
            raise Refused(
                "wanted_back", f"the shopper wants the goods of return {ask.case}, so they stay where they are"
            )
        for line_id, quantity in units(ask.inspection.lines).items():
            account = accounts.returning(ask.case, line_id)
            came = self._ledger.balance(account, UNITS).available
            if quantity > came:
                raise OverLimit(account, quantity, came)

    def _inspection_time(self, case: str, order_id: str) -> timedelta:
        """What the decision has; one that says nothing of it goes by the policy."""
        decision = case_so_far(self._ledger.entries(case=case)).decision
        if decision is not None and decision.inspection_days is not None:
            return decision.days(decision.inspection_days)
        books = OrderBooks.read(self._ledger, self._snapshots, order_id)
        return timedelta(days=books.policy(self._policies).policy.inspection_days)


Call = tuple[Callable[[str, Goods], None], str, tuple[Item, ...]]
"""What the warehouse is told, under which key, of which items."""


def _told(model: Receipt | Inspection) -> dict[str, object]:
    """As a fact: the journal has no word for nothing."""
    return model.model_dump(mode="json", exclude_none=True)
