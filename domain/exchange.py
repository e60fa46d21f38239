"""Exchanges: goods for goods, and the difference in either direction. All amounts are minor units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.components import gross_parts
from domain.history import Happened, History
from domain.kits import priced, without_kits
from domain.model import Currency, Id, Minor, Model, Quantity, UtcDatetime
from domain.money import half_up
from domain.order import Order, OrderLine, Shipping, TaxLine
from domain.plan import ComponentKind, FeeKind, PlanLine, RefundPlan
from domain.planning import goods_only, plan_refund, plan_with_new_goods
from domain.request import Sku
from domain.terms import Terms


class VariantTax(Model):
    """A tax on what a variant costs; `rate` is a decimal fraction as text."""

    name: Annotated[str, StringConstraints(max_length=100)]
    rate: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}(\.[0-9]{1,8})?$")]


class Variant(Model):
    """Something that the shop sells now: `price` for one unit, taxes within it or on top as the shop's orders have
    them. `available` is how many it has; None where it does not say."""

    sku: Sku
    product: Annotated[str, StringConstraints(max_length=100)] = ""
    title: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    price: Minor
    currency: Currency
    taxes: Annotated[tuple[VariantTax, ...], Field(max_length=10)] = ()
    available: Annotated[int, Field(strict=True, ge=0)] | None = None


class Swap(Model):
    """What is promised for the units of one line: as many units of `sku`, each at `price`; without a price at what was
    paid for those that come back, as for another size of the same thing, or the same again."""

    line_id: Id
    new_line: Id
    sku: Annotated[str, StringConstraints(max_length=100)]
    title: Annotated[str, StringConstraints(max_length=300)]
    quantity: Quantity
    price: Minor | None = None
    taxes: tuple[VariantTax, ...] = ()


class Sent(Model):
    """The n-th parcel to the shopper: units by the lines of the order on which they stand now."""

    number: Quantity
    lines: Mapping[str, int]
    tracking_number: str = ""
    carrier: str = ""
    at: UtcDatetime


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

    @property
    def to_pay(self) -> int:
        """What the shopper is asked for. A fee that the goods do not cover is waived, as it is with a refund."""
        return self.charge - self.plan.exchanged


def swapped(order: Order, history: History, units: Mapping[str, int], terms: Terms, swaps: Sequence[Swap]) -> Exchange:
    """The exchange of these units as it was promised. Raises InvalidRequest as `plan_refund` does."""
    new = tuple(_new_line(order, history, units[one.line_id], one) for one in swaps if units.get(one.line_id))
    made = plan_exchange(order, history, units, terms, new)
    return made.model_copy(update={"plan": made.plan.model_copy(update={"new": new})})


def swap_of(order: Order, line: OrderLine, quantity: int, new_line: str, old: Variant | None, new: Variant) -> Swap:
    """What is promised for so many units of a line: another variant of the same product that costs the same is even,
    whatever was paid; anything else costs what it costs."""
    even = new.sku == line.sku or (
        old is not None and bool(old.product) and (old.product, old.price) == (new.product, new.price)
    )
    priced_apart = {} if even else {"price": new.price, "taxes": new.taxes}
    named = {"line_id": line.id, "new_line": new_line, "sku": new.sku, "title": new.title, "quantity": quantity}
    return Swap.model_validate({**named, **priced_apart})


def with_exchanges(order: Order, happened: Iterable[Happened]) -> Order:
    """The order with the lines that went out for goods which came back, and with what the shopper paid for them."""
    plans = [one for one in happened if isinstance(one, RefundPlan) and one.new]
    if not plans:
        return order
    charge = sum(order.paid_for(line) + line.duties for plan in plans for line in plan.new)
    return order.model_copy(
        update={
            "lines": (*order.lines, *(line for plan in plans for line in plan.new)),
            "tenders": (*order.tenders, *(plan.added for plan in plans if plan.added)),
            "exchanged": order.exchanged + sum(plan.exchanged for plan in plans),
            "total": order.total + charge,
        }
    )


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


def _new_line(order: Order, history: History, quantity: int, swap: Swap) -> OrderLine:
    if swap.price is None:
        (same,) = plan_replacement(order, history, {swap.line_id: quantity})
        return same.model_copy(update={"id": swap.new_line, "sku": swap.sku, "title": swap.title, "kit": None})
    old = order.line(swap.line_id)
    assert old is not None  # it was promised for a line of the order
    cost = quantity * swap.price
    return OrderLine(
        id=swap.new_line,
        sku=swap.sku,
        title=swap.title,
        category=old.category,
        quantity=quantity,
        unit_price=swap.price,
        taxes=tuple(_tax(one, cost, swap.taxes, inside=order.prices_include_tax) for one in swap.taxes),
        exclusions=old.exclusions,
    )


def _tax(tax: VariantTax, cost: int, taxes: Sequence[VariantTax], *, inside: bool) -> TaxLine:
    """One tax of what so much costs; half a minor unit is rounded up."""
    whole = 1 + (sum(Fraction(one.rate) for one in taxes) if inside else 0)
    share = Fraction(tax.rate) / whole
    amount = half_up(cost * share.numerator, share.denominator)
    return TaxLine(name=tax.name, rate=tax.rate, amount=amount)


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
