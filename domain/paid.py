"""What of an order's money has not gone back, component by component: the opening balances of its refunds."""

from __future__ import annotations

from domain.components import gross_parts
from domain.history import History
from domain.order import SHIPPING, TIP, Order
from domain.plan import Component, ComponentKind


def paid_components(order: Order, history: History) -> tuple[Component, ...]:
    """Net, each tax and the duties of every line, shipping and the tip, less what went back; zeros left out.

    Together they are the order's total less what its tenders gave back; of a part of which more went back than was
    paid for it (an order edited downwards), nothing is left.
    """
    found: list[Component] = []
    for line in order.lines:
        before, paid = history.lines[line.id], order.paid_for(line)
        gone = min(paid, before.repaid)
        found += gross_parts(line.id, line.taxes, paid, gone, paid - gone)
        found.append(_part(line.id, ComponentKind.DUTIES, line.duties - before.duties_repaid))
    if order.shipping is not None:
        paid = order.paid_for(order.shipping)
        gone = min(paid, history.shipping)
        found += gross_parts(SHIPPING, order.shipping.taxes, paid, gone, paid - gone)
    found.append(_part(TIP, ComponentKind.TIP, order.tip - history.tip))
    return tuple(part for part in found if part.amount)


def _part(line_id: str, kind: ComponentKind, amount: int) -> Component:
    return Component(line_id=line_id, kind=kind, amount=max(0, amount))
