"""The best for the shopper out of all that is open: term by term, with a note on which basis gave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from domain.inspection import Grade
from domain.policy.decision import Given, LineTerms
from domain.policy.grant import Grant, lower
from domain.policy.money import Cap, Cut, Duties, Payer, rank
from domain.terms import ShippingRule, fraction


def combined(grants: Sequence[Grant], unit: int) -> LineTerms:
    """The terms of a line on which these bases are open, at least one; `unit` is what was paid for one unit of it.

    A fee is kept only as far as every basis allows it; the shop pays if any says so; deadlines of the shopper are the
    latest, what may be chosen is united, and every date by which the refund is due holds.
    """
    terms = [one.terms for one in grants]
    payer = Payer.SHOP if any(one.return_shipping is Payer.SHOP for one in terms) else Payer.SHOPPER
    best = LineTerms(
        restocking=_least([one.restocking for one in terms], unit),
        lost_value=_least([one.lost_value for one in terms], unit),
        return_shipping=payer,
        label_fee=min(one.label_fee for one in terms) if payer is Payer.SHOPPER else 0,
        delivery=max((one.delivery for one in terms), key=rank),
        cap=_cap(terms),
        duties=Duties.REFUND if any(one.duties is Duties.REFUND for one in terms) else Duties.KEEP,
        bonus=max((one.bonus for one in terms), key=_percent),
        resolutions=tuple(dict.fromkeys(choice for one in terms for choice in one.resolutions)),
        send_back_day=max(one.send_back_day for one in terms),
        refund_due=tuple(dict.fromkeys(due for one in terms for due in one.refund_due)),
    )
    return best.model_copy(update={"given": tuple(_given(grants, best))})


def _least(maps: Sequence[Mapping[Grade, Cut]], unit: int) -> dict[Grade, Cut]:
    """A grade that any basis leaves out costs nothing."""
    found: dict[Grade, Cut] = {}
    for grade in Grade:
        cuts = [one[grade] for one in maps if grade in one]
        if len(cuts) == len(maps):
            least = cuts[0]
            for cut in cuts[1:]:
                least = lower(least, cut, unit)
            found[grade] = least
    return found


def _cap(terms: Sequence[LineTerms]) -> Cap:
    """Only those count that pay delivery back at all."""
    paying = [one.cap for one in terms if one.delivery is not ShippingRule.NEVER]
    return Cap.NONE if not paying or Cap.NONE in paying else Cap.CHEAPEST_STANDARD


def _percent(percent: str) -> int:
    return fraction(percent, 10_000) if percent else 0


TERMS: dict[str, tuple[Callable[[LineTerms], object], Callable[[LineTerms], str]]] = {
    "restocking": (lambda one: one.restocking, lambda one: _kept("restocking fee", one.restocking)),
    "lost_value": (lambda one: one.lost_value, lambda one: _kept("deduction for lost value", one.lost_value)),
    "return_shipping": (
        lambda one: one.return_shipping,
        lambda one: f"the {one.return_shipping} pays the way back",
    ),
    "delivery": (
        lambda one: (one.delivery, one.cap if one.delivery is not ShippingRule.NEVER else Cap.NONE),
        lambda one: f"delivery is paid back: {one.delivery.replace('_', ' ')}",
    ),
    "duties": (lambda one: one.duties, lambda one: f"duties: {one.duties}"),
    "resolutions": (
        lambda one: one.resolutions,
        lambda one: f"to choose from: {', '.join(one.resolutions).replace('_', ' ')}",
    ),
    "send_back": (lambda one: one.send_back_day, lambda one: f"to be sent by {one.send_back_day:%d %B %Y}"),
    "refund_due": (
        lambda one: one.refund_due,
        lambda one: "; ".join(f"paid {due.days} days after {due.after.replace('_', ' ')}" for due in one.refund_due),
    ),
}
"""Every term: what of it is compared, and how it is told."""


def _given(grants: Sequence[Grant], best: LineTerms) -> list[Given]:
    """For each term the first basis that by itself gives what holds, else the one that gives a part of it."""
    found = []
    for term, (value, words) in TERMS.items():
        holds = value(best)
        if term == "refund_due" and not holds:
            continue
        by = next((one for one in grants if value(one.terms) == holds), None)
        by = by or next((one for one in grants if value(one.terms)), grants[0])
        cite = by.cites.get(term, by.cites.get("", ""))
        found.append(Given(term=term, basis=by.basis, policy=by.policy, text=words(best), cite=cite))
    return found


def _kept(name: str, cuts: Mapping[Grade, Cut]) -> str:
    return f"a {name}, by grade" if cuts else f"no {name}"
