"""What money goes back for: the net, each tax and the duties of a line, shipping, the tip."""

from __future__ import annotations

from collections.abc import Sequence

from domain.arithmetic import parts_so_far
from domain.history import History
from domain.order import SHIPPING, TIP, Order, TaxLine
from domain.plan import Component, ComponentKind, PlanLine


def components(
    order: Order, history: History, lines: Sequence[PlanLine], shipping: int, tip: int
) -> tuple[Component, ...]:
    """These lines, shipping and tip taken apart, in the order's own order; zeros left out."""
    taxes = {line.id: line.taxes for line in order.lines}
    found: list[Component] = []
    for line in lines:
        found += gross_parts(line.line_id, taxes[line.line_id], line.paid, line.gross_before, line.gross)
        if line.duties:
            found.append(Component(line_id=line.line_id, kind=ComponentKind.DUTIES, amount=line.duties))
    if shipping and order.shipping:
        paid = order.paid_for(order.shipping)
        found += gross_parts(SHIPPING, order.shipping.taxes, paid, history.shipping, shipping)
    if tip:
        found.append(Component(line_id=TIP, kind=ComponentKind.TIP, amount=tip))
    return tuple(found)


def gross_parts(line_id: str, taxes: Sequence[TaxLine], paid: int, before: int, gross: int) -> list[Component]:
    """`gross` out of `paid`, of which `before` has gone back since the sale, as net and taxes; zeros left out."""
    amounts = [tax.amount for tax in taxes]
    earlier, later = parts_so_far(paid, amounts, before), parts_so_far(paid, amounts, before + gross)
    net, *by_tax = (after - so_far for so_far, after in zip(earlier, later, strict=True))
    found = [Component(line_id=line_id, kind=ComponentKind.NET, amount=net)] if net else []
    found += [
        Component(line_id=line_id, kind=ComponentKind.TAX, tax=number, name=tax.name, rate=tax.rate, amount=amount)
        for number, (tax, amount) in enumerate(zip(taxes, by_tax, strict=True), start=1)
        if amount
    ]
    return found
