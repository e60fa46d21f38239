"""A seeded run of mixed returns, told by the activities themselves: what finance's papers are tried on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Engine

from activities.decisions import CancelReturn, CloseReturn, DecisionActivities, OpenReturn, PlanRefund
from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt, Restock
from activities.inventory.embedded import EmbeddedInventory
from activities.labels import BuyLabel, LabelActivities, LabelRequest, RecordScan, VoidLabel
from activities.payments import PayLeg, PaymentActivities
from activities.storefront import FetchOrder, StorefrontActivities
from activities.storefront.embedded import EmbeddedStorefront
from database.engine import connect
from database.stores import SqlContacts, SqlOrders, SqlParcels, SqlPolicies, SqlSnapshots
from domain.case import Outcome
from domain.history import history_of
from domain.inspection import Grade, InspectedLine, Inspection, Receipt, ReceivedLine
from domain.order import Delivery, Order, TenderKind
from domain.parcel import ReturnLabel, Scan, TrackingStatus
from domain.people import Role
from domain.plan import Leg, RefundPlan
from domain.policy import Policy, ShippingRule
from domain.refund import Refund, RefundStatus
from domain.request import RequestedLine, ReturnRequest
from ledger.credit_notes import CreditNotes
from ledger.store import SqlLedger
from tests.database.servers import with_tables
from tests.payments.fake import FakeProvider
from tests.proof.stories import story
from tests.staff import Staff

START = datetime(2026, 1, 28, 8, tzinfo=UTC)
APART = timedelta(hours=7)
PLACED, ARRIVED = timedelta(days=-9), timedelta(days=-5)
POLICIES = {"summer": START - timedelta(days=400), "winter": START + timedelta(days=-6)}
"""Two policies, each from a day on."""

FATES = ("refunded", "failed", "refunded", "cancelled", "refunded", "keep", "refunded", "stuck", "refunded", "open")
"""What becomes of returns in turn, where nothing else decides: so that a short run has all of it, too."""


class Carrier:
    """A carrier whose labels are always to be had."""

    def buy(self, key: str, request: LabelRequest, now: datetime) -> ReturnLabel:
        """Number it by its key."""
        number = key.replace(":", "-")
        return ReturnLabel(tracking_number=number, carrier="Test", url=f"https://example.com/{number}", bought_at=now)

    def find(self, key: str, now: datetime) -> ReturnLabel | None:
        """Nobody asks for it here."""
        raise NotImplementedError

    def track(self, tracking_number: str, carrier: str) -> tuple[Scan, ...]:
        """Nobody asks for it here."""
        raise NotImplementedError

    def void(self, key: str, label: ReturnLabel) -> None:
        """Always."""


class Mixed:
    """Returns of random orders in several currencies, each with up to four tenders.

    `told` counts what became of them: refunded, declined, cancelled, keep (paid without goods), failed (the provider
    said no, and a second attempt was paid), stuck (no attempt was), open (asked for and not answered yet).
    """

    def __init__(self, engine: Engine, seed: str = "1") -> None:
        self.chance = Random(seed)
        self.provider = FakeProvider()
        self.told: Counter[str] = Counter()
        self.ledger, self.snapshots = SqlLedger(engine), SqlSnapshots(engine)
        self.orders, policies = SqlOrders(engine), SqlPolicies(engine)
        for number, (name, since) in enumerate(POLICIES.items()):
            policy = Policy(id=name, title=name, window_days=30, refund_shipping=list(ShippingRule)[1 + number])
            policies.publish(policy, f"{number}" * 64, since)
        kept = (self.snapshots, policies, self.ledger)
        self.storefront = StorefrontActivities(EmbeddedStorefront(self.orders), *kept)
        people = Staff(ann=Role.WAREHOUSE, ben=Role.WAREHOUSE)
        self.decisions = DecisionActivities(*kept, people)
        self.inventory = InventoryActivities(EmbeddedInventory(), *kept, people)
        self.labels = LabelActivities(
            Carrier(), SqlContacts(engine), self.ledger, SqlParcels(engine), ("Shop", "Dock 1")
        )
        self.payments = PaymentActivities(self.provider, self.ledger, CreditNotes(self.ledger, self.snapshots))

    def tell(self, returns: int) -> Mixed:
        """Tell so many returns."""
        number = 0
        while sum(self.told.values()) < returns:
            number += 1
            now = START + APART * number
            order = self.sell(number, now)
            if order is None:
                continue
            for part, units in enumerate(self.parts(order), start=1):
                if sum(self.told.values()) < returns:
                    fate = FATES[sum(self.told.values()) % len(FATES)]
                    self.told[_Return(self, f"R-{number}-{part}", order, units, now + APART * part, fate).tell()] += 1
        return self

    def sell(self, number: int, now: datetime) -> Order | None:
        """An order that somebody paid; None for one of which everything went back before."""
        drawn = story(self.chance).order
        late = number % 8 == 0
        arrived = now + (timedelta(days=-60) if late else ARRIVED)
        named = {one.id: f"pi_{number}_{one.id}" for one in drawn.tenders}
        lines = [
            line.model_copy(update={"deliveries": (Delivery(quantity=line.quantity, at=arrived),)})
            for line in drawn.lines
        ]
        tenders = [
            one.model_copy(update={"id": named[one.id], "kind": TenderKind.CARD, "paid_at": None})
            for one in drawn.tenders
        ]
        refunds = [
            one.model_copy(update={"money": {named[name]: amount for name, amount in one.money.items()}})
            for one in drawn.refunds
        ]
        changed = {
            "id": f"o-{number}",
            "number": f"B-{number}",
            "customer_id": f"c-{self.chance.randint(1, 1 + number // 3)}",
            "placed_at": arrived + (PLACED - ARRIVED),
        }
        order = Order.model_validate(
            {**drawn.model_dump(), **changed, "lines": lines, "tenders": tenders, "refunds": refunds}
        )
        if not any(line.open for line in history_of(order).lines.values()):
            return None
        self.orders.put(order)
        return order

    def parts(self, order: Order) -> list[dict[str, int]]:
        """What comes back together: some units, and now and then the others later."""
        units = [line_id for line_id, line in history_of(order).lines.items() for _ in range(line.open)]
        self.chance.shuffle(units)
        cut = self.chance.randint(1, len(units))
        groups = [units[:cut], *([units[cut:]] if cut < len(units) and self.chance.random() < 0.5 else [])]
        return [dict(Counter(group)) for group in groups]


class _Return:
    def __init__(self, run: Mixed, case: str, order: Order, units: dict[str, int], now: datetime, fate: str) -> None:
        self.run, self.case, self.order, self.units, self.now, self.fate = run, case, order, units, now, fate
        self.about = {"case": case, "order_id": order.id}

    def tell(self) -> str:
        """From the request to the end; gives what became of it."""
        lines = tuple(RequestedLine(line_id=line, quantity=count) for line, count in self.units.items())
        request = ReturnRequest(id=self.case, order_id=self.order.id, lines=lines)
        self.run.storefront.fetch_order(FetchOrder(request=request, now=self.now))
        opened = self.run.decisions.open_return(OpenReturn(request=request, order_id=self.order.id, now=self.now))
        if not opened.decision.approved:
            return self.close(Outcome.DECLINED)
        label = self.label()
        if self.fate == "cancelled":
            self.run.decisions.cancel_return(
                CancelReturn(**self.about, now=self.now, actor="shopper", reason="changed_mind")
            )
            self.run.labels.void_label(VoidLabel(**self.about, now=self.now, label=label, actor="shopper"))
            return self.close(Outcome.CANCELLED)
        keep = self.fate == "keep"
        if not keep:
            self.arrive(label)
        seen = self.inspect()
        plan = self.run.decisions.plan_refund(
            PlanRefund(case=self.case, order_id=self.order.id, now=self.now, inspection=seen)
        )
        said = {self.pay(leg, plan) for leg in plan.legs}
        for worst in ("stuck", "open"):
            if worst in said:
                return worst
        if not keep:
            self.run.inventory.restock(Restock(**self.about, now=self.now, inspection=seen))
        self.close(Outcome.REFUNDED)
        return "keep" if keep else "failed" if "failed" in said else "refunded"

    def label(self) -> ReturnLabel:
        order = {"order_number": self.order.number, "customer_id": self.order.customer_id}
        ask = BuyLabel.model_validate({**self.about, **order, "now": self.now})
        return self.run.labels.buy_label(ask)

    def arrive(self, label: ReturnLabel) -> None:
        number = label.tracking_number
        scan = Scan(id=f"{self.case}-1", tracking_number=number, status=TrackingStatus.IN_TRANSIT, at=self.now)
        self.run.labels.record_scan(RecordScan(**self.about, now=self.now, scan=scan, actor="carrier"))
        counted = tuple(ReceivedLine(line_id=line, quantity=count) for line, count in self.units.items())
        box = Receipt(id=f"{self.case}-box", received_by="ann", lines=counted)
        self.run.inventory.record_receipt(RecordReceipt(**self.about, now=self.now, receipt=box))

    def inspect(self) -> Inspection:
        chance = self.run.chance
        graded = tuple(
            InspectedLine(line_id=line, quantity=count, grade=chance.choice(list(Grade)))
            for line, count in self.units.items()
        )
        seen = Inspection(id=f"{self.case}-seen", inspected_by="ben", lines=graded)
        self.run.inventory.record_inspection(RecordInspection(**self.about, now=self.now, inspection=seen))
        return seen

    def pay(self, leg: Leg, plan: RefundPlan) -> str:
        """One leg, and after a no once more."""
        statuses = {
            "failed": [RefundStatus.FAILED, RefundStatus.SUCCEEDED],
            "stuck": [RefundStatus.FAILED, RefundStatus.FAILED],
            "open": [RefundStatus.PENDING],
        }.get(self.fate, [RefundStatus.SUCCEEDED])
        made: list[Refund] = []
        for attempt, status in enumerate(statuses, start=1):
            self.run.provider.status = status
            self.run.provider.reason = "" if status is RefundStatus.SUCCEEDED else "expired_or_canceled_card"
            ask = PayLeg(**self.about, now=self.now, plan=1, payment=leg.tender_id, amount=leg.amount, attempt=attempt)
            made.append(self.run.payments.pay_leg(ask))
        match made[-1].status:
            case RefundStatus.PENDING:
                return "open"
            case RefundStatus.FAILED:
                return "stuck"
            case _:
                return "failed" if len(made) > 1 else "refunded"

    def close(self, outcome: Outcome) -> str:
        self.run.decisions.close_return(CloseReturn(**self.about, now=self.now, outcome=outcome))
        return outcome.value


@contextmanager
def mixed(folder: Path, returns: int, seed: str = "1") -> Iterator[Mixed]:
    """So many returns in a database of their own."""
    (folder / "mixed.db").write_bytes(with_tables())
    engine = connect(f"sqlite:///{folder / 'mixed.db'}")
    try:
        yield Mixed(engine, seed).tell(returns)
    finally:
        engine.dispose()
