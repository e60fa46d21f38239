"""What is odd about a document that is valid: rules that contradict each other, that can never speak, and gaps.

Nothing of it keeps a document from being published; an error is a mistake whatever was meant, advice may be meant so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, islice
from typing import Literal, NamedTuple

from domain.customer import IN_STORE
from domain.policy.conditions import GRADED, Case, Neighbours, cases_of, compatible, implied, kind_of, meeting, sharing
from domain.policy.document import Policy, Statute
from domain.policy.favours import better, merit, says
from domain.policy.judgement import JudgementRule, Verdict, WarrantyRule
from domain.policy.outcome import ReturnlessRule
from domain.policy.rule import Rule

Place = tuple[str | int, ...]
"""A part of a document: names of fields, and positions in lists from 0."""

_SHOWN = 20
"""Contradictions of one clause that are told one by one."""


class Finding(NamedTuple):
    """Something odd at a place. `words` are a sentence in which the places of other parts stand for themselves."""

    weight: Literal["error", "advice"]
    kind: Literal["contradiction", "unreachable", "gap"]
    place: Place
    words: tuple[str | Place, ...]


def rules_of(document: Policy | Statute) -> Mapping[str, tuple[Rule, ...]]:
    """The clauses that have rules, by name."""
    found = {name: getattr(document, name) for name in type(document).model_fields}
    return {name: one for name, one in found.items() if isinstance(one, tuple) and one and isinstance(one[0], Rule)}


def conflicts(document: Policy | Statute) -> Iterator[Finding]:
    """Contradictions, and rules that can never speak, clause by clause."""
    for clause, rules in rules_of(document).items():
        dead = {}
        for number, rule in enumerate(rules):
            if why := _impossible(clause, rule, document):
                dead[number] = why
        places = [number for number in range(len(rules)) if number not in dead]
        dead |= _covered(clause, rules, places)
        yield from (dead[number] for number in sorted(dead))
        alive = [number for number in range(len(rules)) if number not in dead]
        yield from _contradictions(clause, rules, alive)


def _impossible(clause: str, rule: Rule, document: Policy | Statute) -> Finding | None:
    """A rule whose conditions never hold together, or that would give nothing where they do."""
    when = rule.when

    def unreachable(words: str, weight: Literal["error", "advice"] = "error") -> Finding:
        return Finding(weight, "unreachable", _at(clause, document, rule), (f"it can never speak: {words}",))

    if when.grade and clause not in GRADED:
        return unreachable(f"only {' and '.join(GRADED)} know the grade")
    cases = cases_of(when, clause)
    if not cases:
        return unreachable(f"no reason of {', '.join(when.reason)} is the fault of {', '.join(when.fault)}")
    if isinstance(document, Statute):
        words = _outside(rule, document)
        return unreachable(words) if words else None
    if when.not_told and set(when.not_told) <= set(document.told):
        return unreachable(f"the shop tells {', '.join(when.not_told)} (told)", "advice")
    if isinstance(rule, WarrantyRule) and not {one.reason for one in cases} & set(rule.covers):
        return unreachable(f"it covers {', '.join(rule.covers)}, which its conditions leave out")
    if isinstance(rule, ReturnlessRule) and (words := _never_kept(rule)):
        return unreachable(words)
    return None


def _at(clause: str, document: Policy | Statute, rule: Rule) -> Place:
    rules: Sequence[Rule] = getattr(document, clause)
    return (clause, next(number for number, one in enumerate(rules) if one is rule))


def _outside(rule: Rule, statute: Statute) -> str:
    """Why a rule of a statute is about what the statute is not; empty if it is not so."""
    when, applies = rule.when, statute.applies
    if when.country and not set(when.country) & set(applies.country):
        return f"the statute is not for {', '.join(when.country)}"
    if when.region and applies.region and not set(when.region) & set(applies.region):
        return f"the statute is not for {', '.join(when.region)}"
    if when.buyer and applies.buyer is not None and applies.buyer not in when.buyer:
        return f"the statute is for a {applies.buyer}"
    if when.channel == (IN_STORE,) and applies.at_a_distance == "only":
        return "the statute is for sales at a distance"
    return ""


def _never_kept(rule: ReturnlessRule) -> str:
    value = rule.when.value
    if not rule.costs:
        return "without costs nothing is worth more than bringing it back"
    if value and value.currency != rule.currency:
        return f"its value is in {value.currency}, its costs in {rule.currency}"
    if value and value.least > rule.at_most:
        return f"its value is from {value.least} on, and at most {rule.at_most} may be kept"
    return ""


def _covered(clause: str, rules: Sequence[Rule], places: Sequence[int]) -> dict[int, Finding]:
    """Rules that others always speak before, by their place."""
    known = [rules[place] for place in places]
    near = Neighbours(known) if len(known) > 1 else None
    found: dict[int, Finding] = {}
    for number, rule in enumerate(known):
        left, by = set(cases_of(rule.when, clause)), []
        for other in near.of(number) if near else ():
            rival = known[other]
            if places[other] in found or not implied(rival.when, rule.when) or not _first(rival, rule, other < number):
                continue
            if taken := left & cases_of(rival.when, clause):
                left -= taken
                by.append(places[other])
            if not left:
                found[places[number]] = _never(clause, places[number], rule, [(one, rules[one]) for one in by])
                break
    return found


def _first(rival: Rule, rule: Rule, earlier: bool) -> bool:
    """Whether a rival speaks before a rule wherever both hold."""
    if rival.when.count != rule.when.count:
        return rival.when.count > rule.when.count
    return earlier if says(rival) == says(rule) else better(rival, rule) is True


def _never(clause: str, place: int, rule: Rule, by: Sequence[tuple[int, Rule]]) -> Finding:
    """The finding on a rule that is covered."""
    rival, first = by[0][1], (clause, by[0][0])
    here: Place = (clause, place)
    if len(by) > 1:
        parts: Iterator[tuple[str, Place]] = ((", ", (clause, one)) for one, _ in by)
        others = [part for pair in parts for part in pair][1:]
        return Finding("error", "unreachable", here, ("it can never speak: before it come ", *others))
    if says(rival) == says(rule):
        adds = "it says the same as " if rival.when == rule.when else "it adds nothing to "
        return Finding("advice", "unreachable", here, (adds, first))
    if rival.when.count > rule.when.count:
        more = ", which has more conditions, and all of them hold wherever this one does"
        return Finding("error", "unreachable", here, ("it can never speak: before it comes ", first, more))
    always = f"{merit(rival)}, and always speaks"
    if rival.when == rule.when:
        same = "it says something else on the same conditions as "
        return Finding("error", "contradiction", here, (same, first, f"; that one is {always}"))
    wider = f" has as many conditions, holds wherever this one does, is {always}"
    return Finding("error", "unreachable", here, ("it can never speak: ", first, wider))


def _contradictions(clause: str, rules: Sequence[Rule], places: Sequence[int]) -> Iterator[Finding]:
    """Pairs with equally many conditions that can hold for the same line and say different things.

    Those that ask about different things are told once for each such pair of kinds.
    """
    known = [rules[place] for place in places]
    pairs = _Pairs(clause, known)
    if len(set(pairs.said)) > 1:
        found = {*islice(pairs.alike(), _SHOWN), *pairs.unlike()}
        for one, other in sorted(found):
            yield _both_hold(clause, (known[one], known[other]), (places[one], places[other]))


class _Pairs:
    """Pairs of rules, by their positions, of which neither speaks before the other by its conditions."""

    def __init__(self, clause: str, rules: Sequence[Rule]) -> None:
        self._clause = clause
        self._rules = rules
        self.said = [says(one) for one in rules]
        self._kinds = [kind_of(one.when) for one in rules]
        self._near = meeting(rules)

    def alike(self) -> Iterator[tuple[int, int]]:
        """Those that ask about the same things for some words in common."""
        near = Neighbours(self._rules)
        for one, rule in enumerate(self._rules):
            for other in near.of(one):
                if other > one and sharing(rule.when, self._rules[other].when) and self._clash(one, other):
                    yield one, other

    def unlike(self) -> Iterator[tuple[int, int]]:
        """The first pair of every two kinds of conditions."""
        kinds = dict.fromkeys(self._kinds)
        for kind, second in combinations_with_replacement(kinds, 2):
            if len(kind) != len(second):
                continue
            firsts = (one for one, known in enumerate(self._kinds) if known == kind)
            pairs = ((one, other) for one in firsts for other in self._near.of(one) if self._kinds[other] == second)
            if found := next((pair for pair in pairs if self._clash(*pair)), None):
                yield min(found), max(found)

    def _clash(self, one: int, other: int) -> bool:
        rule, rival = self._rules[one], self._rules[other]
        if self.said[one] == self.said[other] or rule.when.count != rival.when.count or _escalates(rule, rival):
            return False
        both = cases_of(rule.when, self._clause) & cases_of(rival.when, self._clause)
        if not both or not compatible(rule.when, rival.when):
            return False
        near = (self._rules[place] for place in self._near.of(one))
        return not _settled(
            self._clause, (rule, rival), both, [known for known in near if known.when.count > rule.when.count]
        )


def _escalates(*pair: Rule) -> bool:
    """Whether both are judgements against a request: that the stricter speaks is what anybody expects."""
    return all(isinstance(one, JudgementRule) and one.verdict is not Verdict.APPROVE for one in pair)


def _settled(clause: str, pair: tuple[Rule, Rule], both: frozenset[Case], more: Sequence[Rule]) -> bool:
    """Whether rules with more conditions speak wherever both of a pair would."""
    left = set(both)
    for one in more:
        if implied(one.when, pair[0].when, pair[1].when):
            left -= cases_of(one.when, clause)
    return not left


def _both_hold(clause: str, pair: tuple[Rule, Rule], places: tuple[int, int]) -> Finding:
    winner = better(*pair)
    one, other = ((clause, place) for place in places)
    both = (
        f"with {_example(*pair)} it holds together with ",
        other,
        ", which has as many conditions and says something else; ",
    )
    if winner is None:
        ends: tuple[str | Place, ...] = ("which of them is better for the shopper, and speaks, depends on the order",)
    elif winner:
        ends = (f"this one is {merit(pair[0])}, and speaks",)
    else:
        ends = (f"that one is {merit(pair[1])}, and speaks",)
    return Finding("advice", "contradiction", one, (*both, *ends))


def _example(one: Rule, other: Rule) -> str:
    """Conditions under which both hold, in a few words."""
    mine, others = dict(one.when.named), dict(other.when.named)
    found = []
    for name in dict.fromkeys((*kind_of(one.when), *kind_of(other.when))):
        shared = mine.get(name, frozenset()) & others.get(name, frozenset())
        words = [sorted(shared)[:1]] if shared else [sorted(part[name])[:1] for part in (mine, others) if name in part]
        found.append(" ".join([name, " and ".join(word for part in words for word in part)]).strip())
    return ", ".join(found) or "anything"
