"""What of an order has gone back before: a fold over its earlier refunds and our own plans. Minor units throughout.

Money and units are two facts. As long as the money is what the units are worth, the base of a line stays what was paid
for it at the sale. Where more went back than that (goodwill, price adjustment, a generous refund), what is left of the
line becomes the base of the units that are left, and counting begins anew. Where less did (a fee was kept, an order
edited), the units are settled all the same: what they did not bring is no other unit's. A cent less per unit is how
another system rounds, and stays in the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from domain.arithmetic import worth
from domain.model import Minor, Model
from domain.money import split
from domain.order import SHIPPING, TIP, EarlierRefund, Order, OrderLine
from domain.plan import Count, Difference, RefundPlan


class LineHistory(Model):
    """One line. Since the base was set: `base` was left to pay for `units` units, of which `closed` were settled at
    `back`, their worth. Since the sale: `repaid` gross and `duties_repaid`; `short` and `duties_short` is what earlier
    refunds gave less than their units are worth. The duties have a base of their own over the same units;
    `duties_settled` of it were paid back, or kept under the terms of their return. Of the units that went back since
    the sale, `delivery_kept` did on terms that pay nothing of delivery back.
    """

    base: Minor
    units: Count
    closed: Count = 0
    back: Minor = 0
    repaid: Minor = 0
    duties_base: Minor = 0
    duties_settled: Minor = 0
    duties_repaid: Minor = 0
    short: Minor = 0
    duties_short: Minor = 0
    delivery_kept: Count = 0

    @property
    def open(self) -> int:
        """Units whose money has not gone back."""
        return max(0, self.units - self.closed)

    def returnable(self, held: int) -> int:
        """Units that can be asked back, where the customer has so many that are in no return."""
        return max(0, min(held, self.open))

    @property
    def left(self) -> int:
        """Gross and duties that can have gone back, if somebody says so."""
        return self.base - self.back + self.duties_base - self.duties_settled + self.missing

    @property
    def missing(self) -> int:
        """Gross and duties that earlier refunds gave less than their units are worth."""
        return self.short + self.duties_short

    def due(self, quantity: int) -> tuple[int, int]:
        """Gross and duties that are due when so many more units are closed."""
        closed = self.closed + quantity
        gross = worth(self.base, self.units, closed) - self.back
        duties = worth(self.duties_base, self.units, closed) - self.duties_settled
        return max(0, gross), max(0, duties)

    def closing(self, quantity: int, gross: int, duties: int, duties_kept: int = 0) -> LineHistory:
        """So many units closed, with the money that they are worth."""
        return self.model_copy(
            update={
                "closed": self.closed + quantity,
                "back": self.back + gross,
                "repaid": self.repaid + gross,
                "duties_settled": self.duties_settled + duties + duties_kept,
                "duties_repaid": self.duties_repaid + duties,
            }
        )

    def parted(self, gross: int, duties: int = 0) -> LineHistory:
        """Money without units, or beyond what they are worth: the base is set anew."""
        return self.model_copy(
            update={
                "base": self.base - self.back - gross,
                "units": self.open,
                "closed": 0,
                "back": 0,
                "repaid": self.repaid + gross,
                "duties_base": self.duties_base - self.duties_settled - duties,
                "duties_settled": 0,
                "duties_repaid": self.duties_repaid + duties,
            }
        )

    def told(self, quantity: int, amount: int, named_duties: int = 0) -> LineHistory:
        """So many units closed by an earlier refund of so much, at most what is `left`: the worth of the goods first,
        then of the duties and what else it names of them, then what refunds before it had left short, and only then out
        of other units' money."""
        worth_gross, worth_duties = self.due(quantity)
        gross = min(amount, worth_gross)
        duties = min(amount - gross, worth_duties)
        if rounded(worth_gross + worth_duties - amount, quantity):
            return self.closing(quantity, gross, duties).parted(0)
        more_duties = max(0, min(named_duties, amount - gross) - worth_duties)
        more_duties = min(more_duties, self.duties_base - self.duties_settled - worth_duties)
        short, duties_short = self.short + worth_gross - gross, self.duties_short + worth_duties - duties
        late = min(amount - gross - duties - more_duties, short)
        duties_late = min(amount - gross - duties - more_duties - late, duties_short)
        settled = self.closing(quantity, worth_gross, worth_duties).model_copy(
            update={
                "repaid": self.repaid + gross + late,
                "duties_repaid": self.duties_repaid + duties + duties_late,
                "short": short - late,
                "duties_short": duties_short - duties_late,
            }
        )
        more = amount - gross - duties - late - duties_late
        more_gross = min(more - more_duties, settled.base - settled.back)
        return settled.parted(more_gross, more - more_gross) if more else settled


def rounded(less: int, quantity: int) -> bool:
    """Whether so much less than units are worth is only how another system rounds: half a minor unit for each."""
    return 0 < 2 * less <= quantity + 1


class History(Model):
    """What has gone back: per line of the order, of shipping, of the tip, and per tender, whoever paid it back.

    `short` is what earlier refunds named of shipping and of the tip, by part, and did not give: that is settled, too.
    """

    lines: Mapping[str, LineHistory]
    shipping: Minor = 0
    tip: Minor = 0
    short: Mapping[str, int] = {}
    tenders: Mapping[str, int] = {}
    differences: tuple[Difference, ...] = ()


Happened = RefundPlan | EarlierRefund
"""What took money out of an order: a plan of ours, or a refund that was made elsewhere."""


def history_of(order: Order, happened: Iterable[Happened] = ()) -> History:
    """All that has gone back of an order: the refunds that it came with, then these, in their order."""
    history = History(lines={line.id: _sold(order, line) for line in order.lines})
    if any(tender.refunded for tender in order.tenders) or order.refunds:
        history = _with_refunds(order, history)
    for one in happened:
        history = with_plan(history, one) if isinstance(one, RefundPlan) else with_refund(order, history, one)
    return history


def with_plan(history: History, plan: RefundPlan) -> History:
    """The history after one more plan of ours."""
    lines, tenders = dict(history.lines), dict(history.tenders)
    for line in plan.lines:
        before = lines[line.line_id]
        if plan.adjustment is None:
            after = before.closing(line.quantity, line.gross, line.duties, line.duties_kept)
            kept = before.delivery_kept + line.delivery_kept
            lines[line.line_id] = after.model_copy(update={"delivery_kept": kept})
        else:
            lines[line.line_id] = before.parted(line.gross)
    for leg in plan.legs:
        tenders[leg.tender_id] = tenders.get(leg.tender_id, 0) + leg.amount
    return History(
        lines=lines,
        shipping=history.shipping + plan.shipping,
        tip=history.tip + plan.tip,
        short=history.short,
        tenders=tenders,
        differences=history.differences,
    )


def with_refund(order: Order, history: History, refund: EarlierRefund) -> History:
    """The history after a refund that was made elsewhere; of more money than the order has left, the rest is nobody's.

    Units that are closed already, by a return of ours, are not closed again.
    """
    units, duties = Counter[str](), Counter[str]()
    for line in refund.lines:
        most = history.lines[line.line_id].open
        units[line.line_id] = min(most, units[line.line_id] + line.quantity)
        duties[line.line_id] += line.duties
    tenders = dict(history.tenders)
    for tender, amount in refund.money.items():
        tenders[tender] = tenders.get(tender, 0) + amount
    after = _with_fact(order, history, _Fact(refund.id, refund.total, _named(refund), units, duties))
    return after.model_copy(update={"tenders": tenders})


def goods_back(order: Order, history: History, units: Mapping[str, int], kept: Collection[str] = ()) -> tuple[int, int]:
    """Of all goods, at the prices paid at the sale: what counts for delivery once these units are back, too, and what
    was paid. Units that came back on terms that pay no delivery back do not count, nor do those of the lines `kept`;
    goods that were exchanged count once, as what went out for them."""
    back = goods = 0
    for line in order.lines:
        paid, before, now = order.paid_for(line), history.lines[line.id], units.get(line.id, 0)
        counted = line.quantity - before.open - before.delivery_kept + (0 if line.id in kept else now)
        back += worth(paid, line.quantity, max(0, counted))
        goods += paid
    return max(0, back - order.exchanged), goods - order.exchanged


def _sold(order: Order, line: OrderLine) -> LineHistory:
    return LineHistory(base=order.paid_for(line), units=line.quantity, duties_base=line.duties)


def _with_refunds(order: Order, history: History) -> History:
    """The refunds that the order came with, the oldest first; at the end what no refund of them accounts for."""
    for refund in sorted(order.refunds, key=attrgetter("at")):
        history = with_refund(order, history, refund)
    unnamed = sum(tender.refunded for tender in order.tenders) - sum(refund.total for refund in order.refunds)
    if unnamed:
        history = _with_fact(order, history, _Fact("", unnamed))
    return history.model_copy(update={"tenders": {tender.id: tender.refunded for tender in order.tenders}})


def _named(refund: EarlierRefund) -> dict[str, int]:
    """What an earlier refund says its money was for."""
    named = {part: amount for part, amount in ((SHIPPING, refund.shipping), (TIP, refund.tip)) if amount}
    for line in refund.lines:
        named[line.line_id] = named.get(line.line_id, 0) + line.gross + line.duties
    return named


class _Fact(NamedTuple):
    """An earlier refund: its money, what it says that was for, the units it closes, and what it names of duties."""

    refund_id: str
    money: int
    named: Mapping[str, int] = {}
    units: Mapping[str, int] = {}
    duties: Mapping[str, int] = {}


def _with_fact(order: Order, history: History, fact: _Fact) -> History:
    free = {line_id: line.left for line_id, line in history.lines.items()}
    free |= {SHIPPING: order.paid_for(order.shipping) - history.shipping, TIP: order.tip - history.tip}
    missing = {**{line_id: line.missing for line_id, line in history.lines.items()}, **history.short}
    spread = _spread(fact.money, fact.named, missing, free)
    lines, found, short = dict(history.lines), list(history.differences), dict(history.short)
    for line_id, before in history.lines.items():
        quantity, amount = fact.units.get(line_id, 0), spread[line_id]
        due = sum(before.due(quantity))
        if quantity or amount:
            lines[line_id] = before.told(quantity, amount, fact.duties.get(line_id, 0))
        if due != amount:
            found.append(Difference(refund_id=fact.refund_id, line_id=line_id, worth=due, money=amount))
    for part in (SHIPPING, TIP):
        said, amount = min(fact.named.get(part, 0), free[part]), spread[part]
        if said != amount:
            found.append(Difference(refund_id=fact.refund_id, line_id=part, worth=said, money=amount))
        if not rounded(said - amount, 1):
            short[part] = max(0, short.get(part, 0) + said - amount)
    return History(
        lines=lines,
        shipping=history.shipping + spread[SHIPPING],
        tip=history.tip + spread[TIP],
        short={part: amount for part, amount in short.items() if amount},
        tenders=history.tenders,
        differences=tuple(found),
    )


def _spread(
    money: int, named: Mapping[str, int], missing: Mapping[str, int], free: Mapping[str, int]
) -> dict[str, int]:
    """Where money went: to what it names, in proportion; what that cannot have given, to what is free of it, then to
    what earlier refunds left short, and what is left at last, to all that is free of the order."""
    found = dict.fromkeys(free, 0)
    if any(named.values()):
        # exactly as named where the sums agree, because then split() leaves every weight as it is
        for part, amount in zip(named, split(money, list(named.values())), strict=True):
            found[part] = min(amount, free[part])
    for parts, most in ((named, free), (missing, missing), (free, free)):
        room = [max(0, min(most[part], free[part] - found[part])) for part in parts]
        rest = min(money - sum(found.values()), sum(room))
        for part, amount in zip(parts, split(rest, room) if rest else (), strict=False):
            found[part] += amount
    return found
