"""A policy as a page for shoppers, as text or as HTML: a sentence for every rule, then what the law gives besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from activities.decisions.telling import TEMPLATES, Locale, Words, capital, one_line
from domain.policy import Policy, PublishedStatute, Statute
from domain.policy.deadlines import DeadlineRule, SendBackRule
from domain.policy.document import Clauses
from domain.policy.goods import Answer, EligibilityRule
from domain.policy.judgement import JudgementRule, Verdict
from domain.policy.money import DeliveryRule, DutiesRule, FeeRule, ReturnShippingRule
from domain.policy.outcome import ResolutionRule
from domain.policy.rule import Rule, Told, When
from domain.policy.window import WindowRule
from domain.request import Basis
from domain.resolution import Resolution
from domain.terms import ShippingRule


@dataclass(frozen=True)
class Part:
    """A heading and its sentences."""

    heading: str
    sentences: list[str]


@dataclass(frozen=True)
class Page:
    """What shoppers read, in order; `law` stands under a heading of its own."""

    locale: str
    title: str
    version: str
    parts: list[Part]
    law_heading: str
    law_sentences: list[str]
    law: list[Part] = field(default_factory=list)

    def as_text(self) -> str:
        """For a terminal or a mail."""
        return _LAYOUTS.get_template("page.txt").render(page=self)

    def as_html(self) -> str:
        """A whole page that needs nothing else, with everything in it escaped."""
        return _LAYOUTS.get_template("page.html").render(page=self)


_LAYOUTS = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    autoescape=lambda name: name is not None and name.endswith(".html"),
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    keep_trailing_newline=True,
)


def page_of(
    policy: Policy,
    name: str,
    since: date | None,
    statutes: Sequence[PublishedStatute],
    locale: Locale,
    country: str | None,
    today: date,
) -> Page:
    """The page of a policy that is called `name` and holds since a day (None: not published).

    With a country it has only what holds for goods that go there, and the law of that country for a sale of today.
    """
    words = Words(locale)
    told = _Telling(words, country, frozenset(one for one in Told if one not in policy.told))
    law = [one.statute for one in statutes if country and _governs(one.statute, country, policy, today)]
    hidden = [one.statute for one in statutes if country in one.statute.applies.country and one.statute.in_force(today)]
    instead = words.say("law_elsewhere")
    if country:
        instead = told.posted(hidden) if hidden else words.say("law_unknown", country)
    unposted = [one for one in law if one.applies.not_told and one.applies.region]
    parts = [told.states(unposted)] if unposted else []
    rest = sorted((one for one in law if one not in unposted), key=lambda one: list(Basis).index(one.basis))
    about = (words.say("beyond"), told.told(policy), "" if law else instead, *told.clocks(law, policy))
    return Page(
        locale=locale,
        title=one_line(policy.title),
        version=words.say("version", name, since),
        parts=[one for one in told.policy(policy) if one.sentences],
        law_heading=words.heading("law"),
        law_sentences=[one for one in about if one],
        law=[*(told.statute(one, today) for one in rest), *parts],
    )


def _governs(statute: Statute, country: str, policy: Policy, today: date) -> bool:
    """Whether a law is one for goods that go there, sold today by a shop that tells what this one does."""
    applies = statute.applies
    hidden = not applies.not_told or any(one not in policy.told for one in applies.not_told)
    return country in applies.country and statute.in_force(today) and hidden


@dataclass(frozen=True)
class _Telling:
    """Tells clauses, leaving out what is only for goods that go elsewhere, or for shops that do not tell what this one
    tells."""

    words: Words
    country: str | None
    untold: frozenset[Told]

    def policy(self, policy: Policy) -> Iterator[Part]:
        """Everything that the merchant promises, and the product keeps."""
        words = self.words
        first = {
            "window": [words.say("several")] if _differs(policy) else [],
            "money": [words.say("we_pay")],
            "way": [words.say("ask"), words.say("our_label")],
        }
        for section, clauses in _SECTIONS.items():
            told = [one for clause in clauses for one in self._clause(policy, clause)]
            more = list(self._limits(policy)) if section == "people" else []
            yield Part(words.heading(section), [one for one in (*first.get(section, []), *told, *more) if one])
        yield Part(words.heading("days"), list(self._days(policy)))

    def _clause(self, policy: Policy, clause: str) -> Iterator[str]:
        """The rules of a clause, the general ones first, and what holds where none of them speaks."""
        rules: Sequence[Rule] = getattr(policy, clause)
        otherwise, some = _otherwise(policy).get(clause), all(one.when.count for one in rules)
        if some and otherwise:
            yield self._rule(clause, otherwise)
        for rule in sorted(rules, key=lambda one: one.when.count):
            if self._is_here(rule.when):
                yield self._rule(clause, _whole(rule, policy))
        if some and not otherwise:
            yield self.words.say(f"no_{clause}", bool(rules))

    def _rule(self, macro: str, rule: Rule) -> str:
        case = [self.words.say("condition", name, value) for name, value in _conditions(rule.when)]
        aside = [one_line(one) for one in (rule.reason, rule.cite) if one]
        before = self.words.say("case", case) if case else ""
        sentence = self.words.say(macro, rule)
        after = self.words.say("aside", aside) if aside else ""
        return " ".join(filter(None, (before, sentence, after)))

    def _is_here(self, when: When) -> bool:
        elsewhere = self.country and when.country and self.country not in when.country
        return not elsewhere and (not when.not_told or not self.untold.isdisjoint(when.not_told))

    def _limits(self, policy: Policy) -> Iterator[str]:
        for name in ("automatic_limit", "second_approver_above"):
            if amounts := getattr(policy, name):
                yield self.words.say(name, amounts)

    def _days(self, policy: Policy) -> Iterator[str]:
        words, country = self.words, self.country
        zones: Mapping[str, str] = {country: policy.zone(country)} if country else policy.time_zones
        if not country:
            yield words.say("time_zone", policy.time_zone)
        for where, zone in zones.items():
            yield words.say("time_zone_of", zone, where)
        for where, days in policy.holidays.items():
            if country in (None, where):
                yield words.say("holidays", days, where)
        if policy.trial_day is not None:
            yield words.say("trial_day", policy.trial_day)

    def told(self, policy: Policy) -> str:
        """What shoppers know before they buy."""
        pays = any(one.fee for one in policy.return_shipping if self._is_here(one.when))
        return self.words.say("is_told", policy.told, pays) if policy.told else self.words.say("is_not_told")

    def posted(self, hidden: Sequence[Statute]) -> str:
        """Why laws that are there give nothing here: they are for shops that do not tell what this one tells."""
        regions = dict.fromkeys(region for one in hidden for region in one.applies.region)
        return self.words.say("law_posted", list(regions))

    def states(self, statutes: Sequence[Statute]) -> Part:
        """The laws of several states for shops that post no policy: a sentence for each, not a section."""
        words = self.words
        told = [
            words.say(
                "law_state",
                one.applies.region,
                one.window[0],
                [name for rule in one.eligibility if rule.answer is Answer.EXCLUDED for name in rule.when.exclusion],
                next((rule.allowed for rule in one.resolutions), (Resolution.REFUND,)),
                bool(one.lost_value),
                one.window[0].cite,
            )
            for one in statutes
        ]
        sources = words.say("law_sources", list(dict.fromkeys(one.source for one in statutes)))
        return Part(words.text(statutes[0].title), [capital(one) for one in (words.say("law_states"), *told, sources)])

    def clocks(self, law: Sequence[Statute], policy: Policy) -> Iterator[str]:
        """Where the law's days end, if not where the shop's own do."""
        if self.country:
            zones = dict.fromkeys(zone for one in law for zone in one.zones(self.country))
            zones.pop(policy.zone(self.country), None)
            yield from (self.words.say("time_zone_of", zone, self.country) for zone in zones)

    def statute(self, statute: Statute, today: date) -> Part:
        """What a law gives to whoever buys on a day; last, what it says nothing of."""
        words, sentences = self.words, [self.words.say("law_basis", statute)]
        for clause in Clauses.model_fields:
            rules: Sequence[Rule] = getattr(statute, clause)
            # What is sold as custom made needs no other reason; the document's own is written in English.
            bare = [one.model_copy(update={"reason": ""}) for one in sorted(rules, key=lambda one: one.when.count)]
            here = [one for one in bare if self._is_here(one.when)]
            if rules and clause in _GIVEN and all(one.when.count for one in rules):
                sentences.append(self._rule(_LAW.get(clause, clause), _GIVEN[clause]))
            sentences += [self._rule(_LAW.get(clause, clause), one) for one in here]
        owed = [one for one in statute.obligations if one.since <= today]
        sentences += [words.say("law_obligation", words.text(one.what), one.since, one.cite) for one in owed]
        silent = [name for name in _GIVEN if not getattr(statute, name)]
        given = " ".join(self._rule(_LAW.get(name, name), _GIVEN[name]) for name in silent)
        sentences += [words.say("law_silent", given)] if silent else []
        sentences.append(words.say("law_source", statute))
        return Part(words.text(statute.title), [capital(one) for one in sentences])


_SECTIONS: Mapping[str, Sequence[str]] = {
    "window": ["window"],
    "goods": ["eligibility"],
    "costs": ["return_shipping", "restocking", "lost_value"],
    "money": ["resolutions", "delivery", "duties"],
    "way": ["send_back", "deadlines"],
    "people": ["judgement"],
    "warranty": ["warranty"],
}
"""The headings, and the clauses below each. What is only recorded with a decision is no promise, so it is not here."""

_LAW = {name: f"law_{name}" for name in ("window", "eligibility", "restocking", "lost_value", "return_shipping")}
"""Clauses that a law says in another way than a policy."""

_GIVEN: Mapping[str, Rule] = {
    "restocking": FeeRule(percent="0"),
    "lost_value": FeeRule(percent="0"),
    "return_shipping": ReturnShippingRule(),
    "delivery": DeliveryRule(refund=ShippingRule.BY_VALUE),
    "duties": DutiesRule(),
    "resolutions": ResolutionRule(allowed=(Resolution.REFUND,)),
}
"""What is given where a law says nothing of a clause: everything."""


def _otherwise(policy: Policy) -> Mapping[str, Rule]:
    """What holds where no rule of a clause speaks; clauses that it leaves out give nothing then."""
    return {
        "window": WindowRule(days=policy.window_days),
        "eligibility": EligibilityRule(),
        "return_shipping": ReturnShippingRule(),
        "delivery": DeliveryRule(refund=policy.refund_shipping),
        "duties": DutiesRule(),
        "resolutions": ResolutionRule(allowed=(Resolution.REFUND,)),
        "send_back": SendBackRule(days=policy.send_back_days),
        "judgement": JudgementRule(verdict=Verdict.APPROVE),
        "deadlines": DeadlineRule(inspection_days=policy.inspection_days),
    }


def _whole(rule: Rule, policy: Policy) -> Rule:
    """With what it leaves to the document's short form."""
    if isinstance(rule, DeadlineRule) and rule.inspection_days is None:
        return rule.model_copy(update={"inspection_days": policy.inspection_days})
    return rule


def _conditions(when: When) -> Iterator[tuple[str, object]]:
    for name in When.model_fields:
        value = getattr(when, name)
        if value not in ((), None):
            yield name, value


def _differs(policy: Policy) -> bool:
    """Whether any clause that is told has more than one rule that could speak."""
    clauses = (getattr(policy, name) for names in _SECTIONS.values() for name in names)
    return any(len(rules) > 1 or any(one.when.count for one in rules) for rules in clauses)
