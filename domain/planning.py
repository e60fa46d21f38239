"""The plan of a refund: one function for the quote, the offer and the payout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.arithmetic import worth
from domain.components import components
from domain.errors import InvalidRequest, Refused
from domain.fees import bonus_of, fees_of, rounding
from domain.history import History, LineHistory, goods_back, with_plan
from domain.kits import kit_shares, without_kits
from domain.money import Money, half_up
from domain.order import SHIPPING, TIP, Order, OrderLine, TenderKind
from domain.plan import AS_CREDIT, Adjustment, KitShare, Leg, PlanLine, RefundPlan
from domain.resolution import Resolution
from domain.tenders import legs_for
from domain.terms import ShippingRule, Terms


@dataclass(frozen=True)
class Due:
    """What is due: lines with their duties, shipping, tip."""

    lines: tuple[PlanLine, ...]
    shipping: int = 0
    tip: int = 0

    @property
    def total(self) -> int:
        """All of it, before fees."""
        return sum(line.gross + line.duties for line in self.lines) + self.shipping + self.tip

    def without(self, short: int) -> Due:
        """What is left when so much cannot be paid yet; taken from the end, so that the first lines stay whole."""
        tip = min(self.tip, short)
        shipping = min(self.shipping, short - tip)
        short -= tip + shipping
        lines = list(self.lines)
        for place in reversed(range(len(lines))):
            line = lines[place]
            duties = min(line.duties, short)
            gross = min(line.gross, short - duties)
            short -= duties + gross
            lines[place] = line.model_copy(update={"gross": line.gross - gross, "duties": line.duties - duties})
        kept = tuple(line for line in lines if line.quantity or line.gross or line.duties)
        return Due(kept, self.shipping - shipping, self.tip - tip)


def plan_refund(order: Order, history: History, units: Mapping[str, int], terms: Terms) -> RefundPlan:
    """The plan for `units` (line or kit id to quantity).

    Raises InvalidRequest for a line the order does not have or more units than are left, and Refused
    (`tender_exhausted`) where the payments have less left than is due, as after a lost dispute.
    """
    return plan_with_new_goods(order, history, units, terms, 0)


def plan_with_new_goods(
    order: Order, history: History, units: Mapping[str, int], terms: Terms, charge: int
) -> RefundPlan:
    """The same plan, of which up to `charge` pays for new goods before anything goes back to a tender."""
    units = without_kits(order, units)
    _check_units(order, history, units)
    due = Due(_lines_due(order, history, units, terms), *_once_per_order(order, history, units, terms))
    fees = fees_of(terms, due.lines, due.total)
    net = due.total - sum(fee.amount for fee in fees)
    exchanged = min(net, charge)
    legs = _legs(order, history, net - exchanged, terms)
    total = sum(leg.amount for leg in legs)
    later = net - exchanged - total
    if later and _all_back(history, units):
        # nothing can follow that would lift it over the step
        fees, later = (*fees, rounding(later)), 0
    due = due.without(later)
    return RefundPlan(
        order_id=order.id,
        currency=order.currency,
        lines=due.lines,
        shipping=due.shipping,
        tip=due.tip,
        components=components(order, history, due.lines, due.shipping, due.tip),
        fees=fees,
        legs=legs,
        total=total,
        exchanged=exchanged,
        later=later,
        bonus=bonus_of(terms, total),
        differences=history.differences,
        resolution=terms.resolution,
    )


def _legs(order: Order, history: History, due: int, terms: Terms) -> tuple[Leg, ...]:
    """Back to the tenders; or as much as they have left to give, as store credit in one sum."""
    legs = legs_for(order, history, due, terms.tender_order)
    if terms.resolution is not Resolution.STORE_CREDIT or not legs:
        return legs
    total = sum(leg.amount for leg in legs)
    return (Leg(tender_id=AS_CREDIT, kind=TenderKind.STORE_CREDIT, amount=total, customer=order.customer_id),)


def plan_adjustment(order: Order, history: History, line_id: str, amount: int, reason: Adjustment) -> RefundPlan:
    """Money of a line without its units, to the tenders; never more than is left of what was paid for the line.

    What is below a tender's step is not paid, now or later. Raises InvalidRequest for a line the order does not have or
    an amount that is not left of it, and Refused (`below_step`) if no tender can pay as little as this.
    """
    line = order.line(line_id)
    if line is None:
        raise InvalidRequest("line", f"order {order.number} has no line {line_id}")
    before = history.lines[line_id]
    left = before.base - max(before.back, worth(before.base, before.units, before.closed))
    if not 1 <= amount <= left:
        asked, have = (Money(minor=minor, currency=order.currency) for minor in (amount, left))
        raise InvalidRequest("amount", f"{asked} asked for; of what was paid for line {line_id}, {have} is left")
    legs = legs_for(order, history, amount, Terms().tender_order)
    total = sum(leg.amount for leg in legs)
    if not total:
        asked = Money(minor=amount, currency=order.currency)
        raise Refused("below_step", f"{asked} is less than the payments of order {order.number} can give back")
    lines = (_plan_line(order, line, before, 0, total),)
    return RefundPlan(
        order_id=order.id,
        currency=order.currency,
        lines=lines,
        shipping=0,
        components=components(order, history, lines, 0, 0),
        legs=legs,
        total=total,
        adjustment=reason,
        differences=history.differences,
    )


def plan_owed(order: Order, history: History, number: int, owed: int, terms: Terms) -> RefundPlan:
    """The plan for what earlier plans of a return left owed, in minor units; `history` is without their open legs.

    Raises Refused (`tender_exhausted`) where the payments have less left than that.
    """
    legs = _legs(order, history, owed, terms)
    total = sum(leg.amount for leg in legs)
    rest = owed - total
    return RefundPlan(
        order_id=order.id,
        currency=order.currency,
        lines=(),
        shipping=0,
        components=(),
        fees=(rounding(rest),) if rest else (),
        legs=legs,
        total=total,
        differences=history.differences,
        number=number,
        resolution=terms.resolution,
        bonus=bonus_of(terms, total),
        owed=owed,
    )


def with_units(order: Order, history: History, units: Mapping[str, int]) -> History:
    """The history after these units went back for what they are worth, duties too, but neither shipping nor tip.

    Raises InvalidRequest as `plan_refund` does.
    """
    return with_plan(history, plan_refund(order, history, units, goods_only(Terms())))


def goods_only(terms: Terms) -> Terms:
    """The same terms, without what is paid back once per order."""
    return terms.model_copy(update={"refund_shipping": ShippingRule.NEVER, "refund_tip": False})


def _check_units(order: Order, history: History, units: Mapping[str, int]) -> None:
    for line_id, quantity in units.items():
        line = history.lines.get(line_id)
        if line is None:
            raise InvalidRequest(f"units.{line_id}", f"order {order.number} has no such line")
        if not 1 <= quantity <= line.open:
            words = f"{quantity} asked for; of {_bought(order, line_id)} bought, {line.open} have not been paid back"
            raise InvalidRequest(f"units.{line_id}", words)


def _bought(order: Order, line_id: str) -> int:
    line = order.line(line_id)
    return line.quantity if line else 0


def _lines_due(order: Order, history: History, units: Mapping[str, int], terms: Terms) -> tuple[PlanLine, ...]:
    found: list[PlanLine] = []
    shares = kit_shares(order, history.lines, units)
    for line in order.lines:
        quantity, before, share = units.get(line.id, 0), history.lines[line.id], shares.get(line.id)
        gross, duties = before.due(quantity)
        if share is not None:
            gross = max(0, share.worth_after - before.back)
        # these terms are about the units of this return; duties that stayed below a step are due already
        kept = 0 if terms.refund_duties else duties - before.due(0)[1]
        if quantity or gross or duties:
            planned = _plan_line(order, line, before, quantity, gross, duties - kept, kept, share)
            found.append(
                planned.model_copy(update={"delivery_kept": quantity if line.id in terms.delivery_kept else 0})
            )
    return tuple(found)


def _plan_line(
    order: Order,
    line: OrderLine,
    before: LineHistory,
    quantity: int,
    gross: int,
    duties: int = 0,
    duties_kept: int = 0,
    share: KitShare | None = None,
) -> PlanLine:
    return PlanLine(
        line_id=line.id,
        title=line.title,
        quantity=quantity,
        bought=line.quantity,
        paid=order.paid_for(line),
        units_before=line.quantity - before.open,
        gross_before=before.repaid,
        gross=gross,
        base=before.base,
        base_units=before.units,
        base_before=before.closed,
        base_back=before.back,
        duties=duties,
        duties_kept=duties_kept,
        kit_share=share,
    )


def _all_back(history: History, units: Mapping[str, int]) -> bool:
    return all(line.open == units.get(line_id, 0) for line_id, line in history.lines.items())


def _once_per_order(order: Order, history: History, units: Mapping[str, int], terms: Terms) -> tuple[int, int]:
    """Shipping and tip that are due with these units."""
    everything = _all_back(history, units)
    tip = order.tip - history.tip - history.short.get(TIP, 0) if everything and terms.refund_tip else 0
    shipping = order.paid_for(order.shipping)
    if terms.cheapest_standard_only and order.shipping and order.shipping.cheapest_standard is not None:
        shipping = min(shipping, order.shipping.cheapest_standard)
    if terms.refund_shipping is ShippingRule.NEVER:
        shipping = 0
    elif terms.refund_shipping is ShippingRule.BY_VALUE:
        back, goods = goods_back(order, history, units, terms.delivery_kept)
        shipping = half_up(shipping * back, goods) if goods else shipping if everything else 0
    elif not everything:
        shipping = 0
    return max(0, shipping - history.shipping - history.short.get(SHIPPING, 0)), max(0, tip)
