"""The plan: what is owed for what was inspected, reserved as one linked set."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from activities.decisions import PlanRefund
from activities.inventory import RecordInspection
from domain.errors import Refused
from ledger import TransferKind
from tests.shop import NOW, Interrupted, Shop, card, inspection, transfers

# Two mugs and the book: 3529 * 2 / 3 = 2352.7 -> 2353, tax 563 * 2353 / 3529 = 375.4 -> 375; 2271, tax 149.
TWO_MUGS_AND_BOOK = {"1": 2, "2": 1}


def arrived(shop: Shop, units: dict[str, int], case: str = "R-1") -> None:
    """A return whose units have all come."""
    shop.begin(case, units)
    shop.receive(case, units)


def test_one_linked_set_from_what_was_paid_to_where_it_goes(shop: Shop) -> None:
    arrived(shop, TWO_MUGS_AND_BOOK)
    plan = shop.plan("R-1", TWO_MUGS_AND_BOOK)
    assert plan.total == 4624
    entry = shop.entry("plan:R-1:1")
    assert transfers(entry) == [
        ("pending", "paid:two-rates:1:net", "owed:R-1", "EUR", 1978),
        ("pending", "paid:two-rates:1:tax:1", "owed:R-1", "EUR", 375),
        ("pending", "paid:two-rates:2:net", "owed:R-1", "EUR", 2122),
        ("pending", "paid:two-rates:2:tax:1", "owed:R-1", "EUR", 149),
        ("pending", "owed:R-1", "tender:pi_demo_two_rates", "EUR", 4624),
    ]
    # The refund that posts or voids this leg finds it by its own key.
    assert entry.transfers[-1].key == "refund:R-1:1:pi_demo_two_rates:1/leg"
    assert (shop.money("owed:R-1").pending_in, shop.money("owed:R-1").pending_out) == (4624, 4624)


def test_nothing_has_moved_yet(shop: Shop) -> None:
    arrived(shop, TWO_MUGS_AND_BOOK)
    shop.plan("R-1", TWO_MUGS_AND_BOOK)
    assert shop.money("owed:R-1").posted == 0
    assert (shop.money("tender:pi_demo_two_rates").posted, shop.money("tender:pi_demo_two_rates").available) == (
        10850,
        10850 - 4624,
    )
    assert (shop.money("paid:two-rates:1:net").posted, shop.money("paid:two-rates:1:net").available) == (
        2966,
        2966 - 1978,
    )


def test_the_last_units_bring_the_shipping(shop: Shop) -> None:
    arrived(shop, {"1": 2, "2": 1})
    shop.plan("R-1", {"1": 2, "2": 1})
    arrived(shop, {"1": 1, "3": 1}, "R-2")
    plan = shop.plan("R-2", {"1": 1, "3": 1})
    # What is left of everything that was paid.
    assert plan.total == 10850 - 4624
    assert transfers(shop.entry("plan:R-2:1")) == [
        ("pending", "paid:two-rates:1:net", "owed:R-2", "EUR", 2966 - 1978),
        ("pending", "paid:two-rates:1:tax:1", "owed:R-2", "EUR", 563 - 375),
        ("pending", "paid:two-rates:3:net", "owed:R-2", "EUR", 3828),
        ("pending", "paid:two-rates:3:tax:1", "owed:R-2", "EUR", 727),
        ("pending", "paid:two-rates:shipping:net", "owed:R-2", "EUR", 416),
        ("pending", "paid:two-rates:shipping:tax:1", "owed:R-2", "EUR", 79),
        ("pending", "owed:R-2", "tender:pi_demo_two_rates", "EUR", 6226),
    ]
    assert {one.available for one in shop.ledger.balances("paid:")} == {0}


def test_two_payments_are_two_legs_the_newer_first(shop: Shop) -> None:
    shop.sell(tenders=[card("pi_old", 7850, NOW - timedelta(days=2)), card("pi_new", 3000, NOW - timedelta(days=1))])
    arrived(shop, TWO_MUGS_AND_BOOK)
    shop.plan("R-1", TWO_MUGS_AND_BOOK)
    legs = [one for one in shop.entry("plan:R-1:1").transfers if one.debit == "owed:R-1"]
    assert [(one.key, one.credit, one.amount) for one in legs] == [
        ("refund:R-1:1:pi_new:1/leg", "tender:pi_new", 3000),
        ("refund:R-1:1:pi_old:1/leg", "tender:pi_old", 1624),
    ]


def test_only_what_was_inspected_is_planned(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3})
    shop.receive("R-1", {"1": 1})
    assert shop.plan("R-1", {"1": 1}).total == 1176


@pytest.mark.parametrize(
    ("rule", "shipping"),
    [("never", 0), ("by_value", 221)],  # 495 * 4624 / 10355 = 221.04
)
def test_shipping_as_the_policy_says(shop: Shop, rule: str, shipping: int) -> None:
    shop.publish(since=NOW - timedelta(days=30), refund_shipping=rule)
    arrived(shop, TWO_MUGS_AND_BOOK)
    plan = shop.plan("R-1", TWO_MUGS_AND_BOOK)
    assert (plan.shipping, plan.total) == (shipping, 4624 + shipping)


def test_the_same_inspection_again_is_the_recorded_plan(shop: Shop) -> None:
    arrived(shop, {"1": 2})
    first = shop.plan("R-1", {"1": 2})
    assert shop.plan("R-1", {"1": 2}, now=NOW + timedelta(days=3)) == first
    assert shop.recorded().count("plan:R-1:1") == 1
    assert shop.money("owed:R-1").pending_out == 2353


def test_a_plan_is_made_anew_when_another_one_came_first(shop: Shop) -> None:
    arrived(shop, {"1": 1})
    arrived(shop, {"1": 1}, "R-2")
    other = Shop(shop.engine)
    ours = Interrupted(shop.engine, partial(other.plan, "R-2", {"1": 1}))
    shop.use(ours)
    shop.inventory = other.inventory  # the inspection is recorded before
    # The other one took the first mug's 1176, so ours is the second's.
    assert shop.plan("R-1", {"1": 1}).total == 1177
    assert ours.appends == 2
    assert other.plan("R-2", {"1": 1}).total == 1176


def test_no_more_units_are_paid_than_have_money_left(shop: Shop) -> None:
    # three were bought, for 35.29: whatever was counted, no fourth is paid
    arrived(shop, {"1": 2})
    assert shop.plan("R-1", {"1": 4}).total == 3529


def test_what_nobody_inspected_is_not_planned(shop: Shop) -> None:
    """The word of a workflow alone, which anybody in the namespace can start, moves no money."""
    arrived(shop, {"1": 2})
    about: dict[str, Any] = {"case": "R-1", "order_id": "two-rates", "now": NOW}
    for recorded, said in ((None, {"1": 2}), ({"1": 1}, {"1": 2})):
        if recorded:
            shop.inventory.record_inspection(RecordInspection(inspection=inspection(recorded), **about))
        with pytest.raises(Refused) as no:
            shop.decisions.plan_refund(PlanRefund(inspection=inspection(said), **about))
        assert no.value.code == "not_inspected"
    assert "plan:R-1:1" not in shop.recorded()


def test_every_transfer_of_a_plan_only_reserves(shop: Shop) -> None:
    arrived(shop, {"1": 3, "2": 1, "3": 1})
    shop.plan("R-1", {"1": 3, "2": 1, "3": 1})
    entry = shop.entry("plan:R-1:1")
    assert {one.kind for one in entry.transfers} == {TransferKind.PENDING}
    brings, takes = ([one.amount for one in entry.transfers if getattr(one, side) == "owed:R-1"] for side in SIDES)
    assert sum(brings) == sum(takes) == 10850


SIDES = ("credit", "debit")
