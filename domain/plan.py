"""What we owe for a return: the refund plan, per line, component, tax rate and tender."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Currency, Id, Minor, Model, Quantity
from domain.order import Order, TenderKind
from domain.policy import ShippingRule

SHIPPING = "shipping"
"""Stands where a line id stands, for what was paid for delivery."""


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
    """The arithmetic of one line: the first `units_before` of its `bought` units were worth `gross_before` out of
    `paid`; with `quantity` more, `gross` is due now."""

    line_id: Id
    title: str
    quantity: Quantity
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

    Raises InvalidRequest for a line the order does not have or more units than are left, and Refused
    (`tender_unknown`, `tender_exhausted`) where the money cannot go back.
    """
    raise NotImplementedError
