"""Exchanges: goods for goods, and the difference in either direction. All amounts are minor units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from domain.components import gross_parts
from domain.history import History
from domain.kits import priced, without_kits
from domain.model import Minor, Model
from domain.order import Order, OrderLine, Shipping, TaxLine
from domain.plan import ComponentKind, FeeKind, PlanLine, RefundPlan
from domain.planning import goods_only, plan_refund, plan_with_new_goods
from domain.terms import Terms


class Exchange(Model):
    """What comes back and what goes out for it.

    `credit` is what the goods that come back are worth, `fees` what is kept of that, `charge` the new lines with their
    tax and delivery. `difference` is charge + fees - credit: above zero the shopper owes it, and nothing is charged
    unasked; below zero `plan` pays it back. The plan's `exchanged` is what moves from the old lines to the new.
    """

    plan: RefundPlan
    new: tuple[OrderLine, ...]
    credit: Minor
    fees: Minor
    charge: Minor
    difference: Annotated[int, Field(strict=True)]


def plan_exchange(
    order: Order,
    history: History,
    units: Mapping[str, int],
    terms: Terms,
    new: Sequence[OrderLine],
    shipping: Shipping | None = None,
) -> Exchange:
    """These units for new lines, priced as the order is (tax within or on top); old delivery and tip stay paid.

    Fees that the credit does not cover are owed by the shopper. Raises InvalidRequest as `plan_refund` does.
    """
    charge = sum(order.paid_for(line) + line.duties for line in new) + order.paid_for(shipping)
    plan = plan_with_new_goods(order, history, units, goods_only(terms), charge)
    fees = sum(fee.amount + fee.waived for fee in plan.fees if fee.kind is not FeeKind.ROUNDING)
    credit = plan.gross + plan.later
    return Exchange(
        plan=plan,
        new=tuple(new),
        credit=credit,
        fees=fees,
        charge=charge,
        difference=charge + fees - credit,
    )


def plan_replacement(order: Order, history: History, units: Mapping[str, int]) -> tuple[OrderLine, ...]:
    """The units that go out for these, at the price originally paid for them, so that the difference is zero.

    No money moves and no unit is closed: the new unit stands on the old line, and a later return of it pays what was
    paid for the first. Raises InvalidRequest as `plan_refund` does.
    """
    bought = {line.id: line for line in order.lines}
    wanted = without_kits(order, units)
    plan = plan_refund(order, history, wanted, goods_only(Terms()))
    return tuple(_again(order, bought[line.line_id], line) for line in plan.lines if line.quantity)


def _again(order: Order, line: OrderLine, due: PlanLine) -> OrderLine:
    parts = gross_parts(line.id, line.taxes, due.paid, due.gross_before, due.worth)
    taxes = tuple(
        TaxLine(name=part.name, rate=part.rate, amount=part.amount) for part in parts if part.kind is ComponentKind.TAX
    )
    net = sum(part.amount for part in parts if part.kind is ComponentKind.NET)
    cost = due.worth if order.prices_include_tax else net
    changed = {"quantity": due.quantity, "order_discount": 0, "duties": due.duties, "taxes": taxes}
    facts = {"deliveries": (), "serials": ()}
    return line.model_copy(update={**changed, **facts, **priced(due.quantity, cost)})
