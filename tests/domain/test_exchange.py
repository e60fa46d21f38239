"""Exchanges in both directions, replacements, and what comes after them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.exchange import (
    Exchange,
    Swap,
    Variant,
    VariantTax,
    plan_exchange,
    plan_replacement,
    swap_of,
    swapped,
    with_exchanges,
)
from domain.history import history_of
from domain.order import Order, OrderLine, Shipping
from domain.plan import FeeKind, RefundPlan
from domain.planning import plan_refund
from domain.terms import FeeTerm, ShippingRule, Terms
from tests.domain.orders import FULL, legs, line, order, paid, parts, returned


def exchanged(
    bought: Order, units: dict[str, int], *new: OrderLine, terms: Terms = FULL, shipping: int = 0
) -> Exchange:
    way = Shipping(price=shipping) if shipping else None
    return plan_exchange(bought, history_of(bought), units, terms, new, way)


# ── C8: published cases ──────────────────────────────────────────────────────────────────────────────────────────────


def test_c8_medusa() -> None:
    """medusajs/medusa, packages/modules/order/src/services/__tests__/util/actions/exchanges.ts: order 270; return
    1 x 20, add 1 x 50, outbound 5, return 7.5: 312.5, so the shopper owes 42.5."""
    bought = order(line("a", 1, 2000), line("b", 1, 25000), tenders=[paid(27000)])
    way_back = FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=750)
    swap = exchanged(bought, {"a": 1}, line("c", 1, 5000), terms=Terms(fees=(way_back,)), shipping=500)
    assert (swap.difference, bought.total + swap.difference) == (4250, 31250)
    assert (swap.credit, swap.charge, swap.fees) == (2000, 5500, 750)
    assert (swap.plan.legs, swap.plan.exchanged) == ((), 1250)


def test_c8_loop() -> None:
    """api-evangelist/loop-returns, examples/loop-returns-return-example.json: 156.00 + 8.58 back, 96.00 + 5.28 out;
    63.30 remain for the shopper."""
    bought = order(line("a", 1, 15600, tax=[("0.055", 858)]), tenders=[paid(16458)], inclusive=False, currency="USD")
    swap = exchanged(bought, {"a": 1}, line("c", 1, 9600, tax=[("0.055", 528)]))
    assert (swap.credit, swap.charge, swap.difference) == (16458, 10128, -6330)
    assert legs(swap.plan) == {"pi_1": 6330}


def test_c8_business_central() -> None:
    """microsoft/BCApps#10467: 100 back for 250: the shopper owes 150, which is not forced to zero."""
    swap = exchanged(order(line("a", 1, 10000), tenders=[paid(10000)]), {"a": 1}, line("c", 1, 25000))
    assert (swap.difference, swap.plan.total) == (15000, 0)


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_even_exchange_moves_no_money() -> None:
    bought = order(line("a", 2, 1190, tax=[("0.19", 380)]), tenders=[paid(2380)])
    swap = exchanged(bought, {"a": 1}, line("c", 1, 1190, tax=[("0.19", 190)]))
    assert (swap.difference, swap.plan.total, swap.plan.exchanged) == (0, 0, 1190)
    assert parts(swap.plan) == {("a", "net"): 1000, ("a", "tax 1"): 190}


def test_old_delivery_and_tip_stay_paid_though_all_goes_back() -> None:
    bought = order(line("a", 1, 1000), tenders=[paid(1700)], shipping=Shipping(price=500), tip=200)
    swap = exchanged(bought, {"a": 1}, line("c", 1, 1000))
    assert (swap.difference, swap.plan.shipping, swap.plan.tip) == (0, 0, 0)


def test_a_fee_beyond_the_credit_is_owed() -> None:
    # 2.00 back, 3.00 out, 4.90 for the way: 3.00 + 4.90 - 2.00 = 5.90
    way_back = FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=490)
    bought = order(line("a", 1, 200), tenders=[paid(200)])
    assert exchanged(bought, {"a": 1}, line("c", 1, 300), terms=Terms(fees=(way_back,))).difference == 590


def test_what_a_step_holds_back_is_no_part_of_the_difference() -> None:
    # 10.005 back for 5.000: 5.005 is ours to pay; the card can move 5.000, and nothing is left to lift the rest
    bought = order(line("a", 1, 10005), tenders=[paid(10005, step=10)], currency="KWD")
    swap = exchanged(bought, {"a": 1}, line("c", 1, 5000))
    assert (swap.difference, swap.plan.total, swap.credit) == (-5005, 5000, 10005)
    assert [(fee.kind, fee.amount) for fee in swap.plan.fees] == [(FeeKind.ROUNDING, 5)]


def test_after_an_exchange_the_rest_of_the_line_is_worth_the_rest() -> None:
    # 3 for 10.00: 3.33 were exchanged; then 3.34 and 3.33
    bought = order(line("a", 3, 500, 500), tenders=[paid(1000)])
    plans: list[RefundPlan] = [exchanged(bought, {"a": 1}, line("c", 1, 5000)).plan]
    for _ in range(2):
        plans.append(plan_refund(bought, history_of(bought, plans), {"a": 1}, Terms()))
    assert [(plan.exchanged, plan.total) for plan in plans] == [(333, 0), (0, 334), (0, 333)]


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_replacement_keeps_the_price_that_was_paid(inclusive: bool) -> None:
    # 3 for 10.00 (tax 1.60): units of 3.33, 3.34 and 3.33. The second is replaced, twice; its money goes back when the
    # new unit comes back, to the cent, and everything together is what was paid.
    discount = 500 if inclusive else 660
    bought = order(
        line("a", 3, 500, discount, tax=[("0.19", 160)]), tenders=[paid(1000)], inclusive=inclusive, currency="EUR"
    )
    (first,) = returned(bought, {"a": 1})
    history = history_of(bought, [first])
    for _ in range(2):
        (new,) = plan_replacement(bought, history, {"a": 1})
        assert bought.paid_for(new) == 334  # so the difference is zero
    plans = [first]
    for _ in range(2):
        plans.append(plan_refund(bought, history_of(bought, plans), {"a": 1}, Terms()))
    assert [plan.total for plan in plans] == [333, 334, 333]
    taxes = [parts(plan)["a", "tax 1"] for plan in plans]
    assert ([tax.amount for tax in new.taxes], sum(taxes)) == ([taxes[1]], 160)


def test_a_replacement_of_two_that_do_not_divide() -> None:
    # 3 for 10.00, two of them replaced: 6.67, written as 2 x 3.34 less 0.01
    (new,) = plan_replacement(
        (bought := order(line("a", 3, 500, 500), tenders=[paid(1000)])), history_of(bought), {"a": 2}
    )
    assert (new.quantity, new.unit_price, new.discount, bought.paid_for(new)) == (2, 334, 1, 667)


# ── Exchanges that are promised, and chains of them ──────────────────────────────────────────────────────────────────


def variant(sku: str, price: int, product: str = "hat", *rates: str) -> Variant:
    taxes = tuple(VariantTax(name="VAT", rate=rate) for rate in rates)
    return Variant(sku=sku, product=product, title=f"Hat {sku}", price=price, currency="EUR", taxes=taxes)


def swap(bought: Order, line_id: str, old: Variant | None, new: Variant, quantity: int = 1, name: str = "x") -> Swap:
    sold = bought.line(line_id)
    assert sold is not None
    return swap_of(bought, sold, quantity, name, old, new)


def test_another_size_is_even_whatever_was_paid() -> None:
    # 12.00 less 2.10: 9.90 of which 1.58 is tax; today both sizes cost 15.00
    bought = order(line("a", 1, 1200, 210, tax=[("0.19", 158)]), tenders=[paid(990)])
    promised = swap(bought, "a", variant("S", 1500), variant("M", 1500, "hat", "0.19"))
    made = swapped(bought, history_of(bought), {"a": 1}, FULL, [promised])
    assert (made.difference, made.to_pay, made.plan.exchanged, made.plan.total) == (0, 0, 990, 0)
    (new,) = made.plan.new
    assert (new.id, new.sku, bought.paid_for(new), new.taxes[0].amount) == ("x", "M", 990, 158)


@pytest.mark.parametrize(
    ("price", "to_pay", "total"),
    [(1490, 500, 0), (690, 0, 300)],
    ids=["dearer", "cheaper"],
)
def test_another_product_costs_what_it_costs(price: int, to_pay: int, total: int) -> None:
    bought = order(line("a", 1, 990, tax=[("0.19", 158)]), tenders=[paid(990)])
    promised = swap(bought, "a", variant("S", 990), variant("BAG", price, "bag", "0.19"))
    made = swapped(bought, history_of(bought), {"a": 1}, FULL, [promised])
    assert (made.to_pay, made.plan.total) == (to_pay, total)
    # 14.90 * 0.19 / 1.19 = 2.379; 6.90 * 0.19 / 1.19 = 1.1017
    assert [tax.amount for tax in made.plan.new[0].taxes] == [{1490: 238, 690: 110}[price]]


def test_taxes_on_top_of_a_new_price() -> None:
    # 96.00 with 5.5 % and 1.25 % on top: 5.28 and 1.20
    bought = order(line("a", 1, 10000, tax=[("0.055", 550)]), tenders=[paid(10550)], inclusive=False, currency="USD")
    promised = swap(bought, "a", None, variant("BAG", 9600, "bag", "0.055", "0.0125"))
    made = swapped(bought, history_of(bought), {"a": 1}, FULL, [promised])
    assert [tax.amount for tax in made.plan.new[0].taxes] == [528, 120]
    assert (made.charge, made.plan.total) == (10248, 302)


def test_after_an_exchange_delivery_goes_by_what_the_shopper_has() -> None:
    # two hats of 10.00 and 4.00 for delivery; one was exchanged for another size, and then came back: half of it
    bought = order(line("a", 2, 1000), tenders=[paid(2400)], shipping=Shipping(price=400))
    plan = swapped(
        bought, history_of(bought), {"a": 1}, FULL, [swap(bought, "a", variant("S", 1000), variant("M", 1000))]
    ).plan
    now = with_exchanges(bought, [plan])
    terms = Terms(refund_shipping=ShippingRule.BY_VALUE)
    first = plan_refund(now, history_of(now, [plan]), {"x": 1}, terms)
    assert (first.total, first.shipping) == (1200, 200)
    last = plan_refund(now, history_of(now, [plan, first]), {"a": 1}, terms)
    assert (last.total, last.shipping) == (1200, 200)


@given(
    paid_for=st.integers(1, 30_000),
    bought=st.integers(1, 4),
    prices=st.lists(st.one_of(st.none(), st.integers(0, 30_000)), min_size=1, max_size=4),
)
def test_a_chain_of_exchanges_pays_what_was_paid(paid_for: int, bought: int, prices: list[int | None]) -> None:
    """However often one unit is exchanged, up, down or even: when everything comes back, everything that the shopper
    paid has gone back, and the unit that was only exchanged for another size is worth what was paid for it."""
    now = order(
        line("l0", bought, -(-paid_for // bought), -paid_for % bought, tax=[("0.19", paid_for * 19 // 119)]),
        tenders=[paid(paid_for)],
    )
    happened: list[RefundPlan] = []
    unit = plan_refund(now, history_of(now), {"l0": 1}, FULL).total
    for number, price in enumerate(prices):
        old, new = variant("S", 1500), variant("M", 1500) if price is None else variant("BAG", price, "bag", "0.19")
        promised = swap(now, f"l{number}", old, new, name=f"l{number + 1}")
        made = swapped(now, history_of(now, happened), {f"l{number}": 1}, FULL, [promised])
        added = paid(made.to_pay, f"pi_x{number}") if made.to_pay else None
        happened.append(made.plan.model_copy(update={"added": added}))
        now = with_exchanges(now, happened[-1:])
        Order.model_validate(now.model_dump())  # its figures agree
    history = history_of(now, happened)
    last = plan_refund(now, history, {f"l{len(prices)}": 1}, FULL)
    if not any(price is not None for price in prices):
        assert last.total == unit
    rest = {"l0": bought - 1} if bought > 1 else {}
    after = plan_refund(now, history_of(now, [*happened, last]), rest, FULL).total if rest else 0
    collected = paid_for + sum(one.added.captured for one in happened if one.added)
    assert sum(plan.total for plan in happened) + last.total + after == collected
