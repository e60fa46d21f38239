"""A shop on a database of its own: a policy, an order, and the rooms that need nobody outside."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from activities.decisions import CancelReturn, CloseReturn, DecisionActivities, Opened, OpenReturn, PlanRefund
from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt
from activities.inventory.embedded import EmbeddedInventory
from activities.storefront import FetchOrder, StorefrontActivities
from activities.storefront.embedded import EmbeddedStorefront
from activities.storefront.importers import read_order
from database.engine import connect
from database.stores import SqlContacts, SqlOrders, SqlPolicies, SqlSnapshots
from domain.case import CaseSoFar, Outcome
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.order import Order, Tender, TenderKind
from domain.people import Role
from domain.plan import RefundPlan
from domain.policy import Policy, PublishedPolicy, version_of
from domain.request import RequestedLine, ReturnRequest
from ledger import UNITS, Balance, JournalEntry, Ledger, NewEntry
from ledger.store import SqlLedger
from settings import ROOT
from tests.database.servers import with_tables
from tests.staff import Staff

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TWO_RATES = (ROOT / "embedded" / "orders" / "two_rates.json").read_text()
"""Three mugs (line 1, 3529), a book (line 2, 2271), a kettle (line 3, 4555) and shipping (495): 10850 cents."""

Transfers = list[tuple[str, str, str, str, int]]


class Shop:
    """What stands behind a return, and the verbs of its story with as few words as a test needs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.orders, self.snapshots = SqlOrders(engine), SqlSnapshots(engine)
        self.policies, self.contacts = SqlPolicies(engine), SqlContacts(engine)
        self.people = Staff(dock=Role.WAREHOUSE, bench=Role.WAREHOUSE)
        self.use(SqlLedger(engine))

    def use(self, ledger: Ledger) -> None:
        """Have the rooms write to this ledger from here on."""
        self.ledger = ledger
        kept = (self.snapshots, self.policies, ledger)
        self.storefront = StorefrontActivities(EmbeddedStorefront(self.orders), *kept)
        self.decisions = DecisionActivities(*kept, self.people)
        self.inventory = InventoryActivities(EmbeddedInventory(), *kept, self.people)

    def publish(self, since: datetime = datetime(2020, 1, 1, tzinfo=UTC), **fields: Any) -> PublishedPolicy:
        """Publish 30 days after delivery, or other terms."""
        document = {"id": "default", "title": "30 days", "window_days": 30, **fields}
        return self.policies.publish(Policy.model_validate(document), version_of(document), since)

    def sell(self, **changed: Any) -> Order:
        """Put the order with two tax rates on the shelf; `changed` replaces fields of it."""
        imported = read_order(TWO_RATES)
        order = Order.model_validate({**imported.order.model_dump(), **changed})
        self.orders.put(order)
        self.contacts.put(imported.contact)
        return order

    def fetch(self, case: str, units: Mapping[str, int], order: str = "two-rates") -> CaseSoFar:
        """The order of a return that begins."""
        return self.storefront.fetch_order(FetchOrder(request=request(case, units, order), now=NOW))

    def open(self, case: str, units: Mapping[str, int], now: datetime = NOW) -> Opened:
        """The decision on a return of the order, which was fetched."""
        return self.decisions.open_return(OpenReturn(request=request(case, units), order_id="two-rates", now=now))

    def begin(self, case: str, units: Mapping[str, int]) -> Opened:
        """Fetch and open."""
        self.fetch(case, units)
        return self.open(case, units)

    def receive(self, case: str, units: Mapping[str, int], receipt: str = "box-1", now: datetime = NOW) -> datetime:
        """Goods arrive; gives when their inspection is due."""
        lines = tuple(ReceivedLine(line_id=line, quantity=quantity) for line, quantity in units.items())
        box = Receipt(id=receipt, received_by="dock", lines=lines)
        ask = RecordReceipt(case=case, order_id="two-rates", receipt=box, now=now)
        return self.inventory.record_receipt(ask).inspect_until

    def plan(self, case: str, units: Mapping[str, int], now: datetime = NOW) -> RefundPlan:
        """What is owed for inspected units."""
        seen = inspection(units)
        self.inventory.record_inspection(RecordInspection(case=case, order_id="two-rates", inspection=seen, now=now))
        ask = PlanRefund(case=case, order_id="two-rates", inspection=seen, now=now)
        return self.decisions.plan_refund(ask)

    def cancel(self, case: str) -> None:
        """Call a return off."""
        self.decisions.cancel_return(
            CancelReturn(case=case, order_id="two-rates", actor="shopper", reason="changed_mind", now=NOW)
        )

    def close(self, case: str) -> None:
        """End a return."""
        self.decisions.close_return(CloseReturn(case=case, order_id="two-rates", outcome=Outcome.REFUNDED, now=NOW))

    def entry(self, key: str) -> JournalEntry:
        """The entry under a key, which must be there."""
        found = self.ledger.find(key)
        assert found is not None, f"nothing is recorded under {key}"
        return found

    def recorded(self) -> list[str]:
        """The keys of all entries, oldest first."""
        return [one.key for one in self.ledger.entries()]

    def money(self, account: str) -> Balance:
        """A balance in euro cents."""
        return self.ledger.balance(account, "EUR")

    def units(self, account: str) -> Balance:
        """A balance in units."""
        return self.ledger.balance(account, UNITS)

    def pending(self) -> list[str]:
        """Accounts on which something is reserved."""
        return [one.account for one in self.ledger.balances() if one.pending_in or one.pending_out]

    def sound(self) -> bool:
        """Whether the journal holds together."""
        return self.ledger.verify().faults == ()


class Interrupted(SqlLedger):
    """A ledger in which somebody else writes just before each of the next appends."""

    def __init__(self, engine: Engine, *others: Callable[[], object]) -> None:
        super().__init__(engine)
        self.others = list(others)
        self.appends = 0

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        """Let the other go first."""
        self.appends += 1
        if self.others:
            self.others.pop(0)()
        return super().append(entry, seen=seen)


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """A shop with a policy and one order, in a new database."""
    (folder / "shop.db").write_bytes(_stocked())
    engine = connect(f"sqlite:///{folder / 'shop.db'}")
    try:
        yield Shop(engine)
    finally:
        engine.dispose()


@cache
def _stocked() -> bytes:
    """Such a database, as it lies in its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        path.write_bytes(with_tables())
        engine = connect(f"sqlite:///{path}")
        shop = Shop(engine)
        shop.publish()
        shop.sell()
        engine.dispose()
        return path.read_bytes()


def request(case: str, units: Mapping[str, int], order: str = "two-rates") -> ReturnRequest:
    """A request for these units: line id to quantity."""
    lines = tuple(RequestedLine(line_id=line, quantity=quantity) for line, quantity in units.items())
    return ReturnRequest(id=case, order_id=order, lines=lines)


def inspection(units: Mapping[str, int]) -> Inspection:
    """All of these units as new, to be sold again."""
    lines = tuple(InspectedLine(line_id=line, quantity=quantity) for line, quantity in units.items())
    return Inspection(id="insp-1", inspected_by="bench", lines=lines)


def card(name: str, captured: int, paid_at: datetime | None = None) -> dict[str, Any]:
    """A payment by card."""
    return Tender(id=name, kind=TenderKind.CARD, captured=captured, paid_at=paid_at).model_dump()


def transfers(entry: JournalEntry) -> Transfers:
    """The transfers of an entry: kind, debit, credit, commodity, amount."""
    return [(one.kind.value, one.debit, one.credit, one.commodity, one.amount) for one in entry.transfers]
