"""Returns told by the activities alone, without Temporal: quick, and any verb can be left out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from activities.decisions import CancelReturn, CloseReturn, DecisionActivities, OpenReturn, PlanRefund
from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt, Restock
from activities.inventory.embedded import EmbeddedInventory
from activities.labels import BuyLabel, LabelActivities, RecordScan, VoidLabel
from activities.labels.embedded import EmbeddedLabels
from activities.mail import MailActivities, SendNotice
from activities.mail.render import Renderer
from activities.mail.via_sendgrid import SendGridMail
from activities.payments import PayLeg, PaymentActivities, Refunds
from activities.payments.by_hand import ByHand
from activities.payments.routed import Routed
from activities.payments.via_storefront import StorefrontPayments
from activities.payments.via_stripe import StripePayments
from activities.storefront import FetchOrder, StorefrontActivities
from activities.storefront.embedded import EmbeddedStorefront
from database.engine import connect
from database.stores import SqlContacts, SqlOrders, SqlOutbox, SqlParcels, SqlPolicies, SqlSnapshots
from domain import notice_ids
from domain.case import Outcome
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.notice import Notice, NoticeKind
from domain.order import Order, TenderKind
from domain.parcel import ReturnLabel, Scan, TrackingStatus
from domain.people import Role
from domain.policy import Policy
from domain.request import RequestedLine, ReturnRequest
from embedded.simulators.storefront import SECRET
from ledger.credit_notes import CreditNotes
from ledger.store import SqlLedger
from tests.database.servers import with_tables
from tests.proof.orders import LONG_AGO, RETURNED, bought, payments
from tests.proof.right import Books
from tests.staff import Staff

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICY_FROM = datetime(2020, 1, 1, tzinfo=UTC)


class Room:
    """A database, the activities on it, and the simulators at `url`."""

    def __init__(self, folder: Path, url: str) -> None:
        (folder / "backhaul.db").write_bytes(with_tables())
        self.engine = connect(f"sqlite:///{folder / 'backhaul.db'}")
        self.ledger, self.outbox = SqlLedger(self.engine), SqlOutbox(self.engine)
        self.contacts, self.orders = SqlContacts(self.engine), SqlOrders(self.engine)
        self.world = httpx2.Client(base_url=url, timeout=10, verify=False)
        self.books = Books(self.ledger, self.outbox, self.world)
        self.stripe = StripePayments("sk_test_embedded", f"{url}/stripe")
        shop = StorefrontPayments(f"{url}/storefront", SECRET)
        self.refunds = Routed({TenderKind.CARD: self.stripe, TenderKind.GIFT_CARD: shop}, others=ByHand())
        snapshots, policies, parcels = SqlSnapshots(self.engine), SqlPolicies(self.engine), SqlParcels(self.engine)
        policies.publish(Policy(id="default", title="Default", window_days=30), "a" * 64, POLICY_FROM)
        people = Staff(ann=Role.WAREHOUSE, ben=Role.WAREHOUSE)
        self.storefront = StorefrontActivities(EmbeddedStorefront(self.orders), snapshots, policies, self.ledger)
        self.decisions = DecisionActivities(snapshots, policies, self.ledger, people)
        carrier = EmbeddedLabels(f"{url}/carrier", "embedded", folder / "labels", url)
        self.labels = LabelActivities(carrier, self.contacts, self.ledger, parcels, ("Shop", "Dock 1", "Hamburg"))
        self.inventory = InventoryActivities(EmbeddedInventory(), snapshots, policies, self.ledger, people)
        mail = SendGridMail("SG.embedded", "returns@shop.example", "Shop", f"{url}/sendgrid")
        self.mail = MailActivities(mail, Renderer("Shop"), self.contacts, self.outbox, self.ledger)

    def close(self) -> None:
        """Give everything up."""
        self.world.close()
        self.engine.dispose()

    def tell(
        self,
        name: str,
        outcome: Outcome,
        without: Collection[str] = (),
        pay: Refunds | None = None,
        newer: TenderKind = TenderKind.CARD,
    ) -> str:
        """A return of an order of its own, from request to end, but for the verbs left out. Returns its id."""
        return _Story(self, name, outcome, without, pay or self.refunds, newer).tell()

    def buy(self, name: str, delivered_at: datetime, newer: TenderKind) -> Order:
        """An order that was paid."""
        imported = bought(name, delivered_at, newer)
        self.orders.put(imported.order)
        self.contacts.put(imported.contact)
        for path, paid in payments(imported.order):
            self.world.post(path, json=paid).raise_for_status()
        return imported.order


class _Story:
    def __init__(
        self, room: Room, name: str, outcome: Outcome, without: Collection[str], pay: Refunds, newer: TenderKind
    ) -> None:
        self.room, self.outcome, self.without = room, outcome, without
        self.case = f"R-{name}"
        since = LONG_AGO if outcome is Outcome.DECLINED else timedelta(days=5)
        self.order = room.buy(name, NOW - since, newer)
        self.payments = PaymentActivities(pay, room.ledger, CreditNotes(room.ledger, SqlSnapshots(room.engine)))
        self.lines = tuple(RequestedLine(line_id=line, quantity=count) for line, count in RETURNED.items())

    def tell(self) -> str:
        request = ReturnRequest(id=self.case, order_id=self.order.id, lines=self.lines)
        self.room.storefront.fetch_order(FetchOrder(request=request, now=NOW))
        self.room.decisions.open_return(OpenReturn(request=request, order_id=self.order.id, now=NOW))
        match self.outcome:
            case Outcome.DECLINED:
                self.say(NoticeKind.DECLINED)
            case Outcome.CANCELLED:
                self.cancel()
            case Outcome.REFUNDED:
                self.refund()
        if "close_return" not in self.without:
            ask = CloseReturn(case=self.case, order_id=self.order.id, outcome=self.outcome, now=NOW)
            self.room.decisions.close_return(ask)
        return self.case

    def label(self) -> ReturnLabel:
        ask = BuyLabel(
            case=self.case,
            order_id=self.order.id,
            order_number=self.order.number,
            customer_id=self.order.customer_id,
            now=NOW,
        )
        label = self.room.labels.buy_label(ask)
        self.say(NoticeKind.APPROVED)
        return label

    def cancel(self) -> None:
        label, about = self.label(), {"case": self.case, "order_id": self.order.id}
        ask = CancelReturn(**about, actor="shopper", reason="changed_mind", now=NOW)
        self.room.decisions.cancel_return(ask)
        if "void_label" not in self.without:
            self.room.labels.void_label(VoidLabel(**about, label=label, number=1, actor="shopper", now=NOW))
        self.say(NoticeKind.CANCELLED)

    def refund(self) -> None:
        self.arrive()
        graded = tuple(InspectedLine(line_id=line, quantity=count) for line, count in RETURNED.items())
        seen = Inspection(id=f"{self.case}-seen", inspected_by="ben", lines=graded)
        case, order = self.case, self.order.id
        self.room.inventory.record_inspection(RecordInspection(case=case, order_id=order, inspection=seen, now=NOW))
        plan = self.room.decisions.plan_refund(PlanRefund(case=case, order_id=order, inspection=seen, now=NOW))
        for leg in plan.legs if "pay_leg" not in self.without else ():
            self.payments.pay_leg(
                PayLeg(
                    case=case,
                    order_id=order,
                    plan=1,
                    payment=leg.tender_id,
                    amount=leg.amount,
                    attempt=1,
                    now=NOW,
                )
            )
        if "restock" not in self.without:
            self.room.inventory.restock(Restock(case=case, order_id=order, inspection=seen, now=NOW))
        self.say(NoticeKind.REFUND_DONE)

    def arrive(self) -> None:
        label, about = self.label(), {"case": self.case, "order_id": self.order.id}
        number = label.tracking_number
        scan = Scan(id=f"{self.case}-1", tracking_number=number, status=TrackingStatus.IN_TRANSIT, at=NOW)
        self.room.labels.record_scan(RecordScan(**about, scan=scan, actor="carrier", now=NOW))
        self.say(NoticeKind.IN_TRANSIT)
        counted = tuple(ReceivedLine(line_id=line, quantity=count) for line, count in RETURNED.items())
        box = Receipt(id=f"{self.case}-box", received_by="ann", lines=counted)
        if "record_receipt" not in self.without:
            self.room.inventory.record_receipt(
                RecordReceipt(case=self.case, order_id=self.order.id, receipt=box, now=NOW)
            )
        self.say(NoticeKind.RECEIVED)

    def say(self, kind: NoticeKind) -> None:
        if kind.value not in self.without:
            notice = Notice(
                key=notice_ids.notice_key(self.case, kind),
                kind=kind,
                case=self.case,
                order_id=self.order.id,
                order_number=self.order.number,
                customer_id=self.order.customer_id,
            )
            self.room.mail.send_notice(SendNotice(notice=notice, now=NOW))
