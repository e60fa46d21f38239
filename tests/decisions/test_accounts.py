"""The accounts of an order: opened with what is left of it, drained to zero by its refunds, fees on their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

import activities.decisions
from activities.decisions import DecisionActivities, OpenReturn, PlanRefund
from activities.payments import PayLeg, PaymentActivities
from activities.storefront import FetchOrder, StorefrontActivities
from database.stores import SqlPolicies, SqlSnapshots
from domain.errors import InvalidRequest, Refused
from domain.inspection import InspectedLine, Inspection
from domain.order import EarlierRefund, Order, Shipping, TaxLine, TenderKind
from domain.plan import FeeKind, RefundPlan
from domain.policy import Policy
from domain.refund import Refund, RefundIntention, RefundStatus
from domain.request import RequestedLine, ReturnRequest
from domain.terms import FeeTerm, Terms
from ledger import UNITS
from ledger.credit_notes import CreditNotes
from ledger.store import SqlLedger
from tests.database.conftest import engine, path
from tests.domain.orders import before, line, order, paid, returned

__all__ = ["engine", "path"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Shelf:
    """A shop with one order."""

    def __init__(self, only: Order) -> None:
        self._only = only

    def order(self, order_id: str) -> Order | None:
        return self._only


class Provider:
    """Says yes to every refund."""

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        return Refund(
            key=intention.key,
            provider_id="re_1",
            payment=intention.payment,
            amount=intention.amount,
            currency=intention.currency,
            status=RefundStatus.SUCCEEDED,
            updated_at=now,
        )

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        return None


class Shop:
    """One order and its returns, all on one ledger."""

    def __init__(self, engine: Engine, bought: Order) -> None:
        self.order, self.ledger = bought, SqlLedger(engine)
        policies, snapshots = SqlPolicies(engine), SqlSnapshots(engine)
        policies.publish(Policy(id="standard", title="Standard", window_days=30), "a" * 64, NOW)
        self.storefront = StorefrontActivities(Shelf(bought), snapshots, policies, self.ledger)
        self.decisions = DecisionActivities(snapshots, policies, self.ledger)
        self.payments = PaymentActivities(Provider(), self.ledger, CreditNotes(self.ledger, snapshots))

    def opened(self, case: str, **units: int) -> None:
        lines = tuple(RequestedLine(line_id=line_id, quantity=count) for line_id, count in units.items())
        request = ReturnRequest(id=case, order_id=self.order.id, lines=lines)
        self.storefront.fetch_order(FetchOrder(request=request, now=NOW))
        self.decisions.open_return(OpenReturn(request=request, order_id=self.order.id, now=NOW))

    def refunded(self, case: str, **units: int) -> RefundPlan:
        self.opened(case, **units)
        lines = tuple(InspectedLine(line_id=line_id, quantity=count) for line_id, count in units.items())
        inspection = Inspection(id="i1", inspected_by="sam", lines=lines)
        plan = self.decisions.plan_refund(PlanRefund(case=case, order_id=self.order.id, inspection=inspection, now=NOW))
        for leg in plan.legs:
            self.payments.pay_leg(
                PayLeg(
                    case=case,
                    order_id=self.order.id,
                    plan=1,
                    payment=leg.tender_id,
                    amount=leg.amount,
                    attempt=1,
                    now=NOW,
                )
            )
        return plan

    def posted(self, *kinds: str) -> dict[str, int]:
        """Accounts of these kinds that are not zero; nothing may be pending but units."""
        found = {}
        for one in self.ledger.balances():
            assert one.commodity == UNITS or not (one.pending_in or one.pending_out), one
            if one.posted and one.account.partition(":")[0] in kinds:
                found[one.account] = one.posted
        return found


def rich(refunds: tuple[EarlierRefund, ...] = (), refunded: int = 0) -> Order:
    """3 x 10.00 with 4.79 tax in it and 3.00 duties, 5.00 delivery (tax 0.80), 2.00 tip: 40.00."""
    return order(
        line("a", 3, 1000, tax=[("0.19", 479)], duties=300),
        shipping=Shipping(price=500, taxes=(TaxLine(name="VAT", rate="0.19", amount=80),)),
        tip=200,
        tenders=[paid(4000, refunded=refunded)],
        refunds=refunds,
    )


def test_an_order_opens_with_duties_and_tip(engine: Engine) -> None:
    shop = Shop(engine, rich())
    shop.opened("r1", a=1)
    assert shop.posted("tender", "order", "paid", "with_customer") == {
        "tender:pi_1": 4000,
        "paid:1:a:net": 2521,
        "paid:1:a:tax:1": 479,
        "paid:1:a:duties": 300,
        "paid:1:shipping:net": 420,
        "paid:1:shipping:tax:1": 80,
        "paid:1:tip:tip": 200,
        "with_customer:1:a": 3,
    }


def test_what_went_back_before_is_not_on_the_accounts(engine: Engine) -> None:
    # one unit with its duties, 11.00, and 1.00 of delivery. Tax so far 479 * 1000 / 3000 = 159.7 -> 160; of delivery
    # 80 * 100 / 500 = 16
    gone = before(("a", 1, 1100), shipping=100, money={"pi_1": 1200})
    shop = Shop(engine, rich((gone,), 1200))
    shop.opened("r1", a=2)
    assert shop.posted("tender", "order", "paid", "with_customer") == {
        "tender:pi_1": 2800,
        "paid:1:a:net": 1681,
        "paid:1:a:tax:1": 319,
        "paid:1:a:duties": 200,
        "paid:1:shipping:net": 336,
        "paid:1:shipping:tax:1": 64,
        "paid:1:tip:tip": 200,
        "with_customer:1:a": 2,
    }
    with pytest.raises(InvalidRequest):
        shop.opened("r2", a=4)


@pytest.mark.parametrize("refunded", [0, 1200, 1333, 2600])
def test_everything_returned_leaves_nothing_behind(engine: Engine, refunded: int) -> None:
    gone = (before(("a", 1, 1100), shipping=100, money={"pi_1": refunded}),) if refunded else ()
    shop = Shop(engine, rich(gone, refunded))
    plans = [shop.refunded("r1", a=1), shop.refunded("r2", a=1 if gone else 2)]
    assert sum(plan.total for plan in plans) == 4000 - refunded
    assert shop.posted("tender", "order", "paid", "owed", "fees", "suspense") == {}
    assert shop.ledger.verify().faults == ()


def test_fees_stand_on_accounts_of_their_own(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # one unit 10.00 and duties 1.00; 10 % of 10.00 kept, and 4.90 with 0.78 tax in it: 5.10 goes back
    fees = (
        FeeTerm(kind=FeeKind.RESTOCKING, percent="10"),
        FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=490, tax_rate="0.19"),
    )
    monkeypatch.setattr(activities.decisions, "_terms", lambda policy: Terms(fees=fees))
    shop = Shop(engine, rich())
    assert shop.refunded("r1", a=1).total == 510
    assert shop.posted("fees", "owed", "tender") == {
        "fees:restocking": 100,
        "fees:return_shipping": 412,
        "fees:return_shipping:tax": 78,
        "tender:pi_1": 4000 - 510,
    }


def test_fees_that_take_all_are_carried_out_at_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = Terms(fees=(FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=9900),))
    monkeypatch.setattr(activities.decisions, "_terms", lambda policy: terms)
    shop = Shop(engine, rich())
    plan = shop.refunded("r1", a=1)
    assert (plan.total, plan.legs) == (0, ())
    assert shop.posted("fees", "owed", "tender") == {"fees:return_shipping": 1100, "tender:pi_1": 4000}


def test_a_plan_on_a_payment_that_nobody_knows_is_not_reserved() -> None:
    bought = order(line("a", 1, 1000), tenders=[paid(1000, "unlinked", TenderKind.UNKNOWN)])
    (plan,) = returned(bought, {"a": 1})
    with pytest.raises(Refused, match="orders import FILE --payment") as refused:
        activities.decisions._check_linked(bought, plan)
    assert refused.value.code == "tender_unknown"


def test_what_no_payment_can_give_back_is_kept_as_rounding(engine: Engine) -> None:
    shop = Shop(engine, order(line("a", 1, 10005), tenders=[paid(10005, step=10)], currency="KWD"))
    shop.refunded("r1", a=1)
    assert shop.posted("fees", "owed", "tender", "paid") == {"fees:rounding": 5, "tender:pi_1": 5}
