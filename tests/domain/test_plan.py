"""The refund plan: cases worked by hand, and what must hold for every order and every way of returning it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.storefront.importers import read_order
from domain.errors import InvalidRequest
from domain.history import history_of
from domain.order import SHIPPING, Order, OrderLine, Shipping, TaxLine, Tender, TenderKind
from domain.plan import ComponentKind, FeeKind, RefundPlan
from domain.planning import plan_refund
from domain.policy import ShippingRule
from domain.terms import Terms

# a busy machine is no fault

NEVER = Terms(refund_shipping=ShippingRule.NEVER)
ALL = Terms(refund_shipping=ShippingRule.WHEN_ALL_RETURNED)
BY_VALUE = Terms(refund_shipping=ShippingRule.BY_VALUE)


def taxes(*amounts: int) -> tuple[TaxLine, ...]:
    return tuple(TaxLine(name=f"tax {n}", rate="0.1", amount=amount) for n, amount in enumerate(amounts, start=1))


def line(line_id: str, quantity: int, price: int, discount: int = 0, tax: Sequence[int] = ()) -> OrderLine:
    return OrderLine(
        id=line_id, title="Thing", quantity=quantity, unit_price=price, discount=discount, taxes=taxes(*tax)
    )


def card(captured: int, step: int = 1, name: str = "pi_1", paid_at: datetime | None = None) -> Tender:
    return Tender(id=name, kind=TenderKind.CARD, captured=captured, step=step, paid_at=paid_at)


def order(
    *lines: OrderLine,
    tenders: Sequence[Tender],
    shipping: Shipping | None = None,
    inclusive: bool = True,
    currency: str = "EUR",
) -> Order:
    return Order(
        id="1",
        number="#1",
        shop="demo",
        customer_id="c1",
        currency=currency,
        placed_at=datetime(2026, 11, 2, tzinfo=UTC),
        prices_include_tax=inclusive,
        lines=lines,
        shipping=shipping,
        tenders=tuple(tenders),
        total=sum(tender.captured for tender in tenders),
    )


def returned(bought: Order, *groups: Mapping[str, int], terms: Terms = ALL) -> list[RefundPlan]:
    """The plans of these returns, one after the other."""
    plans: list[RefundPlan] = []
    for units in groups:
        plans.append(plan_refund(bought, history_of(bought, plans), units, terms))
    return plans


def parts(plan: RefundPlan) -> dict[tuple[str, int], int]:
    """Line and number of the tax (0 is the net) to the amount."""
    return {(one.line_id, one.tax): one.amount for one in plan.components}


def legs(plan: RefundPlan) -> dict[str, int]:
    return {leg.tender_id: leg.amount for leg in plan.legs}


# ── Cases worked by hand ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("inclusive", "price", "tax", "one"),
    [
        (True, 1200, 400, 1200),  # 20 % in the price: 2 x 1200, of which 400 tax
        (False, 1000, 400, 1200),  # 20 % on top: 2 x 1000 + 400
        (True, 1125, 250, 1125),  # 12.5 % in the price
        (False, 1000, 250, 1125),  # 12.5 % on top
    ],
)
def test_one_of_two_units_with_tax_inside_or_on_top(inclusive: bool, price: int, tax: int, one: int) -> None:
    bought = order(line("a", 2, price, tax=[tax]), tenders=[card(2 * one)], inclusive=inclusive)
    first, second = returned(bought, {"a": 1}, {"a": 1})
    assert first.total == second.total == one
    assert parts(first) == parts(second) == {("a", 0): one - tax // 2, ("a", 1): tax // 2}


def test_yen_has_no_decimals() -> None:
    # 2 x 505 = 1010, + 101 tax = 1111. First unit: 1111 / 2 = 555.5 -> 556; tax 101 * 556 / 1111 = 50.5 -> 51.
    # Second: 1111 - 556 = 555, tax 101 - 51 = 50. The net is 505 both times.
    bought = order(line("a", 2, 505, tax=[101]), tenders=[card(1111)], inclusive=False, currency="JPY")
    first, second = returned(bought, {"a": 1}, {"a": 1})
    assert (first.total, parts(first)) == (556, {("a", 0): 505, ("a", 1): 51})
    assert (second.total, parts(second)) == (555, {("a", 0): 505, ("a", 1): 50})


def test_two_taxes_on_one_line() -> None:
    # 3 x 33.33 = 99.99, + 5.00 + 9.97 = 114.96; one unit is 38.32. Both taxes: 1497 * 3832 / 11496 = 499;
    # the first 500 * 499 / 1497 = 166.7 -> 167, the second the rest, 332; net 3832 - 499 = 3333.
    # Two units 76.64: taxes 998; first 500 * 998 / 1497 = 333.3 -> 333, so 166 more; second 665, so 333 more.
    bought = order(line("a", 3, 3333, tax=[500, 997]), tenders=[card(11496)], inclusive=False)
    plans = returned(bought, {"a": 1}, {"a": 1}, {"a": 1})
    assert [plan.total for plan in plans] == [3832, 3832, 3832]
    assert parts(plans[0]) == {("a", 0): 3333, ("a", 1): 167, ("a", 2): 332}
    assert parts(plans[1]) == {("a", 0): 3333, ("a", 1): 166, ("a", 2): 333}
    assert parts(plans[2]) == {("a", 0): 3333, ("a", 1): 167, ("a", 2): 332}


def test_two_rates_with_a_discount_and_shipping_by_value() -> None:
    # embedded/orders/two_rates.json: 3529 (3 mugs, 19 %) + 2271 (book, 7 %) + 4555 (kettle, 19 %) + 495 = 10850.
    # Two mugs: 3529 * 2 / 3 = 2352.7 -> 2353; tax 563 * 2353 / 3529 = 375.4 -> 375. The book: 2271, tax 149.
    # Shipping: 495 * (2353 + 2271) / 10355 = 221.04 -> 221; tax 79 * 221 / 495 = 35.3 -> 35. Together 4845.
    bought = _two_rates()
    first, rest = returned(bought, {"1": 2, "2": 1}, {"1": 1, "3": 1}, terms=BY_VALUE)
    assert first.total == 4845
    assert parts(first) == {
        ("1", 0): 1978,
        ("1", 1): 375,
        ("2", 0): 2122,
        ("2", 1): 149,
        (SHIPPING, 0): 186,
        (SHIPPING, 1): 35,
    }
    # What is left: 3529 - 2353 = 1176 (tax 563 - 375 = 188), the kettle, 495 - 221 = 274 (tax 79 - 35 = 44).
    assert rest.total == 10850 - 4845
    assert parts(rest) == {
        ("1", 0): 988,
        ("1", 1): 188,
        ("3", 0): 3828,
        ("3", 1): 727,
        (SHIPPING, 0): 230,
        (SHIPPING, 1): 44,
    }


@pytest.mark.parametrize("groups", [[{"1": 1, "2": 1}], [{"1": 1}, {"2": 1}], [{"2": 1}, {"1": 1}]])
def test_goods_of_which_no_delivery_is_paid_back_raise_no_other_share(groups: list[dict[str, int]]) -> None:
    # the book alone counts: 4.95 x 22.71 / 103.55 is 1.0856
    mixed = BY_VALUE.model_copy(update={"delivery_kept": ("1",)})
    never = NEVER.model_copy(update={"delivery_kept": ("1",)})
    terms = [mixed if "2" in group else never for group in groups]
    plans: list[RefundPlan] = []
    for group, held in zip(groups, terms, strict=True):
        plans.append(plan_refund(_two_rates(), history_of(_two_rates(), plans), group, held))
    assert sum(plan.shipping for plan in plans) == 109
    left = {"1": 2, "3": 1}
    plans.append(plan_refund(_two_rates(), history_of(_two_rates(), plans), left, BY_VALUE))
    # then all is back, but of the mugs two count, 23.53: 4.95 x (23.53 + 22.71 + 45.55) / 103.55 is 4.3879
    assert sum(plan.shipping for plan in plans) == 439
    assert sum(plan.total for plan in plans) == 10355 + 439


def test_the_same_order_with_shipping_only_at_the_end_or_never() -> None:
    groups: list[dict[str, int]] = [{"1": 2, "2": 1}, {"1": 1, "3": 1}]
    assert [plan.total for plan in returned(_two_rates(), *groups, terms=ALL)] == [4624, 10850 - 4624]
    assert [plan.total for plan in returned(_two_rates(), *groups, terms=NEVER)] == [4624, 10355 - 4624]
    everything = plan_refund(_two_rates(), history_of(_two_rates()), {"1": 3, "2": 1, "3": 1}, ALL)
    assert (everything.total, everything.shipping) == (10850, 495)


def test_dinar_in_steps_of_ten() -> None:
    # 3 for 10.000 KWD. First: 3333, payable 3330. Second: 6667 - 3330 = 3337, payable 3330. Third: all that is left.
    bought = order(line("a", 3, 3500, discount=500, tax=[476]), tenders=[card(10000, step=10)], currency="KWD")
    plans = returned(bought, {"a": 1}, {"a": 1}, {"a": 1})
    assert [plan.total for plan in plans] == [3330, 3330, 3340]
    # tax so far: 476 * 3330 / 10000 = 158.5 -> 159, 476 * 6660 / 10000 = 317.0 -> 317, 476
    assert [parts(plan)["a", 1] for plan in plans] == [159, 158, 159]
    assert [plan.lines[0].gross_before for plan in plans] == [0, 3330, 6660]


def test_what_stayed_below_the_step_follows_with_another_line() -> None:
    # a: 1005, payable 1000. b: 1995, and the 5 of a on top.
    bought = order(line("a", 1, 1005), line("b", 1, 1995), tenders=[card(3000, step=10)], currency="KWD")
    first, second = returned(bought, {"a": 1}, {"b": 1})
    assert (first.total, parts(first)) == (1000, {("a", 0): 1000})
    assert (second.total, parts(second)) == (2000, {("a", 0): 5, ("b", 0): 1995})
    assert [(one.line_id, one.quantity, one.gross) for one in second.lines] == [("a", 0, 5), ("b", 1, 1995)]


def test_a_refund_below_the_step_waits() -> None:
    bought = order(line("a", 2, 5), line("b", 1, 90), tenders=[card(100, step=10)], currency="KWD")
    first, second = returned(bought, {"a": 1}, {"a": 1})
    assert (first.total, first.legs, first.components) == (0, (), ())
    assert [(one.quantity, one.gross) for one in first.lines] == [(1, 0)]
    assert legs(second) == {"pi_1": 10}


def test_a_free_line_comes_back_for_nothing() -> None:
    # 5.00 less 5.00 is free; the other line costs 10.00; by value the free one moves no shipping.
    lines = [line("gift", 1, 500, discount=500), line("a", 1, 1000)]
    bought = order(*lines, tenders=[card(1300)], shipping=Shipping(price=300))
    free, rest = returned(bought, {"gift": 1}, {"a": 1}, terms=BY_VALUE)
    assert (free.total, free.components, free.legs, free.shipping) == (0, (), (), 0)
    assert [(one.line_id, one.quantity, one.gross) for one in free.lines] == [("gift", 1, 0)]
    assert (rest.total, rest.shipping) == (1300, 300)


def test_an_order_of_free_goods_pays_shipping_back_at_the_end() -> None:
    bought = order(line("gift", 2, 500, discount=1000), tenders=[card(300)], shipping=Shipping(price=300))
    assert [plan.total for plan in returned(bought, {"gift": 1}, {"gift": 1}, terms=BY_VALUE)] == [0, 300]


def test_gift_card_first_then_the_newest_payment() -> None:
    monday, tuesday = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
    bought = order(
        line("a", 4, 2500),
        tenders=[
            card(1000, name="undated"),
            card(2000, name="monday", paid_at=monday),
            card(3000, name="tuesday", paid_at=tuesday),
            card(1500, name="monday_too", paid_at=monday),
            Tender(id="gift", kind=TenderKind.GIFT_CARD, captured=2500, refunded=0),
        ],
    )
    plans = returned(bought, {"a": 1}, {"a": 2}, {"a": 1})
    assert legs(plans[0]) == {"gift": 2500}
    assert legs(plans[1]) == {"tuesday": 3000, "monday": 2000}
    assert legs(plans[2]) == {"monday_too": 1500, "undated": 1000}


def test_what_went_back_before_is_not_there_any_more() -> None:
    spent = Tender(id="pi_1", kind=TenderKind.CARD, captured=2000, refunded=1500)
    # 20.00 paid, 15.00 of it went back for nobody knows what: 5.00 is left for two units
    plans = returned(order(line("a", 2, 1000), tenders=[spent]), {"a": 1}, {"a": 1})
    assert [plan.total for plan in plans] == [250, 250]
    assert [(one.refund_id, one.worth, one.money) for one in plans[0].differences] == [("", 0, 1500)]


def test_an_order_without_its_payment_has_a_quote() -> None:
    unlinked = Tender(id="unlinked", kind=TenderKind.UNKNOWN, captured=1000)
    (plan,) = returned(order(line("a", 1, 1000), tenders=[unlinked]), {"a": 1})
    assert [(one.tender_id, one.kind) for one in plan.legs] == [("unlinked", TenderKind.UNKNOWN)]


@pytest.mark.parametrize("units", [{"z": 1}, {"a": 3}, {"a": 0}, {"a": -1}, {SHIPPING: 1}])
def test_units_that_are_not_there(units: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        returned(order(line("a", 2, 1000), tenders=[card(2000)]), units)
    assert refused.value.field == f"units.{next(iter(units))}"


def test_units_that_were_paid_back_are_not_paid_back_again() -> None:
    bought = order(line("a", 2, 1000), tenders=[card(2000)])
    with pytest.raises(InvalidRequest, match="of 2 bought, 1 have not been paid back"):
        returned(bought, {"a": 1}, {"a": 2})


def test_nothing_back_is_nothing_due() -> None:
    (plan,) = returned(order(line("a", 2, 1000), tenders=[card(2000)]), {})
    assert (plan.total, plan.lines, plan.components, plan.legs) == (0, (), (), ())


# ── What must hold for every order and every way of returning it ─────────────────────────────────────────────────────


@dataclass(frozen=True)
class Story:
    """An order and the groups in which all its units come back."""

    bought: Order
    groups: list[dict[str, int]]
    terms: Terms


def charged(what: OrderLine | Shipping, inclusive: bool) -> int:
    """What was paid, from the order's own figures."""
    quantity, price = (what.quantity, what.unit_price) if isinstance(what, OrderLine) else (1, what.price)
    return quantity * price - what.discount + (0 if inclusive else sum(tax.amount for tax in what.taxes))


@st.composite
def lines_of(draw: st.DrawFn, line_id: str, inclusive: bool) -> OrderLine:
    quantity, price = draw(st.integers(1, 5)), draw(st.integers(0, 3000))
    discount = draw(st.integers(0, quantity * price))
    left = quantity * price - discount if inclusive else 5000
    amounts: list[int] = []
    for _ in range(draw(st.integers(0, 3))):
        amounts.append(draw(st.integers(0, left)))
        left -= amounts[-1]
    return line(line_id, quantity, price, discount, amounts)


@st.composite
def tenders_of(draw: st.DrawFn, total: int, step: int) -> list[Tender]:
    kinds = st.sampled_from([TenderKind.CARD, TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT, TenderKind.BANK])
    dates = st.none() | st.datetimes(timezones=st.just(UTC))
    found: list[Tender] = []
    for number in range(draw(st.integers(0, 2))):
        captured = draw(st.integers(0, total // step)) * step
        total -= captured
        found.append(Tender(id=f"t{number}", kind=draw(kinds), captured=captured, step=step, paid_at=draw(dates)))
    return [*found, Tender(id="rest", kind=draw(kinds), captured=total, step=step, paid_at=draw(dates))]


@st.composite
def grouped(draw: st.DrawFn, units: Sequence[str]) -> list[dict[str, int]]:
    groups: list[dict[str, int]] = [{}]
    for unit in units:
        begins = draw(st.booleans())
        if begins and groups[-1]:
            groups.append({})
        groups[-1][unit] = groups[-1].get(unit, 0) + 1
    return groups


@st.composite
def stories(draw: st.DrawFn, steps: Sequence[int] = (1,)) -> Story:
    inclusive = draw(st.booleans())
    step = draw(st.sampled_from(steps))
    lines = [draw(lines_of(f"l{number}", inclusive)) for number in range(draw(st.integers(1, 4)))]
    goods = sum(charged(one, inclusive) for one in lines)
    shipping_tax = draw(st.integers(0, 200))
    # the shop charged what its provider can move: the total is a multiple of the step
    fee = draw(st.integers(200, 900))
    fee += -(goods + fee + (0 if inclusive else shipping_tax)) % step
    shipping = Shipping(price=fee, taxes=taxes(shipping_tax)) if step > 1 or draw(st.booleans()) else None
    total = goods + (charged(shipping, inclusive) if shipping else 0)
    bought = order(*lines, tenders=draw(tenders_of(total, step)), shipping=shipping, inclusive=inclusive)
    units = draw(st.permutations([one.id for one in lines for _ in range(one.quantity)]))
    return Story(bought, draw(grouped(units)), draw(st.sampled_from([NEVER, ALL, BY_VALUE])))


def paid_back(plans: Sequence[RefundPlan]) -> tuple[dict[tuple[str, int], int], dict[str, int]]:
    """All plans added up: by line and tax, and by tender."""
    by_part: dict[tuple[str, int], int] = {}
    by_tender: dict[str, int] = {}
    for plan in plans:
        for part, amount in parts(plan).items():
            by_part[part] = by_part.get(part, 0) + amount
        for tender, amount in legs(plan).items():
            by_tender[tender] = by_tender.get(tender, 0) + amount
    return by_part, by_tender


def check_plan(bought: Order, plan: RefundPlan) -> None:
    kept = sum(fee.amount for fee in plan.fees)
    assert {fee.kind for fee in plan.fees} <= {FeeKind.ROUNDING}
    assert plan.total == sum(leg.amount for leg in plan.legs) == sum(one.amount for one in plan.components) - kept
    assert plan.total == sum(one.gross for one in plan.lines) + plan.shipping - kept
    assert all(one.amount > 0 for one in plan.components)
    assert all(leg.amount > 0 and leg.amount % bought.tenders[0].step == 0 for leg in plan.legs)
    for one in plan.lines:
        assert one.gross == sum(part.amount for part in plan.components if part.line_id == one.line_id)
    for part in plan.components:
        assert (part.kind is ComponentKind.NET) == (part.tax == 0)


def expected_parts(bought: Order, shipping: bool) -> dict[tuple[str, int], int]:
    """Everything that was paid, by line and tax; zeros left out."""
    whole: list[tuple[str, OrderLine | Shipping]] = [(one.id, one) for one in bought.lines]
    if shipping and bought.shipping:
        whole.append((SHIPPING, bought.shipping))
    found: dict[tuple[str, int], int] = {}
    for line_id, what in whole:
        amounts = [tax.amount for tax in what.taxes]
        found[line_id, 0] = charged(what, bought.prices_include_tax) - sum(amounts)
        found |= {(line_id, number): amount for number, amount in enumerate(amounts, start=1)}
    return {part: amount for part, amount in found.items() if amount}


@given(stories())
def test_at_every_step_no_more_goes_back_than_was_paid(story: Story) -> None:
    plans = returned(story.bought, *story.groups, terms=story.terms)
    most = expected_parts(story.bought, shipping=True)
    for count, plan in enumerate(plans, start=1):
        check_plan(story.bought, plan)
        by_part, by_tender = paid_back(plans[:count])
        assert all(amount <= most[part] for part, amount in by_part.items())
        assert all(by_tender.get(one.id, 0) <= one.captured for one in story.bought.tenders)


@given(stories())
def test_the_whole_returns_the_whole_in_any_grouping(story: Story) -> None:
    by_part, by_tender = paid_back(returned(story.bought, *story.groups, terms=story.terms))
    assert by_part == expected_parts(story.bought, shipping=story.terms is not NEVER)
    if story.terms is not NEVER:
        assert by_tender == {one.id: one.captured for one in story.bought.tenders if one.captured}


@given(stories(), st.data())
def test_grouping_does_not_matter_on_the_way_either(story: Story, data: st.DataObject) -> None:
    # the same units, in another order and in other groups
    some = story.groups[: data.draw(st.integers(1, len(story.groups)))]
    units = data.draw(st.permutations([unit for group in some for unit, count in group.items() for _ in range(count)]))
    others = data.draw(grouped(units))
    assert paid_back(returned(story.bought, *some, terms=story.terms)) == paid_back(
        returned(story.bought, *others, terms=story.terms)
    )


@given(stories())
def test_every_unit_is_worth_its_share_within_one(story: Story) -> None:
    for plan in returned(story.bought, *story.groups, terms=NEVER):
        for one in plan.lines:
            bought = next(line for line in story.bought.lines if line.id == one.line_id)
            share = charged(bought, story.bought.prices_include_tax) * one.quantity
            assert abs(one.gross * bought.quantity - share) <= bought.quantity


@given(stories(steps=(5, 10, 100)))
def test_with_steps_nothing_is_lost_and_nothing_is_paid_too_early(story: Story) -> None:
    plans = returned(story.bought, *story.groups, terms=story.terms)
    smooth = order(
        *story.bought.lines,
        tenders=[card(story.bought.total)],
        shipping=story.bought.shipping,
        inclusive=story.bought.prices_include_tax,
    )
    due = returned(smooth, *story.groups, terms=story.terms)
    step = story.bought.tenders[0].step
    for count, plan in enumerate(plans, start=1):
        check_plan(story.bought, plan)
        late = sum(one.total for one in due[:count]) - sum(one.total for one in plans[:count])
        assert 0 <= late < step
    if story.terms is not NEVER:
        by_part, by_tender = paid_back(plans)
        assert by_part == expected_parts(story.bought, shipping=True)
        assert by_tender == {one.id: one.captured for one in story.bought.tenders if one.captured}


def _two_rates() -> Order:
    sample = Path(__file__).parents[2] / "embedded" / "orders" / "two_rates.json"
    return read_order(sample.read_text()).order
