"""What an order was paid for, component by component: the opening balances of its refunds."""

from __future__ import annotations

from domain.order import Order, OrderLine, Shipping
from domain.plan import SHIPPING, Component, ComponentKind


def paid_components(order: Order) -> tuple[Component, ...]:
    """Net and each tax of every line and of shipping, in order; together they are the order's total. Zeros left out."""
    parts = [part for line in order.lines for part in _parts(order, line.id, line)]
    if order.shipping is not None:
        parts += _parts(order, SHIPPING, order.shipping)
    return tuple(part for part in parts if part.amount)


def _parts(order: Order, line_id: str, what: OrderLine | Shipping) -> list[Component]:
    net = order.paid_for(what) - sum(tax.amount for tax in what.taxes)
    taxes = [
        Component(line_id=line_id, kind=ComponentKind.TAX, tax=number, name=tax.name, rate=tax.rate, amount=tax.amount)
        for number, tax in enumerate(what.taxes, start=1)
    ]
    return [Component(line_id=line_id, kind=ComponentKind.NET, amount=net), *taxes]
