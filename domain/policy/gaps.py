"""What a valid policy leaves out though something else in it shows that it was meant, and what is less than the law."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.customer import IN_STORE
from domain.inspection import Grade
from domain.order import Buyer
from domain.policy.conditions import GRADED
from domain.policy.document import Policy, Statute
from domain.policy.money import FeeRule, ReturnShippingRule
from domain.policy.outcome import ReturnlessRule, ShipRule, TriggerRule
from domain.policy.reasons import GROUPS, Fault
from domain.policy.review import Finding, Place, conflicts, rules_of
from domain.policy.rule import Rule
from domain.policy.window import Anchor, Count, Ends, WindowRule
from domain.request import Basis


def review(document: Policy | Statute, statutes: Sequence[Statute] = ()) -> tuple[Finding, ...]:
    """Everything that is odd about a valid document; `statutes` is the law that a policy stands on."""
    found = list(conflicts(document))
    if isinstance(document, Policy):
        found += [*_grades(document), *_faults(document), *_reasons(document), *_currencies(document)]
        found += [*_markets(document), *_ended(document), *_below_the_law(document, statutes)]
    return tuple(found)


def _gap(place: Place, *words: str | Place) -> Finding:
    return Finding("advice", "gap", place, words)


def _grades(policy: Policy) -> Iterator[Finding]:
    """A grade of which nothing is kept, though something is of a better one."""
    rules = [(name, number, rule) for name in GRADED for number, rule in enumerate(getattr(policy, name))]
    named = {grade for _, _, rule in rules for grade in rule.when.grade}
    if not named or any(not rule.when.grade for _, _, rule in rules):
        return
    grades = list(Grade)
    missing = [one for one in grades[grades.index(min(named, key=grades.index)) :] if one not in named]
    if missing:
        name, number, _ = next(one for one in rules if one[2].when.grade)
        yield _gap((name, number), f"something is kept of {_and(sorted(named))}, but nothing of {_and(missing)}")


def _faults(policy: Policy) -> Iterator[Finding]:
    """A party that a clause forgets, though it has rules for both others."""
    for name, rules in rules_of(policy).items():
        named = {fault for rule in rules for fault in rule.when.fault}
        if len(named) == len(Fault) - 1 and all(rule.when.fault for rule in rules):
            (missing,) = set(Fault) - named
            yield _gap((name, 0), f"it has rules for the fault of {_and(sorted(named))}, but none for the {missing}'s")


def _reasons(policy: Policy) -> Iterator[Finding]:
    """The one reason of a group that a clause forgets, though it names all others."""
    for name, rules in rules_of(policy).items():
        if not all(rule.when.reason for rule in rules):
            continue
        named = {reason for rule in rules for reason in rule.when.reason}
        for group, reasons in GROUPS.items():
            missing = [one for one in reasons if one not in named]
            if group not in named and len(missing) == 1 and len(reasons) > 1:
                words = f"of {group} it names every reason but {missing[0]}, for which no rule speaks"
                yield _gap((name, 0), words)


def _currencies(policy: Policy) -> Iterator[Finding]:
    """Prices and limits that have no amount in a currency that others have."""
    priced = {place: set(amounts) for place, amounts in _prices(policy)}
    for currency in sorted(set().union(*priced.values())):
        first = next(place for place, known in priced.items() if currency in known)
        for place, known in priced.items():
            if currency not in known:
                yield _gap(place, f"it says nothing in {currency}, as ", first, " does")


def _prices(policy: Policy) -> Iterator[tuple[Place, Iterable[str]]]:
    """Everything with an amount in some currency; rules for some markets alone may know those of these markets."""
    for name, limits in (
        ("automatic_limit", policy.automatic_limit),
        ("second_approver_above", policy.second_approver_above),
    ):
        if limits:
            yield (name,), limits
    for name, rules in rules_of(policy).items():
        for number, rule in enumerate(rules):
            amounts = _amounts(rule)
            if amounts and not rule.when.country and not rule.when.value:
                yield (name, number), amounts
        values = [rule.when.value.currency for rule in rules if rule.when.value and not rule.when.country]
        if isinstance(rules[0], ReturnlessRule):
            values = [rule.currency for rule in rules if isinstance(rule, ReturnlessRule)]
        if values:
            yield (name,), values


def _amounts(rule: Rule) -> Mapping[str, int]:
    if isinstance(rule, FeeRule):
        return rule.amount
    if isinstance(rule, ReturnShippingRule):
        return rule.fee
    return rule.exposure_limit if isinstance(rule, TriggerRule | ShipRule) else {}


def _markets(policy: Policy) -> Iterator[Finding]:
    """Countries that a clause forgets which speaks country by country, though others have them."""
    named: dict[str, Place] = {}
    for name, rules in rules_of(policy).items():
        for number, rule in enumerate(rules):
            named |= {country: (name, number) for country in rule.when.country if country not in named}
    for name, rules in rules_of(policy).items():
        own = {country for rule in rules for country in rule.when.country}
        if len(own) < 2 or not all(rule.when.country for rule in rules):
            continue
        for country, place in named.items():
            if country not in own:
                yield _gap((name, 0), f"it speaks country by country, but not of {country}, as ", place, " does")


def _ended(policy: Policy) -> Iterator[Finding]:
    """Windows that are nothing but a day, and will be over for whatever is delivered later."""
    for number, rule in enumerate(policy.window):
        last = rule.until or rule.until_yearly
        if last is not None and not (rule.days or rule.months):
            words = f"after {last} it leaves nobody a day to return; give it days or months too"
            yield _gap(("window", number), words)


def _below_the_law(policy: Policy, statutes: Sequence[Statute]) -> Iterator[Finding]:
    """Windows that are over before the law's own."""
    named = sorted({country for rules in rules_of(policy).values() for rule in rules for country in rule.when.country})
    known = named or sorted({country for statute in statutes for country in statute.applies.country})
    for number, rule in enumerate(policy.window):
        if rule.when.buyer != (Buyer.BUSINESS,) and rule.when.channel != (IN_STORE,) and not rule.when.exclusion:
            yield from _shorter(
                ("window", number), rule, rule.when.country or (named if rule.when.count else known), statutes
            )
    if all(rule.when.count for rule in policy.window):
        yield from _shorter(("window_days",), WindowRule(days=policy.window_days), known, statutes)


def _shorter(
    place: Place, rule: WindowRule, countries: Sequence[str], statutes: Sequence[Statute]
) -> Iterator[Finding]:
    """What the law gives the consumers of these countries by itself, where that is longer."""
    for statute in statutes:
        applies = statute.applies
        here = [one for one in countries if one in applies.country]
        whole = (
            statute.basis is Basis.WITHDRAWAL and statute.before is None and not (applies.region or applies.not_told)
        )
        law = next((one for one in statute.window if not one.when.count), None)
        if not (here and whole and law and _longer(law, rule)):
            continue
        words = f"{rule.days or 0} days are less than the {law.days} that the law gives in {_few(here)} ({law.cite}); "
        yield _gap(place, words + "it counts only for what the law leaves out")
        countries = [one for one in countries if one not in here]


def _longer(law: WindowRule, rule: WindowRule) -> bool:
    """Whether the law's window is over later, whatever the order; in calendar days alone."""
    plain = (
        not (rule.months or rule.until or rule.until_yearly)
        and rule.ends is Ends.FIXED_DAY
        and rule.count is Count.CALENDAR
    )
    anchors = (Anchor.ORDER, Anchor.DELIVERY, Anchor.LAST_PARCEL)
    later = anchors.index(law.anchor) >= anchors.index(rule.anchor)
    return plain and later and not law.months and (law.days or 0) > (rule.days or 0)


def _few(words: Sequence[str]) -> str:
    """The first of many."""
    return _and(words) if len(words) < 6 else f"{', '.join(words[:4])} and {len(words) - 4} more countries"


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
