"""The nouns of an explained plan. They are published as JSON: fields may be added, none is renamed or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from domain.arithmetic import parts_so_far
from domain.history import History, LineHistory, goods_back
from domain.model import Currency, Minor, Model
from domain.order import SHIPPING, Order, OrderLine, Shipping, TaxLine
from domain.plan import (
    Adjustment,
    Bonus,
    Component,
    ComponentKind,
    Count,
    Difference,
    Fee,
    KitShare,
    Leg,
    PlanLine,
    RefundPlan,
)
from domain.terms import ShippingRule, Terms


class ExplainedTax(Model):
    """One tax in a gross amount; `rate` is a decimal fraction as text. Of `paid`, the tax of the whole line or delivery
    at the sale, `before` went back earlier and `amount` goes back now; that may be none of it.

    So far, amount + before: of all taxes together half_up(all taxes paid * gross so far / gross paid), then of each in
    turn half_up(its paid * what is left of that sum / the tax paid of this and those after it).
    """

    name: str
    rate: str
    amount: Minor
    paid: Minor = 0
    before: Minor = 0


class ExplainedLine(Model):
    """One line: `gross` = worth_after - back_before, in minor units, less what is below a tender's step.

    worth_after = (2 * base * k + n) // (2 * n) with k = base_before + quantity and n = base_units: the worth of the
    first k of n units. The base is what was paid for all `bought` units, or what was left of it when more money last
    went back than units were worth. `short_before` is what earlier refunds did not give of `back_before`. Where the
    plan has an `adjustment`, gross is the amount that was decided. Since the sale `gross_before` of `paid` went back.
    Duties likewise: duties_base for the same n units, of which `duties_before` were paid back or kept; duties +
    duties_kept are the rest of the worth of k. Where whole kits come back, worth_after is the line's share of what
    these are worth: `kit_share` says of how many, out of how much.
    """

    line_id: str
    title: str
    quantity: Count
    bought: Count
    paid: Minor
    base: Minor
    base_units: Count
    base_before: Count
    back_before: Minor
    worth_after: Minor
    gross: Minor
    net: Minor
    taxes: tuple[ExplainedTax, ...]
    duties: Minor
    duties_kept: Minor
    gross_before: Minor = 0
    duties_paid: Minor = 0
    duties_base: Minor = 0
    duties_before: Minor = 0
    short_before: Minor = 0
    kit_share: KitShare | None = None

    @classmethod
    def of(cls, line: PlanLine, sold: OrderLine, before: LineHistory, parts: Sequence[Component]) -> Self:
        """A line of a plan, with what was known of it when the plan was made."""
        return cls(
            line_id=line.line_id,
            title=line.title,
            quantity=line.quantity,
            bought=line.bought,
            paid=line.paid,
            base=line.base,
            base_units=line.base_units,
            base_before=line.base_before,
            back_before=line.base_back,
            worth_after=line.worth_after,
            gross=line.gross,
            net=_net(parts),
            taxes=_taxes(sold.taxes, line.paid, line.gross_before, parts),
            duties=line.duties,
            duties_kept=line.duties_kept,
            gross_before=line.gross_before,
            duties_paid=sold.duties,
            duties_base=before.duties_base,
            duties_before=before.duties_settled,
            short_before=before.short,
            kit_share=line.kit_share,
        )


class ExplainedShipping(Model):
    """What goes back of delivery, less what is below a tender's step.

    So far, gross + before + `short_before` (what earlier refunds named of it and did not give): `cap` (what was
    `paid`, or less where only the cheapest standard delivery is paid back) once everything is back; by value before
    that, half_up(cap * goods_so_far / goods). `goods` is what was paid for all goods of the order, `goods_so_far` what
    those are worth of it that are back with this plan, on terms that pay delivery back; both only by value.
    """

    gross: Minor
    net: Minor
    taxes: tuple[ExplainedTax, ...]
    paid: Minor = 0
    before: Minor = 0
    rule: ShippingRule = ShippingRule.WHEN_ALL_RETURNED
    cap: Minor = 0
    goods_so_far: Minor = 0
    goods: Minor = 0
    short_before: Minor = 0

    @classmethod
    def of(
        cls, plan: RefundPlan, order: Order, sent: Shipping, history: History, terms: Terms, parts: Sequence[Component]
    ) -> Self:
        """The delivery of a plan that pays some of it back."""
        paid = cap = order.paid_for(sent)
        if terms.cheapest_standard_only and sent.cheapest_standard is not None:
            cap = min(cap, sent.cheapest_standard)
        by_value = terms.refund_shipping is ShippingRule.BY_VALUE
        so_far, goods = _goods(plan, order, history) if by_value else (0, 0)
        return cls(
            gross=plan.shipping,
            net=_net(parts),
            taxes=_taxes(sent.taxes, paid, history.shipping, parts),
            paid=paid,
            before=history.shipping,
            short_before=history.short.get(SHIPPING, 0),
            rule=terms.refund_shipping,
            cap=cap,
            goods_so_far=so_far,
            goods=goods,
        )


def _net(parts: Sequence[Component]) -> int:
    return sum(part.amount for part in parts if part.kind is ComponentKind.NET)


def _taxes(
    taxes: Sequence[TaxLine], paid: int, gross_before: int, parts: Sequence[Component]
) -> tuple[ExplainedTax, ...]:
    """All taxes that were paid, in the order's own order: to compute one of them again takes the others too."""
    now = {part.tax: part.amount for part in parts if part.kind is ComponentKind.TAX}
    _, *before = parts_so_far(paid, [tax.amount for tax in taxes], gross_before)
    return tuple(
        ExplainedTax(name=tax.name, rate=tax.rate, amount=now.get(number, 0), paid=tax.amount, before=earlier)
        for number, (tax, earlier) in enumerate(zip(taxes, before, strict=True), start=1)
    )


def _goods(plan: RefundPlan, order: Order, history: History) -> tuple[int, int]:
    """What counts for delivery with this plan, and what was paid for all goods."""
    now = {line.line_id: line.quantity for line in plan.lines}
    return goods_back(order, history, now, [line.line_id for line in plan.lines if line.delivery_kept])


class Explanation(Model):
    """A plan to be read: all amounts in minor units of `currency`.

    total = lines with their duties + shipping + tip - fees - exchanged, and the legs add up to it.
    """

    order_id: str
    currency: Currency
    lines: tuple[ExplainedLine, ...]
    shipping: ExplainedShipping | None
    tip: Minor
    gross: Minor
    fees: tuple[Fee, ...]
    exchanged: Minor
    total: Minor
    legs: tuple[Leg, ...]
    later: Minor
    bonus: Bonus | None
    adjustment: Adjustment | None
    differences: tuple[Difference, ...]
