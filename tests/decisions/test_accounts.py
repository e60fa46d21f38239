"""The accounts of an order: opened with what is left of it, drained to zero by its refunds, fees on their own."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

import activities.decisions
from activities.decisions.planned import check_linked
from domain.errors import InvalidRequest, Refused
from domain.order import EarlierRefund, Order, Shipping, TaxLine, TenderKind
from domain.plan import FeeKind
from domain.terms import FeeTerm, Terms
from tests.domain.orders import before, line, order, paid, returned
from tests.one_order import Shop


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
    monkeypatch.setattr(activities.decisions, "offer_for", lambda *_: None)  # agreed to
    monkeypatch.setattr(activities.decisions, "terms_for", lambda *_: Terms(fees=fees))
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
    monkeypatch.setattr(activities.decisions, "offer_for", lambda *_: None)  # agreed to
    monkeypatch.setattr(activities.decisions, "terms_for", lambda *_: terms)
    shop = Shop(engine, rich())
    plan = shop.refunded("r1", a=1)
    assert (plan.total, plan.legs) == (0, ())
    assert shop.posted("fees", "owed", "tender") == {"fees:return_shipping": 1100, "tender:pi_1": 4000}


def test_a_plan_on_a_payment_that_nobody_knows_is_not_reserved() -> None:
    bought = order(line("a", 1, 1000), tenders=[paid(1000, "unlinked", TenderKind.UNKNOWN)])
    (plan,) = returned(bought, {"a": 1})
    with pytest.raises(Refused, match="orders import FILE --payment") as refused:
        check_linked(bought, plan)
    assert refused.value.code == "tender_unknown"


def test_what_no_payment_can_give_back_is_kept_as_rounding(engine: Engine) -> None:
    shop = Shop(engine, order(line("a", 1, 10005), tenders=[paid(10005, step=10)], currency="KWD"))
    shop.refunded("r1", a=1)
    assert shop.posted("fees", "owed", "tender", "paid") == {"fees:rounding": 5, "tender:pi_1": 5}
