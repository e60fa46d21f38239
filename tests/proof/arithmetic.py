"""Refunds conserve money: random orders, random ways back, and what must hold at every step.

    python -m tests.proof.arithmetic [STORIES] [SEED]

What is expected comes from the order's own totals and from fractions, never from the product's helpers. Prints the mix
of what was tried; the exit code is 1 if anything did not hold or the mix is too thin.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from multiprocessing import Pool
from random import Random

from pydantic import ValidationError

from domain.canonical import canonical_json
from domain.errors import BackhaulError, InvalidRequest, Refused
from domain.explain import as_text, explain
from domain.explanation import ExplainedLine, ExplainedShipping, Explanation
from domain.history import History, history_of
from domain.order import SHIPPING, TIP, Order, OrderLine, Shipping
from domain.paid import paid_components
from domain.plan import Adjustment, Component, ComponentKind, FeeKind, RefundPlan
from domain.planning import plan_adjustment, plan_refund
from domain.policy import ShippingRule
from tests.proof.stories import MIX, Goodwill, Returned, Story, grouped, paid_for, story

LEAST = Fraction(1, 5)
"""The share of stories that every entry of the mix must have."""

Part = tuple[str, str]
"""Line (or shipping, or tip), and which part of its money: `net`, `tax 1`, `duties`, `tip`."""


def faults(told: Story, chance: Random) -> list[str]:
    """All that does not hold in a story; an error of the product is one of them."""
    try:
        return [*_Telling(told).faults(), *_grouping(told, chance)]
    except (BackhaulError, ValidationError, ArithmeticError, ValueError, LookupError) as error:
        return [f"{type(error).__name__}: {error}"]


def part_of(one: Component) -> Part:
    return one.line_id, f"tax {one.tax}" if one.kind is ComponentKind.TAX else one.kind.value


def paid_parts(order: Order) -> Counter[Part]:
    """Everything that was paid, from the order's own figures."""
    found: Counter[Part] = Counter()
    whole: list[tuple[str, OrderLine | Shipping]] = [(line.id, line) for line in order.lines]
    if order.shipping:
        whole.append((SHIPPING, order.shipping))
    for line_id, what in whole:
        found[line_id, "net"] = paid_for(order, what) - sum(tax.amount for tax in what.taxes)
        for number, tax in enumerate(what.taxes, start=1):
            found[line_id, f"tax {number}"] = tax.amount
    for line in order.lines:
        found[line.id, "duties"] = line.duties
    found[TIP, "tip"] = order.tip
    return +found


def half_up(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


def parts_by_definition(what: OrderLine | Shipping, paid: int, repaid: int) -> dict[str, int]:
    """DESIGN: all taxes together by the share that is repaid, then each out of that sum; net is the rest."""
    tax_left = sum(tax.amount for tax in what.taxes)
    left = half_up(Fraction(tax_left * repaid, paid)) if paid else 0
    found = {"net": repaid - left}
    for number, tax in enumerate(what.taxes, start=1):
        found[f"tax {number}"] = half_up(Fraction(tax.amount * left, tax_left)) if tax_left else 0
        tax_left -= tax.amount
        left -= found[f"tax {number}"]
    return found


def short_before(order: Order, history: History) -> Counter[str]:
    """What earlier refunds gave less than their units are worth and no later one made good; half a cent per unit is no
    more than another way to round, and stays where it is."""
    found: Counter[str] = Counter()
    units: Counter[tuple[str, str]] = Counter()
    for refund in order.refunds:
        units.update({(refund.id, row.line_id): row.quantity for row in refund.lines})
    for one in history.differences:
        less = one.worth - one.money
        if not 0 < 2 * less <= 1 + units[one.refund_id, one.line_id]:
            found[one.line_id] = max(0, found[one.line_id] + less)
    return found


def due_by_definition(told: Story, back: Mapping[str, int]) -> Counter[Part]:
    """What so many units of each line are worth under these terms, where nothing else ever happened to the order."""
    order, terms, found = told.order, told.terms, Counter[Part]()
    goods = so_far = 0
    for line in order.lines:
        paid, share = paid_for(order, line), Fraction(back.get(line.id, 0), line.quantity)
        gross = half_up(paid * share)
        goods, so_far = goods + paid, so_far + gross
        found.update({(line.id, part): amount for part, amount in parts_by_definition(line, paid, gross).items()})
        if terms.refund_duties:
            found[line.id, "duties"] = half_up(line.duties * share)
    everything = all(back.get(line.id, 0) == line.quantity for line in order.lines)
    if everything and terms.refund_tip:
        found[TIP, "tip"] = order.tip
    if order.shipping and terms.refund_shipping is not ShippingRule.NEVER:
        paid = most = paid_for(order, order.shipping)
        if terms.cheapest_standard_only and order.shipping.cheapest_standard is not None:
            most = min(most, order.shipping.cheapest_standard)
        if not everything:
            by_value = terms.refund_shipping is ShippingRule.BY_VALUE and goods
            most = half_up(Fraction(most * so_far, goods)) if by_value else 0
        parts = parts_by_definition(order.shipping, paid, most)
        found.update({(SHIPPING, part): amount for part, amount in parts.items()})
    return +found


class _Telling:
    """One story on its way: what went back so far, counted from the plans."""

    def __init__(self, told: Story) -> None:
        self.story, self.order, self.terms = told, told.order, told.terms
        self.opening: Counter[Part] = Counter()
        for one in paid_components(self.order, history_of(self.order)):
            self.opening[part_of(one)] += one.amount
        self.closed: Counter[str] = Counter()
        for row in (row for refund in self.order.refunds for row in refund.lines):
            self.closed[row.line_id] += row.quantity
        self.before = dict(self.closed)
        self.plans: list[RefundPlan] = []
        self.gone: Counter[Part] = Counter()
        self.legs: Counter[str] = Counter()
        self.kept = self.goodwill = 0

    def faults(self) -> Iterator[str]:
        """What does not hold, step by step and at the end."""
        yield from self.at_opening()
        for act in self.story.acts:
            plan = self.act(act)
            if plan is None:
                continue
            yield from self.in_itself(plan)
            self.plans.append(plan)
            self.gone.update({part_of(one): one.amount for one in plan.components})
            self.legs.update({leg.tender_id: leg.amount for leg in plan.legs})
            self.kept += sum(fee.amount for fee in plan.fees)
            yield from self.so_far()
        yield from self.at_the_end()

    @property
    def history(self) -> History:
        return history_of(self.order, self.plans)

    def act(self, act: Returned | Goodwill) -> RefundPlan | None:
        """The product's plan; None where a goodwill is more than is left or less than can be paid."""
        if isinstance(act, Returned):
            self.closed.update(act.units)
            return plan_refund(self.order, self.history, act.units, self.terms)
        try:
            plan = plan_adjustment(self.order, self.history, act.line_id, act.amount, Adjustment.GOODWILL)
        except (InvalidRequest, Refused):
            return None
        self.goodwill += 1
        self.story.traits["goodwill between returns"] = 1
        return plan

    def at_opening(self) -> Iterator[str]:
        refunded = sum(one.refunded for one in self.order.tenders)
        if sum(self.opening.values()) != self.order.total - refunded:
            yield f"{sum(self.opening.values())} is open of {self.order.total} less {refunded}"
        if self.opening - paid_parts(self.order):
            yield f"more is open than was paid: {self.opening - paid_parts(self.order)}"
        if Order.model_validate_json(self.order.model_dump_json()) != self.order:
            yield "the order is another after its way through JSON"

    def in_itself(self, plan: RefundPlan) -> Iterator[str]:
        kept = sum(fee.amount for fee in plan.fees)
        if plan.total != sum(leg.amount for leg in plan.legs):
            yield "the legs do not add up to the total"
        if plan.total + kept != sum(one.amount for one in plan.components):
            yield "components less fees are not the total"
        goods = sum(one.gross + one.duties for one in plan.lines)
        if goods + plan.shipping + plan.tip != sum(one.amount for one in plan.components):
            yield "lines, shipping and tip do not add up to the components"
        if min([*(one.amount for one in plan.components), *(leg.amount for leg in plan.legs)], default=1) <= 0:
            yield "a component or a leg is not above zero"
        if plan.bonus and plan.bonus.amount != half_up(Fraction(plan.total, 10)):
            yield "the bonus is not a tenth"
        yield from _fees(plan)
        if RefundPlan.model_validate_json(plan.model_dump_json()) != plan:
            yield "the plan is another after its way through JSON"
        canonical_json(plan.model_dump(mode="json", exclude_none=True))
        yield from _explained(plan, explain(plan, self.order, self.history, self.terms))

    def so_far(self) -> Iterator[str]:
        if over := self.gone - self.opening:
            yield f"more went back than was paid: {over}"
        for one in self.order.tenders:
            if self.legs[one.id] > one.captured - one.refunded:
                yield f"{self.legs[one.id]} went back to {one.id}, which had {one.captured - one.refunded}"
            if any(leg.amount % one.step for plan in self.plans for leg in plan.legs if leg.tender_id == one.id):
                yield f"a leg to {one.id} is no multiple of {one.step}"
        if self.goodwill or any(one.refunded for one in self.order.tenders) or self.order.refunds:
            return
        due = due_by_definition(self.story, self.closed)
        step = self.order.tenders[0].step
        if step == 1 and self.gone != due:
            yield f"went back so far {+self.gone}, not {due}"
        late = sum(due.values()) - sum(self.gone.values())
        if step > 1 and not 0 <= late < step * len(self.order.tenders):
            yield f"{late} is late, with a step of {step}"

    def at_the_end(self) -> Iterator[str]:
        left = self.opening - self.gone
        short = short_before(self.order, self.history)
        again = {line.id for line in self.order.lines if self.before.get(line.id, 0) < line.quantity}
        lost = sum(amount for (line_id, _), amount in left.items() if line_id not in (*again, SHIPPING, TIP))
        for line_id in again:
            parts = [part for part in left if part[0] == line_id and (part[1] != "duties" or self.terms.refund_duties)]
            if (amount := sum(left[part] for part in parts)) != short[line_id] and self.terms.refund_duties:
                yield f"{amount} of {line_id} never went back, {short[line_id]} was left short before"
            elif amount > short[line_id]:
                yield f"{amount} of {line_id} never went back, though at most {short[line_id]} was left short before"
        for (line_id, _), amount in left.items():
            if line_id in (SHIPPING, TIP) and self.story.whole and again and amount > short[line_id]:
                yield f"{amount} of {line_id} never went back"
        if sum(self.legs.values()) + self.kept != sum(self.gone.values()):
            yield "what left the order is neither refunded nor kept"
        even = all((one.captured - one.refunded) % one.step == 0 for one in self.order.tenders)
        if self.story.whole and not self.terms.fees and even and again and not lost and not +short:
            for one in self.order.tenders:
                if self.legs[one.id] != one.captured - one.refunded:
                    yield f"{self.legs[one.id]} went back to {one.id}, not {one.captured - one.refunded}"


def _fees(plan: RefundPlan) -> Iterator[str]:
    """Each fee from its base; what is waived only where it would have been more than there is."""
    worth = {line.line_id: line.gross for line in plan.lines}
    for fee in plan.fees:
        full = fee.amount + fee.waived
        if fee.rate and full != half_up(Fraction(fee.rate) * fee.base / 100):
            yield f"{full} is not {fee.rate} % of {fee.base}"
        rate = Fraction(fee.tax_rate or 0)
        if fee.tax != half_up(fee.amount * rate / (1 + rate)):
            yield f"{fee.tax} is not the tax within {fee.amount} at {fee.tax_rate}"
        if fee.line_id:
            worth[fee.line_id] -= fee.amount
        if fee.kind is FeeKind.ROUNDING and plan.later:
            yield "something waits, though nothing can follow"
    if any(left < 0 for left in worth.values()) and not plan.later:
        yield "a fee is more than its line"


def _explained(plan: RefundPlan, told: Explanation) -> Iterator[str]:
    """An accountant computes it again from the explanation alone."""
    if Explanation.model_validate_json(told.model_dump_json()) != told:
        yield "the explanation is another after its way through JSON"
    missing = []
    for line in told.lines:
        yield from _taken_apart(line.line_id, line, line.paid, line.gross_before)
        if told.adjustment is None:
            share = Fraction(line.base_before + line.quantity, line.base_units or 1)
            missing.append(half_up(line.base * share) - line.back_before - line.gross)
            duties = line.duties + line.duties_kept
            missing.append(max(0, half_up(line.duties_base * share) - line.duties_before) - duties)
    if sent := told.shipping:
        yield from _taken_apart(SHIPPING, sent, sent.paid, sent.before)
        share = Fraction(sent.goods_so_far, sent.goods) if sent.goods else Fraction(1)
        missing.append(max(0, half_up(sent.cap * share) - sent.before - sent.short_before) - sent.gross)
        if sent.rule is ShippingRule.NEVER:
            yield "delivery is paid back, though never under these terms"
    if min(missing, default=0) < 0 or sum(missing) > told.later:
        yield f"{missing} of the lines and delivery is missing, with {told.later} that waits"
    if told.total + told.exchanged + sum(fee.amount for fee in told.fees) != _together(told):
        yield "the explanation does not add up"
    amounts = {part_of(one): one.amount for one in plan.components}
    if +told_parts(told) != +Counter(amounts):
        yield f"the plan pays {amounts}, its explanation tells {+told_parts(told)}"
    text = as_text(told)
    if any(not row.isprintable() or len(row) > 78 for row in text.splitlines()):
        yield "the table is too wide or not for print"


def _together(told: Explanation) -> int:
    sent = told.shipping.gross if told.shipping else 0
    return sum(line.gross + line.duties for line in told.lines) + sent + told.tip


def told_parts(told: Explanation) -> Counter[Part]:
    """What goes back, as the explanation tells it."""
    found: Counter[Part] = Counter({(TIP, "tip"): told.tip})
    whole: list[tuple[str, ExplainedLine | ExplainedShipping]] = [(line.line_id, line) for line in told.lines]
    for line_id, what in [*whole, *([(SHIPPING, told.shipping)] if told.shipping else [])]:
        found[line_id, "net"] = what.net
        found.update({(line_id, f"tax {number}"): tax.amount for number, tax in enumerate(what.taxes, start=1)})
    found.update({(line.line_id, "duties"): line.duties for line in told.lines})
    return found


def _taken_apart(name: str, what: ExplainedLine | ExplainedShipping, paid: int, before: int) -> Iterator[str]:
    """Net and taxes, so far and before, from the taxes that were paid."""
    for repaid, told in (
        (before, [tax.before for tax in what.taxes]),
        (before + what.gross, [tax.before + tax.amount for tax in what.taxes]),
    ):
        tax_left = sum(tax.paid for tax in what.taxes)
        left = half_up(Fraction(tax_left * repaid, paid)) if paid else 0
        for tax, said in zip(what.taxes, told, strict=True):
            part = half_up(Fraction(tax.paid * left, tax_left)) if tax_left else 0
            if part != said:
                yield f"{said} of {tax.name} of {name} is told for {repaid} of {paid}, not {part}"
            tax_left, left = tax_left - tax.paid, left - part
    if what.gross != what.net + sum(tax.amount for tax in what.taxes):
        yield f"{what.gross} is not net and taxes of {name}"


def _sums(plans: Sequence[RefundPlan]) -> tuple[Counter[Part], Counter[str]]:
    parts: Counter[Part] = Counter()
    legs: Counter[str] = Counter()
    for plan in plans:
        parts.update({part_of(one): one.amount for one in plan.components})
        legs.update({leg.tender_id: leg.amount for leg in plan.legs})
    return +parts, +legs


def _grouping(told: Story, chance: Random) -> Iterator[str]:
    """The same units in another order and other groups pay the same: a part of them, and all of them."""
    order = told.order
    groups = [act.units for act in told.acts if isinstance(act, Returned)]
    if told.terms.fees or not groups:
        return
    some = groups[: chance.randint(1, len(groups))] if order.tenders[0].step == 1 else groups
    units = [line_id for group in some for line_id, count in group.items() for _ in range(count)]
    chance.shuffle(units)
    one, other = (_sums(_plans(told, way)) for way in (some, grouped(chance, units)))
    if one != other:
        yield f"grouped as {some} it pays {one}, shuffled {other}"


def _plans(told: Story, groups: Sequence[Mapping[str, int]]) -> list[RefundPlan]:
    plans: list[RefundPlan] = []
    for group in groups:
        plans.append(plan_refund(told.order, history_of(told.order, plans), group, told.terms))
    return plans


def run(seeds: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """The mix of these stories, and the faults with the seed that shows them."""
    mix: Counter[str] = Counter()
    found: list[str] = []
    for seed in seeds:
        chance = Random(seed)
        told = story(chance)
        found += [f"{seed}: {fault}" for fault in faults(told, chance)]
        mix.update(told.traits)
    return mix, found


def shares(mix: Mapping[str, int], stories: int) -> str:
    """The mix, a line each."""
    return "\n".join(f"{mix.get(name, 0) * 100 // stories:>4} %  {name}" for name in MIX)


def thin(mix: Mapping[str, int], stories: int) -> list[str]:
    """What too few stories had."""
    return [name for name in MIX if Fraction(mix.get(name, 0), stories) < LEAST]


def _say(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


def main(stories: int, seed: str) -> int:
    """Tell so many stories on two processes; 0 if all held."""
    started = time.monotonic()
    seeds = [f"{seed}:{number}" for number in range(stories)]
    chunks = [seeds[first : first + 250] for first in range(0, stories, 250)]
    mix: Counter[str] = Counter()
    found: list[str] = []
    with Pool(2) as pool:
        for done, (seen, wrong) in enumerate(pool.imap_unordered(run, chunks), start=1):
            mix.update(seen)
            found += wrong
            _say(f"\r{min(done * 250, stories)} of {stories} stories, {len(found)} faults")
    _say(f"\n{shares(mix, stories)}\nseed {seed}, {time.monotonic() - started:.1f} s\n")
    missing = thin(mix, stories)
    for line in [*found[:20], *(f"too few stories: {name}" for name in missing)]:
        _say(f"{line}\n")
    return 1 if found or missing else 0


if __name__ == "__main__":
    sys.exit(main(*((int(sys.argv[1]) if len(sys.argv) > 1 else 20000), sys.argv[2] if len(sys.argv) > 2 else "1")))
