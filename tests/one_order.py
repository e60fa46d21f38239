"""One order and its returns, on a ledger of its own, with a provider who says what a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Engine

from activities.decisions import DecisionActivities, OpenReturn, PlanRefund
from activities.inventory import InventoryActivities, RecordInspection
from activities.inventory.embedded import EmbeddedInventory
from activities.payments import PayLeg, PaymentActivities
from activities.storefront import FetchOrder, StorefrontActivities
from database.stores import SqlPolicies, SqlSnapshots
from domain.inspection import InspectedLine, Inspection
from domain.order import Order
from domain.people import Role
from domain.plan import Leg, RefundPlan
from domain.policy import Policy
from domain.refund import Refund, RefundIntention, RefundStatus
from domain.request import RequestedLine, ReturnRequest
from ledger import UNITS
from ledger.credit_notes import CreditNotes
from ledger.facts import Facts
from ledger.store import SqlLedger
from tests.payments.fake import Unasked
from tests.staff import Staff

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Shelf:
    """A shop with one order."""

    def __init__(self, only: Order) -> None:
        self.only = only

    def order(self, order_id: str) -> Order | None:
        return self.only


class Provider(Unasked):
    """Says yes to every refund, or what it is told to say."""

    def __init__(self) -> None:
        self.says: list[RefundStatus] = []
        self.found = False

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        return Refund(
            key=intention.key,
            provider_id=f"re_{intention.case}_{intention.plan}_{intention.attempt}",
            payment=intention.payment,
            amount=intention.amount,
            currency=intention.currency,
            status=self.says.pop(0) if self.says else RefundStatus.SUCCEEDED,
            updated_at=now,
        )

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        return {}

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        return self.refund(intention, now) if self.found else None


class Shop:
    """One order and its returns, all on one ledger."""

    def __init__(self, engine: Engine, bought: Order) -> None:
        self.order, self.ledger = bought, SqlLedger(engine)
        policies, snapshots = SqlPolicies(engine), SqlSnapshots(engine)
        self.snapshots = snapshots
        policies.publish(Policy(id="standard", title="Standard", window_days=30), "a" * 64, NOW)
        self.shelf, self.provider, self.facts = Shelf(bought), Provider(), Facts(self.ledger, snapshots)
        self.storefront = StorefrontActivities(self.shelf, snapshots, policies, self.ledger)
        self.decisions = DecisionActivities(snapshots, policies, self.ledger, Staff())
        staff = Staff(sam=Role.WAREHOUSE)
        self.inventory = InventoryActivities(EmbeddedInventory(), snapshots, policies, self.ledger, staff)
        self.payments = PaymentActivities(self.provider, self.ledger, CreditNotes(self.ledger, snapshots))

    def opened(self, case: str, **units: int) -> None:
        lines = tuple(RequestedLine(line_id=line_id, quantity=count) for line_id, count in units.items())
        request = ReturnRequest(id=case, order_id=self.order.id, lines=lines)
        self.storefront.fetch_order(FetchOrder(request=request, now=NOW))
        self.decisions.open_return(OpenReturn(request=request, order_id=self.order.id, now=NOW))

    def planned(self, case: str, number: int = 1, **units: int) -> RefundPlan:
        lines = tuple(InspectedLine(line_id=line_id, quantity=count) for line_id, count in units.items())
        inspection = Inspection(id="i1", inspected_by="sam", lines=lines)
        seen = RecordInspection(case=case, order_id=self.order.id, inspection=inspection, now=NOW)
        self.inventory.record_inspection(seen)
        ask = PlanRefund(case=case, order_id=self.order.id, inspection=inspection, number=number, now=NOW)
        return self.decisions.plan_refund(ask)

    def pay(self, case: str, plan: RefundPlan, attempt: int = 1) -> None:
        for leg in plan.legs:
            self.pay_leg(case, plan, leg, attempt)

    def pay_leg(self, case: str, plan: RefundPlan, leg: Leg, attempt: int) -> Refund:
        return self.payments.pay_leg(
            PayLeg(
                case=case,
                order_id=self.order.id,
                plan=plan.number,
                payment=leg.tender_id,
                amount=leg.amount,
                attempt=attempt,
                now=NOW,
            )
        )

    def refunded(self, case: str, **units: int) -> RefundPlan:
        self.opened(case, **units)
        plan = self.planned(case, **units)
        self.pay(case, plan)
        return plan

    def posted(self, *kinds: str) -> dict[str, int]:
        """Accounts of these kinds that are not zero; nothing may be pending but units."""
        found = {}
        for one in self.ledger.balances():
            assert one.commodity == UNITS or not (one.pending_in or one.pending_out), one
            if one.posted and one.account.partition(":")[0] in kinds:
                found[one.account] = one.posted
        return found
