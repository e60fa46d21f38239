"""What of an order has gone back before: a fold over its earlier refunds and our own plans. Minor units throughout.

Money and units are two facts. As long as the money is what the units are worth, the base of a line stays what was paid
for it at the sale. Where they part (goodwill, price adjustment, an earlier refund of another amount), what is left of
the line becomes the base of the units that are left, and counting begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter

from domain.arithmetic import worth
from domain.model import Minor, Model
from domain.money import split
from domain.order import SHIPPING, TIP, EarlierRefund, Order, OrderLine
from domain.plan import Count, Difference, RefundPlan


class LineHistory(Model):
    """One line. Since the base was set: `base` was left to pay for `units` units, of which `closed` were closed with
    `back`. Since the sale: `repaid` gross and `duties_repaid`. The duties have a base of their own over the same units;
    `duties_settled` of it were paid back, or kept under the terms of their return.
    """

    base: Minor
    units: Count
    closed: Count = 0
    back: Minor = 0
    repaid: Minor = 0
    duties_base: Minor = 0
    duties_settled: Minor = 0
    duties_repaid: Minor = 0

    @property
    def open(self) -> int:
        """Units whose money has not gone back."""
        return self.units - self.closed

    @property
    def left(self) -> int:
        """Gross and duties that can still go back."""
        return self.base - self.back + self.duties_base - self.duties_settled

    def due(self, quantity: int) -> tuple[int, int]:
        """Gross and duties that are due when so many more units are closed."""
        closed = self.closed + quantity
        gross = worth(self.base, self.units, closed) - self.back
        duties = worth(self.duties_base, self.units, closed) - self.duties_settled
        return max(0, gross), max(0, duties)

    def closing(self, quantity: int, gross: int, duties: int, duties_kept: int = 0) -> LineHistory:
        """So many units closed, with the money that they are worth."""
        return LineHistory(
            base=self.base,
            units=self.units,
            closed=self.closed + quantity,
            back=self.back + gross,
            repaid=self.repaid + gross,
            duties_base=self.duties_base,
            duties_settled=self.duties_settled + duties + duties_kept,
            duties_repaid=self.duties_repaid + duties,
        )

    def parted(self, quantity: int, gross: int, duties: int = 0) -> LineHistory:
        """So many units closed, with other money than they are worth: the base is set anew."""
        return LineHistory(
            base=self.base - self.back - gross,
            units=self.open - quantity,
            repaid=self.repaid + gross,
            duties_base=self.duties_base - self.duties_settled - duties,
            duties_repaid=self.duties_repaid + duties,
        )


class History(Model):
    """What has gone back: per line of the order, of shipping, of the tip, and per tender, whoever paid it back."""

    lines: Mapping[str, LineHistory]
    shipping: Minor = 0
    tip: Minor = 0
    tenders: Mapping[str, int] = {}
    differences: tuple[Difference, ...] = ()


def history_of(order: Order, plans: Iterable[RefundPlan] = ()) -> History:
    """All that has gone back of an order: the refunds that it came with, then these plans of ours, in their order."""
    history = History(lines={line.id: _sold(order, line) for line in order.lines})
    if any(tender.refunded for tender in order.tenders) or order.refunds:
        history = _with_refunds(order, history)
    for plan in plans:
        history = with_plan(history, plan)
    return history


def with_plan(history: History, plan: RefundPlan) -> History:
    """The history after one more plan of ours."""
    lines, tenders = dict(history.lines), dict(history.tenders)
    for line in plan.lines:
        before = lines[line.line_id]
        if plan.adjustment is None:
            lines[line.line_id] = before.closing(line.quantity, line.gross, line.duties, line.duties_kept)
        else:
            lines[line.line_id] = before.parted(line.quantity, line.gross)
    for leg in plan.legs:
        tenders[leg.tender_id] = tenders.get(leg.tender_id, 0) + leg.amount
    return History(
        lines=lines,
        shipping=history.shipping + plan.shipping,
        tip=history.tip + plan.tip,
        tenders=tenders,
        differences=history.differences,
    )


def _sold(order: Order, line: OrderLine) -> LineHistory:
    return LineHistory(base=order.paid_for(line), units=line.quantity, duties_base=line.duties)


def _with_refunds(order: Order, history: History) -> History:
    """The refunds that the order came with, the oldest first; at the end what no refund of them accounts for."""
    unnamed = sum(tender.refunded for tender in order.tenders)
    for refund in sorted(order.refunds, key=attrgetter("at")):
        units: dict[str, int] = {}
        for line in refund.lines:
            units[line.line_id] = units.get(line.line_id, 0) + line.quantity
        history = _with_fact(order, history, refund.id, units, _named(refund), refund.total)
        unnamed -= refund.total
    if unnamed:
        history = _with_fact(order, history, "", {}, {}, unnamed)
    return history.model_copy(update={"tenders": {tender.id: tender.refunded for tender in order.tenders}})


def _named(refund: EarlierRefund) -> dict[str, int]:
    """What an earlier refund says its money was for."""
    named = {SHIPPING: refund.shipping} if refund.shipping else {}
    for line in refund.lines:
        named[line.line_id] = named.get(line.line_id, 0) + line.gross
    return named


def _with_fact(
    order: Order, history: History, refund_id: str, units: Mapping[str, int], named: Mapping[str, int], money: int
) -> History:
    free = {line_id: line.left for line_id, line in history.lines.items()}
    free |= {SHIPPING: order.paid_for(order.shipping) - history.shipping, TIP: order.tip - history.tip}
    spread = _spread(money, named, free)
    lines, found = dict(history.lines), list(history.differences)
    for line_id, before in history.lines.items():
        quantity, amount = units.get(line_id, 0), spread.get(line_id, 0)
        due = before.due(quantity)
        if quantity or amount:
            gross, duties = _gross_and_duties(before, due, amount)
            agree = (gross, duties) == due
            lines[line_id] = (before.closing if agree else before.parted)(quantity, gross, duties)
        if sum(due) != amount:
            found.append(Difference(refund_id=refund_id, line_id=line_id, worth=sum(due), money=amount))
    for part in (SHIPPING, TIP):
        said, amount = named.get(part, 0), spread.get(part, 0)
        if said != amount:
            found.append(Difference(refund_id=refund_id, line_id=part, worth=said, money=amount))
    shipping, tip = history.shipping + spread.get(SHIPPING, 0), history.tip + spread.get(TIP, 0)
    return History(lines=lines, shipping=shipping, tip=tip, tenders=history.tenders, differences=tuple(found))


def _spread(money: int, named: Mapping[str, int], free: Mapping[str, int]) -> dict[str, int]:
    """Where money went: to what it names, in proportion; what that cannot have given, to what is free of it, and what
    is left then, to all that is free of the order."""
    found = dict.fromkeys(free, 0)
    if any(named.values()):
        # exactly as named where the sums agree, because then split() leaves every weight as it is
        for part, amount in zip(named, split(money, list(named.values())), strict=True):
            found[part] = min(amount, free[part])
    for parts in (named, free):
        room = [free[part] - found[part] for part in parts]
        rest = min(money - sum(found.values()), sum(room))
        for part, amount in zip(parts, split(rest, room) if rest else (), strict=False):
            found[part] += amount
    return found


def _gross_and_duties(before: LineHistory, due: tuple[int, int], amount: int) -> tuple[int, int]:
    """The money of a line taken apart: what its goods are worth first, then the duties, then whatever is left of it."""
    gross = min(amount, due[0])
    duties = min(amount - gross, due[1])
    gross += min(amount - gross - duties, before.base - before.back - gross)
    return gross, amount - gross
