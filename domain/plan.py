"""What we owe for a return: the refund plan, per line, component, tax rate and tender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.arithmetic import parts_so_far, worth
from domain.errors import InvalidRequest, Refused
from domain.model import Currency, Id, Minor, Model, Quantity
from domain.money import Money, half_up
from domain.order import SHIPPING as SHIPPING
from domain.order import Order, TaxLine, Tender, TenderKind
from domain.policy import ShippingRule


class ComponentKind(StrEnum):
    """What a part of the refund pays back."""

    NET = "net"
    TAX = "tax"


class Component(Model):
    """One part of a refund: the net or one tax of one line (or of shipping).

    `tax` is the position of the tax in the line, from 1; 0 for the net. `name` and `rate` are the tax's own.
    """

    line_id: str
    kind: ComponentKind
    tax: Annotated[int, Field(strict=True, ge=0)] = 0
    name: str = ""
    rate: str = ""
    amount: Minor


class PlanLine(Model):
    """The arithmetic of one line: for the first `units_before` of its `bought` units `gross_before` out of `paid` has
    gone back; with `quantity` more, `gross` follows now.

    `quantity` is 0 where only money follows that an earlier plan left below a tender's step.
    """

    line_id: Id
    title: str
    quantity: Annotated[int, Field(strict=True, ge=0)]
    bought: Quantity
    paid: Minor
    units_before: Annotated[int, Field(strict=True, ge=0)]
    gross_before: Minor
    gross: Minor


class Leg(Model):
    """What goes back to one tender."""

    tender_id: Id
    kind: TenderKind
    amount: Minor


class RefundPlan(Model):
    """What is owed and where it goes; components, lines plus shipping, and legs each add up to `total`."""

    order_id: Id
    currency: Currency
    lines: tuple[PlanLine, ...]
    shipping: Minor
    components: tuple[Component, ...]
    legs: tuple[Leg, ...]
    total: Minor


class History(Model):
    """What of an order has gone back before: units and gross per line, gross of shipping, amount per tender."""

    units: Mapping[str, int] = {}
    gross: Mapping[str, int] = {}
    tenders: Mapping[str, int] = {}


class Terms(Model):
    """What the decision allows; the default is full terms."""

    refund_shipping: ShippingRule = ShippingRule.WHEN_ALL_RETURNED


def history_of(plans: tuple[RefundPlan, ...]) -> History:
    """What the plans made so far pay back, added up."""
    units: dict[str, int] = {}
    gross: dict[str, int] = {}
    tenders: dict[str, int] = {}
    for plan in plans:
        for line in plan.lines:
            units[line.line_id] = units.get(line.line_id, 0) + line.quantity
            gross[line.line_id] = gross.get(line.line_id, 0) + line.gross
        gross[SHIPPING] = gross.get(SHIPPING, 0) + plan.shipping
        for leg in plan.legs:
            tenders[leg.tender_id] = tenders.get(leg.tender_id, 0) + leg.amount
    return History(units=units, gross=gross, tenders=tenders)


def plan_refund(order: Order, history: History, units: Mapping[str, int], terms: Terms) -> RefundPlan:
    """The plan for `units` (line id to quantity): one function for the quote, the offer and the payout.

    What the tenders' steps do not let us pay now is taken from the end (shipping, then the last lines) and stays due:
    the next plan of the order takes it up. Raises InvalidRequest for a line the order does not have or more units than
    are left, and Refused (`tender_unknown`, `tender_exhausted`) where the money cannot go back.
    """
    _check_units(order, history, units)
    lines = _lines_due(order, history, units)
    shipping = _shipping_due(order, history, units, terms)
    legs = _legs(order, history, sum(line.gross for line in lines) + shipping)
    total = sum(leg.amount for leg in legs)
    lines, shipping = _affordable(lines, shipping, total)
    return RefundPlan(
        order_id=order.id,
        currency=order.currency,
        lines=lines,
        shipping=shipping,
        components=_components(order, history, lines, shipping),
        legs=legs,
        total=total,
    )


def _check_units(order: Order, history: History, units: Mapping[str, int]) -> None:
    for line_id, quantity in units.items():
        line = order.line(line_id)
        if line is None:
            raise InvalidRequest(f"units.{line_id}", f"order {order.number} has no such line")
        left = line.quantity - history.units.get(line_id, 0)
        if not 1 <= quantity <= left:
            words = f"{quantity} asked for; of {line.quantity} bought, {left} have not been paid back"
            raise InvalidRequest(f"units.{line_id}", words)


def _lines_due(order: Order, history: History, units: Mapping[str, int]) -> tuple[PlanLine, ...]:
    due: list[PlanLine] = []
    for line in order.lines:
        quantity, units_before = units.get(line.id, 0), history.units.get(line.id, 0)
        paid, gross_before = order.paid_for(line), history.gross.get(line.id, 0)
        gross = max(0, worth(paid, line.quantity, units_before + quantity) - gross_before)
        if quantity or gross:
            due.append(
                PlanLine(
                    line_id=line.id,
                    title=line.title,
                    quantity=quantity,
                    bought=line.quantity,
                    paid=paid,
                    units_before=units_before,
                    gross_before=gross_before,
                    gross=gross,
                )
            )
    return tuple(due)


def _shipping_due(order: Order, history: History, units: Mapping[str, int], terms: Terms) -> int:
    back = {line.id: history.units.get(line.id, 0) + units.get(line.id, 0) for line in order.lines}
    paid, so_far = order.paid_for(order.shipping), 0
    if terms.refund_shipping is ShippingRule.NEVER:
        return 0
    if all(back[line.id] >= line.quantity for line in order.lines):
        so_far = paid
    elif terms.refund_shipping is ShippingRule.BY_VALUE:
        goods = sum(order.paid_for(line) for line in order.lines)
        goods_so_far = sum(worth(order.paid_for(line), line.quantity, back[line.id]) for line in order.lines)
        so_far = half_up(paid * goods_so_far, goods) if goods else 0
    return max(0, so_far - history.gross.get(SHIPPING, 0))


def _refund_order(tenders: Sequence[Tender]) -> list[Tender]:
    """Gift cards and store credit first, then the newest payment; an unknown date is the oldest."""

    def rank(tender: Tender) -> tuple[bool, timedelta]:
        credit = tender.kind in (TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT)
        paid_at = datetime.min.replace(tzinfo=UTC) if credit or tender.paid_at is None else tender.paid_at
        return not credit, datetime.max.replace(tzinfo=UTC) - paid_at

    return sorted(tenders, key=rank)


def _legs(order: Order, history: History, due: int) -> tuple[Leg, ...]:
    left = {one.id: max(0, one.captured - one.refunded - history.tenders.get(one.id, 0)) for one in order.tenders}
    if due > sum(left.values()):
        asked, have = (Money(minor=minor, currency=order.currency) for minor in (due, sum(left.values())))
        words = f"{asked} is due, but the payments of order {order.number} have only {have} left"
        raise Refused("tender_exhausted", words)
    legs: list[Leg] = []
    for tender in _refund_order(order.tenders):
        amount = min(due, left[tender.id]) // tender.step * tender.step
        if not amount:
            continue
        if tender.kind is TenderKind.UNKNOWN:
            raise Refused(
                "tender_unknown",
                f"order {order.number} came without its payment; link the payment: orders import FILE --payment ID",
            )
        legs.append(Leg(tender_id=tender.id, kind=tender.kind, amount=amount))
        due -= amount
    return tuple(legs)


def _affordable(lines: tuple[PlanLine, ...], shipping: int, total: int) -> tuple[tuple[PlanLine, ...], int]:
    """Lines and shipping cut down to `total`, the first lines whole."""
    kept: list[PlanLine] = []
    for line in lines:
        gross = min(line.gross, total)
        total -= gross
        if line.quantity or gross:
            kept.append(line.model_copy(update={"gross": gross}))
    return tuple(kept), min(shipping, total)


def _components(order: Order, history: History, lines: Sequence[PlanLine], shipping: int) -> tuple[Component, ...]:
    found: list[Component] = []
    for due in lines:
        line = order.line(due.line_id)
        found += _parts(due.line_id, line.taxes if line else (), due.paid, due.gross_before, due.gross)
    if order.shipping is not None:
        before = history.gross.get(SHIPPING, 0)
        found += _parts(SHIPPING, order.shipping.taxes, order.paid_for(order.shipping), before, shipping)
    return tuple(part for part in found if part.amount)


def _parts(line_id: str, taxes: Sequence[TaxLine], paid: int, before: int, gross: int) -> list[Component]:
    amounts = [tax.amount for tax in taxes]
    earlier, later = parts_so_far(paid, amounts, before), parts_so_far(paid, amounts, before + gross)
    net, *by_tax = (after - so_far for so_far, after in zip(earlier, later, strict=True))
    return [
        Component(line_id=line_id, kind=ComponentKind.NET, amount=net),
        *(
            Component(line_id=line_id, kind=ComponentKind.TAX, tax=number, name=tax.name, rate=tax.rate, amount=amount)
            for number, (tax, amount) in enumerate(zip(taxes, by_tax, strict=True), start=1)
        ),
    ]
