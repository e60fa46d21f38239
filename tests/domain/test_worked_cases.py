"""Cases computed by hand, the arithmetic beside them; published ones with their source."""

from __future__ import annotations

import pytest

from domain.errors import InvalidRequest, Refused
from domain.history import history_of, with_plan
from domain.order import SHIPPING, TIP, EarlierRefund, RefundedLine, Shipping, TaxLine, TenderKind
from domain.plan import Adjustment, FeeKind, RefundPlan
from domain.planning import plan_adjustment, plan_refund, with_units
from domain.policy import ShippingRule
from domain.terms import FeeTerm, Share, Terms
from tests.domain.orders import MONDAY, TUESDAY, before, legs, line, order, paid, parts, returned

BY_VALUE = Terms(refund_shipping=ShippingRule.BY_VALUE)


# ── C7: medusajs/medusa, integration-tests/api/__tests__/returns/ff-tax-inclusive-pricing.js.txt ─────────────────────


@pytest.mark.parametrize(
    ("inclusive", "price", "rate", "tax", "back"),
    [
        (True, 1200, "0.2", 400, 1200),
        (False, 1000, "0.2", 400, 1200),
        (True, 1125, "0.125", 250, 1125),
        (False, 1000, "0.125", 250, 1125),
    ],
)
def test_c7_two_bought_one_back(inclusive: bool, price: int, rate: str, tax: int, back: int) -> None:
    bought = order(line("a", 2, price, tax=[(rate, tax)]), tenders=[paid(2 * back)], inclusive=inclusive)
    assert [plan.total for plan in returned(bought, {"a": 1})] == [back]


def test_c7_less_return_shipping_with_tax_inside() -> None:
    # 12.00 back, 10.00 kept for the way: 2.00. Of the 10.00, 20 % tax inside: 1000 * 0.2 / 1.2 = 166.7
    fee = FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=1000, tax_rate="0.2", reason="our label")
    bought = order(line("a", 2, 1200, tax=[("0.2", 400)]), tenders=[paid(2400)])
    (plan,) = returned(bought, {"a": 1}, terms=Terms(fees=(fee,)))
    assert (plan.total, plan.gross) == (200, 1200)
    assert [(one.kind, one.amount, one.tax, one.reason) for one in plan.fees] == [
        (FeeKind.RETURN_SHIPPING, 1000, 167, "our label")
    ]


# ── C14: medusajs/medusa, packages/modules/order/src/services/__tests__/util/actions/returns.ts ──────────────────────


def test_c14_no_more_units_than_are_left() -> None:
    bought = order(line("a", 3, 1000), tenders=[paid(3000)])
    with pytest.raises(InvalidRequest, match="of 3 bought, 1 have not been paid back"):
        returned(bought, {"a": 2}, {"a": 2})
    requested = with_units(bought, history_of(bought), {"a": 1})  # of 3, 2 are in question
    for good, damaged in ((3, 0), (1, 2)):
        with pytest.raises(InvalidRequest, match=r"units\.a"):
            plan_refund(bought, requested, {"a": good + damaged}, Terms())
    assert plan_refund(bought, requested, {"a": 1 + 1}, Terms()).total == 2000


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_restocking_is_a_part_of_the_discounted_value() -> None:
    # 2 x 50.00 - 10.00 = 90.00; one back 45.00; 15 % of 45.00 = 6.75; 38.25 goes back
    bought = order(line("a", 2, 5000, 1000), tenders=[paid(9000)])
    terms = Terms(fees=(FeeTerm(kind=FeeKind.RESTOCKING, percent="15"),))
    (plan,) = returned(bought, {"a": 1}, terms=terms)
    fee = plan.fees[0]
    assert (fee.line_id, fee.base, fee.rate, fee.amount, fee.tax, plan.total) == ("a", 4500, "15", 675, 0, 3825)


def test_half_a_cent_of_a_fee_is_rounded_up_and_each_line_has_its_own() -> None:
    # 12.5 % of 1.00 = 0.125 -> 0.13; of 2.00 = 0.25
    bought = order(line("a", 1, 100), line("b", 1, 200), tenders=[paid(300)])
    terms = Terms(fees=(FeeTerm(kind=FeeKind.RESTOCKING, percent="12.5"),))
    (plan,) = returned(bought, {"a": 1, "b": 1}, terms=terms)
    assert ([fee.amount for fee in plan.fees], plan.total) == ([13, 25], 262)


def test_fees_never_take_more_than_there_is() -> None:
    # a: 3.00, of which all is lost. b: 4.00, of which return shipping takes 4.00 of 4.90; 0.90 is waived.
    bought = order(line("a", 1, 300), line("b", 1, 400), tenders=[paid(700)])
    lost = FeeTerm(kind=FeeKind.LOST_VALUE, line_id="a", amount=500, reason="worn")
    way = FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=490)
    (plan,) = returned(bought, {"a": 1, "b": 1}, terms=Terms(fees=(way, lost)))
    assert [(fee.kind, fee.amount, fee.waived) for fee in plan.fees] == [
        (FeeKind.LOST_VALUE, 300, 200),
        (FeeKind.RETURN_SHIPPING, 400, 90),
    ]
    assert (plan.total, plan.legs, plan.gross) == (0, (), 700)


def test_goodwill_sets_the_base_anew() -> None:
    # 3 x 10.00. One back: 10.00. Then 5.00 for nothing: 15.00 is left for two units.
    # First of two: (2 * 1500 * 1 + 2) // 4 = 750, the second 1500 - 750 = 750.
    # Tax 19 % inside, 479: so far 479 * 1000 / 3000 = 159.7 -> 160; at 1500 239.5 -> 240, so 80 with the goodwill;
    # at 2250 359.25 -> 359, so 119; at 3000 479, so 120.
    bought = order(line("a", 3, 1000, tax=[("0.19", 479)]), tenders=[paid(3000)])
    plans = returned(bought, {"a": 1})
    plans.append(plan_adjustment(bought, history_of(bought, plans), "a", 500, Adjustment.GOODWILL))
    for _ in range(2):
        plans.append(plan_refund(bought, history_of(bought, plans), {"a": 1}, Terms()))
    assert [plan.total for plan in plans] == [1000, 500, 750, 750]
    assert [parts(plan)["a", "tax 1"] for plan in plans] == [160, 80, 119, 120]
    row = plans[2].lines[0]
    assert (row.base, row.base_units, row.base_before, row.base_back) == (1500, 2, 0, 0)
    assert (row.units_before, row.gross_before, row.paid, row.bought) == (1, 1500, 3000, 3)


@pytest.mark.parametrize(("amount", "field"), [(0, "amount"), (2001, "amount")])
def test_an_adjustment_within_what_is_left(amount: int, field: str) -> None:
    bought = order(line("a", 3, 1000), tenders=[paid(3000)])
    history = history_of(bought, returned(bought, {"a": 1}))
    with pytest.raises(InvalidRequest) as refused:
        plan_adjustment(bought, history, "a", amount, Adjustment.PRICE_ADJUSTMENT)
    assert refused.value.field == field
    assert "20.00 EUR is left" in refused.value.message
    whole = plan_adjustment(bought, history, "a", 2000, Adjustment.PRICE_ADJUSTMENT)
    # all its money is back, so what still comes back is worth nothing
    assert plan_refund(bought, with_plan(history, whole), {"a": 2}, Terms()).total == 0


def test_an_adjustment_of_a_line_that_is_not_there_or_below_the_step() -> None:
    bought = order(line("a", 3, 1000), tenders=[paid(3000, step=10)], currency="KWD")
    with pytest.raises(InvalidRequest, match="no line z"):
        plan_adjustment(bought, history_of(bought), "z", 1, Adjustment.GOODWILL)
    with pytest.raises(Refused, match="less than the payments") as refused:
        plan_adjustment(bought, history_of(bought), "a", 9, Adjustment.GOODWILL)
    assert refused.value.code == "below_step"
    # 25 rounded down to tens; the 5 are not owed afterwards
    given = plan_adjustment(bought, history_of(bought), "a", 25, Adjustment.GOODWILL)
    assert (given.total, given.lines[0].gross, given.later) == (20, 20, 0)


def test_duties_go_back_with_the_goods_and_the_tip_with_the_last() -> None:
    # duties 10.00 for three units: 333.3 -> 3.33, 666.7 -> 6.67 so 3.34, then 3.33; the tip of 2.00 at the end
    bought = order(line("a", 3, 1000, duties=1000), tenders=[paid(4200)], tip=200)
    plans = returned(bought, {"a": 1}, {"a": 1}, {"a": 1})
    assert [parts(plan).get(("a", "duties")) for plan in plans] == [333, 334, 333]
    assert [plan.tip for plan in plans] == [0, 0, 200]
    assert parts(plans[2])[TIP, "tip"] == 200
    assert [plan.total for plan in plans] == [1333, 1334, 1533]


def test_duties_kept_under_one_return_stay_kept() -> None:
    # 3.00 of duties for three units; the first unit comes back under terms that keep its 1.00
    bought = order(line("a", 3, 1000, duties=300), tenders=[paid(3300)])
    (kept,) = returned(bought, {"a": 1}, terms=Terms(refund_duties=False))
    rest = plan_refund(bought, history_of(bought, [kept]), {"a": 2}, Terms())
    assert (kept.total, kept.lines[0].duties_kept, rest.total, rest.lines[0].duties) == (1000, 100, 2200, 200)


def test_shipping_by_value_no_dearer_than_the_cheapest() -> None:
    # 9.90 paid, 4.90 is the cheapest. Goods 30.00 and 70.00: 4.90 * 30 / 100 = 1.47, then the rest of 4.90: 3.43.
    # Tax 1.58 in 9.90: at 147 23.46 -> 23; at 490 78.2 -> 78, so 55.
    shipping = Shipping(price=990, taxes=(TaxLine(name="VAT", rate="0.19", amount=158),), cheapest_standard=490)
    bought = order(line("a", 1, 3000), line("b", 1, 7000), tenders=[paid(10990)], shipping=shipping)
    capped = Terms(refund_shipping=ShippingRule.BY_VALUE, cheapest_standard_only=True)
    plans = returned(bought, {"a": 1}, {"b": 1}, terms=capped)
    assert [plan.shipping for plan in plans] == [147, 343]
    assert [parts(plan)[SHIPPING, "tax 1"] for plan in plans] == [23, 55]
    # full terms know no cap
    assert [plan.shipping for plan in returned(bought, {"a": 1}, {"b": 1})] == [0, 990]


def test_what_no_payment_can_give_back_is_rounding() -> None:
    # 10.005 KWD, but the card moves only hundredths: 10.000 goes back with the last unit, 0.005 can never be paid
    bought = order(line("a", 3, 3335), tenders=[paid(10005, step=10)], currency="KWD")
    plans = returned(bought, {"a": 1}, {"a": 2})
    assert [(plan.total, plan.later) for plan in plans] == [(3330, 5), (6670, 0)]
    assert [(fee.kind, fee.amount) for fee in plans[1].fees] == [(FeeKind.ROUNDING, 5)]
    assert sum(plan.gross for plan in plans) == 10005


def test_a_bonus_is_not_out_of_what_was_paid() -> None:
    # 23.53 back, 10 % on top as store credit: 2.353 -> 2.35
    bought = order(line("a", 1, 2353), tenders=[paid(2353)])
    (plan,) = returned(bought, {"a": 1}, terms=Terms(bonus=Share(percent="10", reason="store credit")))
    assert plan.bonus is not None
    assert (plan.total, plan.bonus.base, plan.bonus.amount) == (2353, 2353, 235)


def test_two_cards_and_a_gift_card() -> None:
    # gift card 20.00 first, then the newer card's 30.00, then the older one's
    tenders = [
        paid(5000, "older", paid_at=MONDAY),
        paid(3000, "newer", paid_at=TUESDAY),
        paid(2000, "gift", TenderKind.GIFT_CARD),
    ]
    plans = returned(order(line("a", 4, 2500), tenders=tenders), {"a": 1}, {"a": 1}, {"a": 2})
    assert [legs(plan) for plan in plans] == [
        {"gift": 2000, "newer": 500},
        {"newer": 2500},
        {"older": 5000},
    ]


def test_what_has_to_be_paid_by_hand_comes_last() -> None:
    tenders = [paid(1000, "cod", TenderKind.CASH_ON_DELIVERY), paid(1000, "bank", TenderKind.BANK), paid(500, "card")]
    (plan,) = returned(order(line("a", 1, 2500), tenders=tenders), {"a": 1})
    assert [(leg.tender_id, leg.by_hand) for leg in plan.legs] == [("card", False), ("bank", True), ("cod", True)]
    (other,) = returned(
        order(line("a", 1, 2500), tenders=tenders), {"a": 1}, terms=Terms(tender_order=(TenderKind.BANK,))
    )
    assert next(iter(legs(other))) == "bank"


def test_all_of_it_discounted() -> None:
    # nothing was paid, so nothing goes back, and the return is none the less complete
    bought = order(line("a", 2, 999, 1000, order_discount=998), tenders=[paid(0)])
    plans = returned(bought, {"a": 1}, {"a": 1})
    assert [(plan.total, plan.components, plan.lines[0].quantity) for plan in plans] == [(0, (), 1), (0, (), 1)]


# ── Earlier refunds ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_earlier_refund_that_agrees_is_as_one_of_ours() -> None:
    # 3 for 10.00: 333 back before; then (2 * 1000 * 2 + 3) // 6 = 667, so 334
    bought = order(
        line("a", 3, 500, 500), tenders=[paid(1000, refunded=333)], refunds=[before(("a", 1, 333), money={"pi_1": 333})]
    )
    plans = returned(bought, {"a": 1}, {"a": 1})
    assert [plan.total for plan in plans] == [334, 333]
    assert plans[0].differences == ()
    assert (plans[0].lines[0].base, plans[0].lines[0].base_before) == (1000, 1)


def shopify_partially_refunded() -> RefundPlan:
    """The figures of Shopify/shopify-api-ruby, test/rest/2026_07/order_test.rb test_8, a partially refunded order."""
    tax = [("0.06", 398)]
    bought = order(
        line("green", 1, 19900, order_discount=334, tax=tax),
        line("red", 1, 19900, order_discount=333, tax=tax),
        line("black", 1, 19900, order_discount=333, tax=tax),
        tenders=[paid(59894, refunded=20900)],
        refunds=[before(("black", 1, 19964), ("green", 1, 19965), money={"pi_1": 20900})],
        inclusive=False,
        currency="USD",
    )
    return plan_refund(bought, history_of(bought), {"red": 1}, Terms())


def test_shopifys_own_refund_of_other_money_than_its_lines() -> None:
    # The refund names 199.64 + 199.65 = 399.29, but 209.00 went back. In proportion: 20900 * 19964 / 39929 = 10449.7
    # and 10450.3, so 104.50 each. The last line is worth 199.00 - 3.33 + 3.98 = 199.65.
    plan = shopify_partially_refunded()
    assert (plan.total, parts(plan)) == (19965, {("red", "net"): 19567, ("red", "tax 1"): 398})
    assert [(one.line_id, one.worth, one.money) for one in plan.differences] == [
        ("green", 19964, 10450),
        ("black", 19965, 10450),
    ]


def test_less_than_the_units_were_worth_is_no_other_units_money() -> None:
    # 3 x 10.00; one went back for 4.00 only (a fee of 6.00 was kept): the others are worth 10.00 as ever
    bought = order(
        line("a", 3, 1000), tenders=[paid(3000, refunded=400)], refunds=[before(("a", 1, 400), money={"pi_1": 400})]
    )
    plans = returned(bought, {"a": 1}, {"a": 1})
    assert [plan.total for plan in plans] == [1000, 1000]
    assert [(one.refund_id, one.worth, one.money) for one in plans[0].differences] == [("e1", 1000, 400)]


def test_a_cent_that_another_system_rounded_away_stays_in_the_line() -> None:
    # 3 for 10.00; two went back elsewhere for 3.33 each, though the first two are worth 6.67: the last brings 3.34
    bought = order(
        line("a", 3, 500, 500), tenders=[paid(1000, refunded=666)], refunds=[before(("a", 2, 666), money={"pi_1": 666})]
    )
    (plan,) = returned(bought, {"a": 1})
    assert plan.total == 334


def test_what_a_refund_left_short_may_follow_without_units() -> None:
    # 3 x 10.00; one was closed for nothing, then 13.00 followed: 10.00 for it, and 3.00 more than units are worth, so
    # that 17.00 is left for two units: half up 8.50, then the rest
    bought = order(
        line("a", 3, 1000),
        tenders=[paid(3000, refunded=1300)],
        refunds=[before(("a", 1, 0), money={}), before(money={"pi_1": 1300}, name="e2")],
    )
    assert [plan.total for plan in returned(bought, {"a": 1}, {"a": 1})] == [850, 850]
    # b of 20.00 was not named: what a was short of is filled before b's money is touched
    bought = order(
        line("a", 2, 1000),
        line("b", 1, 2000),
        tenders=[paid(4000, refunded=1000)],
        refunds=[before(("a", 1, 0), money={}), before(money={"pi_1": 1000}, name="e2")],
    )
    (plan,) = returned(bought, {"a": 1, "b": 1})
    assert (plan.total, [line.gross for line in plan.lines]) == (3000, [1000, 2000])


def test_more_than_a_line_can_have_given_comes_out_of_the_others() -> None:
    # The refund names one unit of a (10.00), but 16.00 went back: a gave 10.00, and the 6.00 are split over what was
    # free: b 20.00 and shipping 4.00, so 5.00 and 1.00. b has 15.00 left, shipping 3.00.
    bought = order(
        line("a", 1, 1000),
        line("b", 1, 2000),
        shipping=Shipping(price=400),
        tenders=[paid(3400, refunded=1600)],
        refunds=[before(("a", 1, 1000), money={"pi_1": 1600})],
    )
    (plan,) = returned(bought, {"b": 1})
    assert (plan.total, plan.lines[0].gross, plan.shipping) == (1800, 1500, 300)
    assert [(one.line_id, one.worth, one.money) for one in plan.differences] == [("b", 0, 500), (SHIPPING, 0, 100)]


def test_a_cent_in_the_wrong_line_of_a_refund_does_not_reach_the_others() -> None:
    # 3.33 and 3.34 were paid, the refund names them the other way round: what the one cannot have given, the other did
    bought = order(
        line("a", 1, 333),
        line("b", 1, 334),
        line("c", 1, 1000),
        tenders=[paid(1667, refunded=667)],
        refunds=[before(("a", 1, 334), ("b", 1, 333), money={"pi_1": 667})],
    )
    (plan,) = returned(bought, {"c": 1})
    assert (plan.total, plan.differences) == (1000, ())


def test_money_for_delivery_is_not_money_for_goods() -> None:
    # 5.00 of 7.00 for delivery went back; when all is back, 2.00 follow
    bought = order(
        line("a", 1, 1000),
        shipping=Shipping(price=700),
        tenders=[paid(1700, refunded=500)],
        refunds=[before(money={"pi_1": 500}, shipping=500)],
    )
    (plan,) = returned(bought, {"a": 1})
    assert (plan.total, plan.shipping, plan.differences) == (1200, 200, ())


def test_units_closed_without_money_leave_nothing_to_the_others() -> None:
    # one of two units of 10.00 was closed for nothing (an order edit): the other brings its own 10.00
    bought = order(line("a", 2, 1000), tenders=[paid(2000)], refunds=[before(("a", 1, 0), money={})])
    (plan,) = returned(bought, {"a": 1})
    assert (plan.total, [(one.worth, one.money) for one in plan.differences]) == (1000, [(1000, 0)])
    with pytest.raises(InvalidRequest, match="of 2 bought, 1 have not"):
        returned(bought, {"a": 2})


def test_units_refunded_elsewhere_are_closed_at_their_worth() -> None:
    # `quote --refunded a:1`: 3 for 10.00, the second unit is worth 334, and shipping still waits for the last
    bought = order(line("a", 3, 500, 500), shipping=Shipping(price=100), tenders=[paid(1100)])
    history = with_units(bought, history_of(bought), {"a": 1})
    assert history.tenders == {"pi_1": 333}
    assert plan_refund(bought, history, {"a": 1}, BY_VALUE).lines[0].gross == 334
    assert plan_refund(bought, history, {"a": 2}, Terms()).total == 767


def test_duties_that_went_back_alone_leave_the_goods_whole() -> None:
    # 2 x 100.00 with 40.00 of duties; the duties alone went back: each unit is worth its 100.00, and no duties
    gone = EarlierRefund(
        id="e1", at=TUESDAY, lines=(RefundedLine(line_id="a", quantity=0, gross=0, duties=4000),), money={"pi_1": 4000}
    )
    bought = order(line("a", 2, 10000, duties=4000), tenders=[paid(24000, refunded=4000)], refunds=[gone])
    plans = returned(bought, {"a": 1}, {"a": 1})
    assert [(plan.total, plan.lines[0].duties) for plan in plans] == [(10000, 0), (10000, 0)]


def test_a_fee_kept_of_a_refund_is_not_paid_out_with_delivery_later() -> None:
    # 2 x 100.00 and 10.00 delivery; a refund of one unit and the delivery, worth 110.00, gave 60.00: the other unit
    # brings 100.00, and delivery is settled
    bought = order(
        line("a", 2, 10000),
        shipping=Shipping(price=1000),
        tenders=[paid(21000, refunded=6000)],
        refunds=[before(("a", 1, 10000), shipping=1000, money={"pi_1": 6000})],
    )
    (plan,) = returned(bought, {"a": 1})
    assert (plan.total, plan.shipping) == (10000, 0)
    # 50.00 that follow without a name make up for both, so that nothing changes for the rest
    late = before(money={"pi_1": 5000}, name="e2")
    bought = bought.model_copy(update={"tenders": (paid(21000, refunded=11000),), "refunds": (*bought.refunds, late)})
    (plan,) = returned(bought, {"a": 1})
    assert (plan.total, plan.shipping) == (10000, 0)


def test_half_of_a_cheap_things_worth_is_no_rounding() -> None:
    # 1000 x 0.02; 500 went back for 5.00 of their 10.00: the other 500 are worth 10.00
    bought = order(
        line("a", 1000, 2), tenders=[paid(2000, refunded=500)], refunds=[before(("a", 500, 500), money={"pi_1": 500})]
    )
    (plan,) = returned(bought, {"a": 500})
    assert plan.total == 1000
