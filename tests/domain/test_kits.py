"""A kit at one price, kept as its parts: every sum stays the kit's own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.explain import as_text, explain
from domain.history import history_of
from domain.kits import KitPart, kit_lines, refunded_parts
from domain.order import Delivery, Order, OrderLine, RefundedLine, TaxLine
from domain.plan import FeeKind
from domain.terms import FeeTerm, Terms
from tests.domain.orders import line, order, paid, returned

TEA_SET = (
    KitPart(sku="POT", title="Pot", unit_price=5000),
    KitPart(sku="CUP", title="Cup", quantity=2, unit_price=1500),
)


def test_a_kit_is_spread_over_the_list_prices_of_its_parts() -> None:
    # 99.99 over 50.00 and 2 x 30.00 / 2: 9999 * 5000 / 8000 = 6249.4, 9999 * 3000 / 8000 = 3749.6 -> 6249 and 3750.
    # The discount of 10.00 in proportion: 1000 * 6249 / 9999 = 624.96, 375.04 -> 625 and 375.
    # Left 5624 and 3375 of 8999; tax 14.37: 1437 * 5624 / 8999 = 898.1, 538.9 -> 898 and 539.
    kit = line("k", 1, 9999, 1000, tax=[("0.19", 1437)])
    pot, cups = kit_lines(kit, TEA_SET)
    assert (pot.id, pot.quantity, pot.unit_price, pot.discount, pot.taxes[0].amount) == ("k.1", 1, 6249, 625, 898)
    assert (cups.id, cups.quantity, cups.unit_price, cups.discount, cups.taxes[0].amount) == ("k.2", 2, 1875, 375, 539)
    assert (cups.kit, cups.per_kit, cups.sku) == ("k", 2, "CUP")


def test_a_share_that_does_not_divide_is_a_price_with_a_discount() -> None:
    # 10.00 over a pot of nothing and three cups: 3 x 3.34 less 0.02
    parts = (KitPart(title="Pot", unit_price=0), KitPart(title="Cup", quantity=3, unit_price=100))
    pot, cups = kit_lines(line("k", 1, 1000), parts)
    assert (pot.unit_price, pot.discount) == (0, 0)
    assert (cups.unit_price, cups.discount) == (334, 2)


def test_parcels_of_kits_are_parcels_of_parts() -> None:
    arrived = datetime(2026, 11, 6, tzinfo=UTC)
    kit = line("k", 2, 1000).model_copy(update={"deliveries": (Delivery(quantity=1, at=arrived),)})
    assert [one.deliveries[0].quantity for one in kit_lines(kit, TEA_SET)] == [1, 2]


def test_kits_and_parts_come_back() -> None:
    # two kits of 80.00; one comes back as a kit, of the other one cup and then the rest
    lines = kit_lines(line("k", 2, 8000), TEA_SET)
    bought = order(*lines, tenders=[paid(16000)])
    plans = returned(bought, {"k": 1}, {"k.2": 1}, {"k.1": 1, "k.2": 1})
    assert [[(one.line_id, one.quantity) for one in plan.lines] for plan in plans] == [
        [("k.1", 1), ("k.2", 2)],
        [("k.2", 1)],
        [("k.1", 1), ("k.2", 1)],
    ]
    assert [plan.total for plan in plans] == [8000, 1500, 6500]
    with pytest.raises(InvalidRequest, match=r"units\.k\.1: 3 asked for"):
        returned(bought, {"k": 2, "k.1": 1})
    with pytest.raises(InvalidRequest, match="no such line"):
        returned(bought, {"z": 1})


def test_a_kit_that_went_back_is_its_parts() -> None:
    lines = (*kit_lines(line("k", 2, 8000), TEA_SET), line("z", 1, 100))
    bought = order(*lines, tenders=[paid(16100)])
    # 100.00 and 60.00 were paid: 70.01 as 43.756 and 26.254, the spare cent to the greater remainder
    parts = refunded_parts(RefundedLine(line_id="k", quantity=1, gross=7001), lines, bought.paid_for)
    assert [(one.line_id, one.quantity, one.gross) for one in parts] == [("k.1", 1, 4376), ("k.2", 2, 2625)]
    for name in ("k.2", "z", "unknown"):
        other = RefundedLine(line_id=name, quantity=1, gross=50)
        assert refunded_parts(other, lines, bought.paid_for) == (other,)


amounts = st.integers(0, 5000)


@given(
    quantity=st.integers(1, 4),
    price=amounts,
    cuts=st.tuples(st.integers(0, 100), st.integers(0, 100)),
    duties=amounts,
    taxes=st.lists(st.integers(0, 60), max_size=3),
    parts=st.lists(st.tuples(st.integers(1, 3), amounts), min_size=1, max_size=5),
    inclusive=st.booleans(),
)
def test_the_parts_are_the_whole(
    quantity: int,
    price: int,
    cuts: tuple[int, int],
    duties: int,
    taxes: list[int],
    parts: list[tuple[int, int]],
    inclusive: bool,
) -> None:
    cost = quantity * price
    discount = cost * cuts[0] // 100
    order_discount = (cost - discount) * cuts[1] // 100
    left, rates = cost - discount - order_discount, []
    for share in taxes:
        rates.append(left * share // 100)
        left -= rates[-1]
    kit = line("k", quantity, price, discount, order_discount=order_discount, duties=duties).model_copy(
        update={"taxes": tuple(TaxLine(name="VAT", rate="0.1", amount=amount) for amount in rates)}
    )
    found = kit_lines(kit, [KitPart(title="Part", quantity=count, unit_price=unit) for count, unit in parts])
    # the constructor is the judge: discounts and taxes within each part, sums as the kit's
    again = [OrderLine.model_validate(one.model_dump()) for one in found]
    whole = cost - discount - order_discount + duties + (0 if inclusive else sum(rates))
    bought: Order = order(*again, tenders=[paid(whole)], inclusive=inclusive)
    assert sum(bought.paid_for(one) for one in bought.lines) == whole - duties
    assert sum(one.order_discount for one in found) == order_discount
    assert sum(one.duties for one in found) == duties
    assert [sum(one.taxes[n].amount for one in found) for n in range(len(rates))] == rates


def test_a_kit_is_rounded_as_one() -> None:
    # 2 kits of 29.99 less 0.12: 59.86, so 29.93 each, and of three kits of 10.00 together 3.33, 3.34, 3.33. Its parts
    # by themselves would be 2 x 18.745 and 2 x 11.185 (each half up): 29.94 and 29.92.
    parts = (KitPart(title="Pot", unit_price=2000), KitPart(title="Cup", unit_price=1193))
    lines = kit_lines(line("k", 2, 2999, 12), parts)
    bought = order(*lines, tenders=[paid(5986)])
    assert sorted(bought.paid_for(one) for one in lines) == [2237, 3749]
    assert [plan.total for plan in returned(bought, {"k": 1}, {"k": 1})] == [2993, 2993]
    assert [plan.total for plan in returned(bought, {"k": 2})] == [5986]
    # the parts named one by one are the same kit; a part alone is counted by itself, and the rest takes the rest
    assert [plan.total for plan in returned(bought, {"k.1": 1, "k.2": 1}, {"k": 1})] == [2993, 2993]
    assert [plan.total for plan in returned(bought, {"k.1": 1}, {"k.2": 1}, {"k": 1})] == [1875, 1119, 2992]

    three = order(*kit_lines(line("k", 3, 500, 500), parts), tenders=[paid(1000)])
    assert [plan.total for plan in returned(three, *[{"k": 1}] * 3)] == [333, 334, 333]


def test_a_kits_share_can_be_computed_again() -> None:
    # kits 2 x 29.99 less 0.12 with parts of 37.49 and 22.37: of 29.93 the first takes half up 18.745 = 18.75, the other
    # the rest; a fee of 10 % is on these
    parts = (KitPart(title="Pot", unit_price=2000), KitPart(title="Cup", unit_price=1193))
    bought = order(*kit_lines(line("k", 2, 2999, 12), parts), tenders=[paid(5986)])
    fee = Terms(fees=(FeeTerm(kind=FeeKind.RESTOCKING, percent="10"),))
    (plan,) = returned(bought, {"k": 1}, terms=fee)
    assert [(one.gross, one.worth) for one in plan.lines] == [(1875, 1875), (1118, 1118)]
    assert [one.base for one in plan.fees] == [1875, 1118]
    table = as_text(explain(plan, bought, history_of(bought), fee))
    assert "its share of 1 of 2 kits k of 59.86" in table


@given(
    quantity=st.integers(1, 5),
    cost=st.integers(1, 9000),
    prices=st.lists(st.integers(0, 900), min_size=1, max_size=4),
    per_kit=st.integers(1, 3),
    data=st.data(),
)
def test_kits_pay_back_what_was_paid_in_any_grouping(
    quantity: int, cost: int, prices: list[int], per_kit: int, data: st.DataObject
) -> None:
    parts = [KitPart(title="Part", quantity=per_kit, unit_price=price) for price in prices]
    price = -(-cost // quantity)
    bought = order(*kit_lines(line("k", quantity, price), parts), tenders=[paid(price * quantity)])
    back, totals = 0, 0
    while back < quantity:
        count = data.draw(st.integers(1, quantity - back))
        plans = returned(bought, {"k": back}, {"k": count}) if back else returned(bought, {"k": count})
        assert all(one.gross >= 0 for one in plans[-1].lines)
        back, totals = back + count, totals + plans[-1].total
        # half up of the whole kit's money, whatever its parts are
        assert totals == (2 * bought.total * back + quantity) // (2 * quantity)
