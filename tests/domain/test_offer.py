"""When less than was quoted is offered: what is kept beyond the quote, for the units that came; and never by law."""

from __future__ import annotations

import pytest

from domain.finding import Finding, FindingCode, without_damage
from domain.inspection import Grade
from domain.plan import Fee, FeeKind, PlanLine, RefundPlan
from domain.quoted import kept_beyond

NEW = {"units_before": 0, "gross_before": 0}
RESTOCKING, LOST, LABEL = FeeKind.RESTOCKING, FeeKind.LOST_VALUE, FeeKind.RETURN_SHIPPING


def plan(units: int, *fees: tuple[FeeKind, str, int]) -> RefundPlan:
    """So many units of line 1 of four, with these fees."""
    line = PlanLine.model_validate(
        {"line_id": "1", "title": "Mug", "quantity": units, "bought": 4, "paid": 4000, "gross": 1000 * units} | NEW
    )
    kept = tuple(Fee(kind=kind, line_id=of, base=4000, amount=amount) for kind, of, amount in fees)
    return RefundPlan(
        order_id="o", currency="EUR", lines=(line,), shipping=0, components=(), legs=(), total=0, fees=kept
    )


@pytest.mark.parametrize(
    ("quote", "now", "kept"),
    [
        (plan(2), plan(2), 0),
        (plan(2, (RESTOCKING, "1", 300)), plan(2, (RESTOCKING, "1", 300)), 0),
        (plan(2), plan(2, (LOST, "1", 600)), 600),
        (plan(2, (RESTOCKING, "1", 300)), plan(2, (RESTOCKING, "1", 500), (LOST, "1", 100)), 300),
        # One of two came: half of what was quoted is no news, more of it is.
        (plan(2, (RESTOCKING, "1", 300)), plan(1, (RESTOCKING, "1", 150)), 0),
        (plan(2, (RESTOCKING, "1", 300)), plan(1, (RESTOCKING, "1", 300)), 150),
        # Once per return, so the same for fewer units.
        (plan(2, (LABEL, "", 499)), plan(1, (LABEL, "", 499)), 0),
        (plan(2, (LABEL, "", 499)), plan(2, (LABEL, "", 599)), 100),
        # Less of one fee pays for no more of another.
        (plan(2, (RESTOCKING, "1", 300)), plan(2, (LOST, "1", 200)), 200),
        (plan(2), plan(2, (FeeKind.ROUNDING, "", 3)), 0),
    ],
)
def test_only_what_the_quote_did_not_have_is_kept_beyond_it(quote: RefundPlan, now: RefundPlan, kept: int) -> None:
    assert kept_beyond(quote, now) == kept


def damage(quantity: int, line: str = "1", code: FindingCode = FindingCode.DAMAGED_IN_TRANSIT) -> Finding:
    return Finding(id="f", by="ann", code=code, line_id=line, quantity=quantity)


def test_units_that_the_carrier_damaged_count_as_new_the_worst_first() -> None:
    graded = {"1": {Grade.A: 1, Grade.B: 1, Grade.D: 2}, "2": {Grade.C: 1}}
    assert without_damage(graded, [damage(1)]) == {"1": {Grade.A: 2, Grade.B: 1, Grade.D: 1}, "2": {Grade.C: 1}}
    assert without_damage(graded, [damage(2), damage(9)]) == {"1": {Grade.A: 4}, "2": {Grade.C: 1}}
    assert without_damage(graded, [damage(2, code=FindingCode.USED), damage(1, "3")]) == graded


@pytest.mark.parametrize(
    ("about", "wrong"),
    [
        ({"code": "empty_box", "quantity": 1}, "holds no units"),
        ({"code": "short", "line_id": "1"}, "how many units"),
        ({"code": "wrong_item", "line_id": "1", "quantity": 1}, "named by their SKU"),
        ({"code": "extra_item", "sku": "X", "quantity": 1}, "name the line"),
        ({"code": "used", "quantity": 1}, "name the line"),
    ],
)
def test_a_finding_says_of_what_it_is(about: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Finding.model_validate({"id": "f", "by": "ann", **about})
