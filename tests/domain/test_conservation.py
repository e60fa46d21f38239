"""Money is conserved in every story; and six faults that shops really have each turn that red.

`python -m tests.proof.arithmetic` tells many more of these stories.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import domain.history
import domain.planning
from domain.history import History, LineHistory
from domain.money import half_up
from domain.order import Order, OrderLine, TenderKind
from domain.plan import Leg
from domain.terms import Terms
from tests.proof.arithmetic import faults, run, shares, thin
from tests.proof.stories import story


@given(st.randoms(use_true_random=False))
def test_every_story_holds(chance: Random) -> None:
    assert faults(story(chance), chance) == []


def test_the_stories_are_mixed_and_hold(capsys: pytest.CaptureFixture[str]) -> None:
    mix, found = run([f"suite:{number}" for number in range(400)])
    with capsys.disabled():
        sys.stdout.write(f"\nThe mix of 400 stories:\n{shares(mix, 400)}\n")
    assert not found
    assert not thin(mix, 400)


def test_a_thin_mix_is_noticed() -> None:
    assert thin(Counter(), 10)


# ── Planted faults ───────────────────────────────────────────────────────────────────────────────────────────────────

_sold = domain.history._sold
_once_per_order = domain.planning._once_per_order


def bankers_rounding(numerator: int, denominator: int) -> int:
    """Halves go to the even neighbour."""
    return round(Fraction(numerator, denominator))


def list_price(order: Order, line: OrderLine) -> LineHistory:
    """The base forgets the discounts."""
    cuts = line.discount + line.order_discount
    return _sold(order, line).model_copy(update={"base": order.paid_for(line) + cuts})


def tax_on_discount(order: Order, line: OrderLine) -> LineHistory:
    """The base holds the tax that the price would have had without the discounts."""
    cost, cuts = line.quantity * line.unit_price, line.discount + line.order_discount
    more = sum(tax.amount for tax in line.taxes) * cuts // (cost - cuts) if cost > cuts else 0
    return _sold(order, line).model_copy(update={"base": order.paid_for(line) + more})


def each_unit_alike(paid: int, bought: int, units: int) -> int:
    """Every unit is worth the same rounded amount, the last one too."""
    return half_up(paid, bought) * units if bought else 0


def no_tender_cap(order: Order, history: History, due: int, kinds: Sequence[TenderKind]) -> tuple[Leg, ...]:
    """All of it goes to the first payment, whatever that has left."""
    first = order.tenders[0]
    return (Leg(tender_id=first.id, kind=first.kind, amount=due // first.step * first.step),) if due else ()


def shipping_twice(order: Order, history: History, units: Mapping[str, int], terms: Terms) -> tuple[int, int]:
    """Delivery that went back before is forgotten."""
    return _once_per_order(order, history.model_copy(update={"shipping": 0}), units, terms)


@pytest.fixture(scope="module")
def seeds() -> list[str]:
    """Of stories in which nothing is wrong."""
    seeds = [f"suite:{number}" for number in range(40)]
    assert not run(seeds)[1]
    return seeds


@pytest.mark.parametrize(
    ("where", "fault", "words"),
    [
        ("domain.arithmetic.half_up", bankers_rounding, "went back so far"),
        ("domain.history._sold", list_price, "went back so far|more went back than was paid|is due, but"),
        ("domain.history._sold", tax_on_discount, "went back so far|more went back than was paid|is due, but"),
        ("domain.history.worth", each_unit_alike, "never went back|more went back than was paid|is due, but"),
        ("domain.planning.legs_for", no_tender_cap, "went back to t0, which had"),
        ("domain.planning._once_per_order", shipping_twice, "shipping.*more went back|more went back.*shipping"),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_a_planted_fault_turns_it_red(
    where: str, fault: Callable[..., object], words: str, seeds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, fault)
    found = run(seeds)[1]
    assert any(re.search(words, one) for one in found), found[:5]
