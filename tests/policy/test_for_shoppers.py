"""The page for shoppers: everything that a policy can say is told, in both languages, and nothing steers the page."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from activities.decisions.policy_file import load_policy
from activities.decisions.telling import LOCALES, TEMPLATES, Locale, Words
from activities.decisions.telling.page import Page, page_of
from domain.inspection import Grade
from domain.order import Buyer, Exclusion
from domain.policy import Policy
from domain.policy.calendar import ZONES
from domain.policy.goods import Condition, Proof
from domain.policy.judgement import Verdict
from domain.policy.outcome import DueFrom
from domain.policy.reasons import Fault, ReasonGroup
from domain.policy.rule import Rule, Told, When
from domain.policy.window import Anchor
from domain.request import ReturnReason
from domain.resolution import Resolution
from settings import ROOT
from tests.policy.cases import STATUTES

TODAY = date(2026, 11, 22)
SHORT = {"id": "shop", "title": "Thirty days", "window_days": 30}


def page(fields: dict[str, Any], locale: Locale = "en", country: str | None = None) -> Page:
    policy = Policy.model_validate({**SHORT, **fields}, extra="forbid")
    return page_of(policy, "shop@1", None, tuple(STATUTES.values()), locale, country, TODAY)


def text(fields: dict[str, Any], locale: Locale = "en", country: str | None = None) -> str:
    return page(fields, locale, country).as_text()


FIELDS: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    # two rules of each clause that differ in that field alone
    "window": {
        "days": ({"days": 1}, {"days": 2}),
        "months": ({"months": 1}, {"months": 2}),
        "first": ({"days": 1, "months": 1}, {"days": 1, "months": 1, "first": "days"}),
        "until": ({"until": "2027-01-30"}, {"until": "2027-01-31"}),
        "until_yearly": (
            {"until_yearly": "01-30", "when": {"season": {"first": "11-01", "last": "12-24"}}},
            {"until_yearly": "01-31", "when": {"season": {"first": "11-01", "last": "12-24"}}},
        ),
        "anchor": ({"days": 5, "anchor": "delivery"}, {"days": 5, "anchor": "last_parcel"}),
        "count": ({"days": 5}, {"days": 5, "count": "business"}),
        "at_end": ({"days": 5}, {"days": 5, "at_end": "next_working_day"}),
        "transit_days": ({"days": 5, "transit_days": 3}, {"days": 5, "transit_days": 4}),
        "ends": ({"days": 5}, {"ends": "reasonable_time"}),
    },
    "eligibility": {
        "answer": ({"answer": "accepted"}, {"answer": "excluded"}),
        "condition": ({"condition": "unused"}, {"condition": ["unused", "sealed"]}),
        "proof": ({"proof": "photo"}, {"proof": "serial"}),
    },
    "restocking": {
        "percent": ({"percent": 5}, {"percent": "5.5"}),
        "tax_percent": ({"percent": 5}, {"percent": 5, "tax_percent": 19}),
        "amount": ({"amount": {"EUR": 500}}, {"amount": {"EUR": 501}}),
    },
    "lost_value": {
        "percent": ({"percent": 5}, {"percent": "5.5"}),
        "tax_percent": ({"percent": 5}, {"percent": 5, "tax_percent": 19}),
        "amount": ({"amount": {"EUR": 500}}, {"amount": {"USD": 500}}),
    },
    "return_shipping": {
        "payer": ({"payer": "shop"}, {"payer": "shopper"}),
        "fee": ({"payer": "shopper", "fee": {"EUR": 499}}, {"payer": "shopper", "fee": {"EUR": 599}}),
    },
    "delivery": {
        "refund": ({"refund": "never"}, {"refund": "by_value"}),
        "cap": ({"cap": "none"}, {"cap": "cheapest_standard"}),
    },
    "duties": {"duties": ({"duties": "refund"}, {"duties": "keep"})},
    "resolutions": {"allowed": ({"allowed": "refund"}, {"allowed": ["refund", "exchange"]})},
    "send_back": {"days": ({"days": 7}, {"days": 8})},
    "judgement": {"verdict": ({"verdict": "review"}, {"verdict": "decline"})},
    "warranty": {
        "months": ({"months": 12}, {"months": 0}),
        "covers": ({"months": 12, "covers": "defective"}, {"months": 12, "covers": "late"}),
        "remedies": (
            {"months": 12, "remedies": ["repair", "refund"]},
            {"months": 12, "remedies": ["refund", "repair"]},
        ),
        "excludes": ({"months": 12, "excludes": "custom_made"}, {"months": 12, "excludes": "perishable"}),
    },
    "deadlines": {
        **{name: ({name: 5}, {name: 6}) for name in ("review_days", "inspection_days", "answer_days", "evidence_days")},
        "no_evidence": ({"no_evidence": "review"}, {"no_evidence": "decline"}),
        "offer_default": ({"offer_default": "accept"}, {"offer_default": "person"}),
        "inspection_default": ({"inspection_default": "wait"}, {"inspection_default": "as_quoted"}),
    },
}

UNTOLD: dict[str, list[dict[str, Any]]] = {
    # what is only recorded with a decision, so that no shopper may count on it
    "refund_due": [{"days": 7}, {"days": 7, "withhold": "sent_or_received"}],
    "bonus": [{"percent": 10}],
    "price_adjustment": [{"days": 7}],
    "methods": [{"allowed": ["qr_code", "drop_off", "in_store"]}],
    "refund_trigger": [{"event": "first_scan", "exposure_limit": {"EUR": 100}}],
    "ship_trigger": [{"event": "label", "exposure_limit": {"EUR": 100}}],
    "returnless": [{"currency": "EUR", "costs": 600, "salvage": 20, "at_most": 1500}],
    "deadlines": [{"label_days": 20}, {"label_days": 40, "reminder_days": [14, 3]}],
}

WHOLE: dict[str, tuple[Any, Any]] = {
    # two values of each field that is no clause
    "title": ("One", "Two"),
    "window_days": (0, 14),
    "send_back_days": (7, 8),
    "inspection_days": (4, 5),
    "refund_shipping": ("never", "by_value"),
    "automatic_limit": ({"EUR": 100}, {"EUR": 200}),
    "offer_above": ({"EUR": 100}, {"EUR": 200}),
    "time_zone": ("UTC", "Europe/Berlin"),
    "time_zones": ({}, {"US": "America/New_York"}),
    "holidays": ({}, {"DE": ["2026-12-25"]}),
    "trial_day": (2, 3),
    "told": (["withdrawal"], ["withdrawal", "return_costs"]),
}

CONDITIONS: dict[str, tuple[Any, Any]] = {
    "category": ("shoes", ["shoes", "boots"]),
    "tag": ("new", "sale"),
    "country": ("DE", "FR"),
    "region": ("CA", "NY"),
    "channel": ("online", "in_store"),
    "group": ("vip", "staff"),
    "reason": ("defective", "fit"),
    "fault": ("merchant", "carrier"),
    "grade": ("grade_b", "grade_c"),
    "exclusion": ("final_sale", "digital"),
    "buyer": ("business", "consumer"),
    "not_told": ("withdrawal", "return_costs"),
    "value": ({"currency": "EUR", "least": 1000}, {"currency": "EUR", "least": 1000, "below": 2000}),
    "season": ({"first": "11-01", "last": "12-24"}, {"first": "11-01", "last": "12-31"}),
    "account_days_below": (10, 11),
    "returns_from": (5, 6),
}


def clauses() -> Iterator[tuple[str, type[Rule]]]:
    for name, one in Policy.model_fields.items():
        models = [found for found in typing.get_args(one.annotation) if isinstance(found, type)]
        if models and issubclass(models[0], Rule):
            yield name, models[0]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("clause", FIELDS)
def test_every_field_of_every_clause_is_told(clause: str, locale: Locale) -> None:
    model = dict(clauses())[clause]
    untold = {"when", "source"}  # conditions have a test of their own; `source` is where a law can be read
    fields = [name for name in model.model_fields if name not in untold and {name} - _silent(clause)]
    least = next(iter(FIELDS[clause].values()))[0]
    words = {"reason": ({**least, "reason": "A"}, {**least, "reason": "B"}), "cite": (least, {**least, "cite": "X 1"})}
    known = {**FIELDS[clause], **words}
    for name in fields:
        one, other = known[name]
        assert text({clause: [one]}, locale) != text({clause: [other]}, locale), name


def _silent(clause: str) -> set[str]:
    silent = {"label_days", "label_warning_days", "reminder_days", "payment_days", "repair_days"}
    silent |= {"lost_after_days", "claim_days", "lost"}
    return silent if clause == "deadlines" else set()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("clause", UNTOLD)
def test_what_no_step_does_is_not_promised(clause: str, locale: Locale) -> None:
    for rule in UNTOLD[clause]:
        assert text({clause: [rule]}, locale) == text({}, locale)


def test_every_clause_is_told_or_only_recorded() -> None:
    assert {name for name, _ in clauses()} == {*FIELDS, *UNTOLD}


def test_the_page_promises_no_answer_within_days_and_no_step_that_is_not_there() -> None:
    told = text({"deadlines": [{"review_days": 3}], "return_shipping": [{"payer": "shopper"}]})
    assert "hear from us" not in told
    assert "look again at a return that we declined, a person has 3 days for it" in told
    assert "You get a label from us for the way back." in told
    assert "Our label for the way back costs you nothing." in told
    assert "We pay once the goods are here and we have looked at them." in told


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("condition", When.model_fields)
def test_every_condition_is_told(condition: str, locale: Locale) -> None:
    told = {text({"eligibility": [{"answer": "excluded"}]}, locale)}
    for value in CONDITIONS[condition]:
        rules = {"eligibility": [{"answer": "excluded", "when": {condition: value}}]}
        told.add(text({**rules, "told": []} if condition == "not_told" else rules, locale))
    assert len(told) == 3


def test_a_rule_for_what_this_shop_tells_is_left_out() -> None:
    rules = {"send_back": [{"days": 99, "when": {"not_told": ["withdrawal", "return_costs"]}}]}
    assert "99 days" not in text(rules)
    assert "99 days" in text({**rules, "told": ["withdrawal"]})


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("field", sorted(set(Policy.model_fields) - {name for name, _ in clauses()} - {"id"}))
def test_every_field_of_the_short_form_is_told(field: str, locale: Locale) -> None:
    if field == "second_approver_above":
        limit = {"automatic_limit": {"EUR": 100}}
        assert text(limit, locale) != text({**limit, field: {"EUR": 200}}, locale)
        return
    one, other = WHOLE[field]
    assert text({field: one}, locale) != text({field: other}, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_value_has_a_word(locale: Locale) -> None:
    words = Words(locale)
    known: dict[str, Iterable[str]] = {
        "reasons": [*ReasonGroup, *ReturnReason],
        "faults": Fault,
        "grades": Grade,
        "exclusions": Exclusion,
        "buyers": Buyer,
        "told": Told,
        "conditions": Condition,
        "proofs": [one for one in Proof if one is not Proof.NONE],
        "resolution": Resolution,
        "events": DueFrom,
        "anchors": Anchor,
        "verdicts": Verdict,
        "countries": {*ZONES, *(one for law in STATUTES.values() for one in law.statute.applies.country)},
    }
    for table, values in known.items():
        assert {str(one) for one in values} == set(words.table(table)), table
        assert all(words.table(table).values())
    written = {law.statute.title for law in STATUTES.values()}
    written |= {one.what for law in STATUTES.values() for one in law.statute.obligations}
    assert locale == "en" or written == set(words.table("texts"))


def test_the_languages_have_the_same_words() -> None:
    names = [
        set(re.findall(r"{% (macro \w+|set \w+)", (TEMPLATES / f"{one}.jinja").read_text(encoding="utf-8")))
        for one in LOCALES
    ]
    assert names[0] == names[1] - {"set nbsp"}


def test_no_language_is_left_out() -> None:
    assert {one.stem for one in TEMPLATES.glob("*.jinja")} == set(LOCALES)


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        (
            "en",
            [
                "You can return goods within 14 days after delivery, and in any case until 31 January 2027.",
                "If you order between 1 November and 24 December, this holds:",
                "We keep a restocking fee of €1,234.50 or ¥300 for each unit.",
                "The goods have to be unused and complete; a person judges that.",
            ],
        ),
        (
            "de",
            [
                "Sie können Ware innerhalb von 14 Tagen nach der Lieferung und in jedem Fall bis zum 31. Januar 2027 "
                "zurückgeben.",
                "Wenn Sie zwischen dem 1. November und dem 24. Dezember bestellen, gilt:",
                "Wir behalten für jedes Stück 1.234,50\u00a0€ oder 300\u00a0¥ als Rücknahmegebühr ein.",
                "Die Ware muss unbenutzt und vollständig sein; das beurteilt ein Mensch.",
            ],
        ),
    ],
)
def test_sentences_dates_and_money_as_the_language_has_them(locale: Locale, says: list[str]) -> None:
    season = {"season": {"first": "11-01", "last": "12-24"}}
    told = text(
        {
            "window": [{"days": 14, "until": "2027-01-31", "when": season}],
            "restocking": [{"amount": {"EUR": 123450, "JPY": 300}}],
            "eligibility": [{"condition": ["unused", "complete"]}],
        },
        locale,
    )
    for sentence in says:
        assert sentence in told


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        ("en", "within 14 days after delivery, and in any case until the first 31 January after your order."),
        ("de", "und in jedem Fall bis zum ersten 31. Januar nach Ihrer Bestellung zurückgeben."),
    ],
)
def test_a_day_of_every_year(locale: Locale, says: str) -> None:
    season = {"season": {"first": "11-01", "last": "12-24"}}
    assert says in text({"window": [{"days": 14, "until_yearly": "01-31", "when": season}]}, locale)


def test_what_is_left_to_defaults_is_told_as_it_holds() -> None:
    told = text({})
    for sentence in (
        "You can return goods within 30 days after delivery.",
        "We take the goods back.",
        "We pay for the way back.",
        "- We keep no restocking fee.",
        "- You get your money back.\n",
        "You have 14 days from our answer on to send the goods.",
        "We look at what arrived within 3 days.",
        "We give no warranty of our own beyond the law.",
    ):
        assert sentence in told
    assert "Where several sentences" not in told


def test_what_holds_otherwise_comes_last_and_what_says_nothing_has_no_line() -> None:
    sentences = [
        one
        for part in page({"restocking": [{"percent": 5, "when": {"grade": "grade_b"}}]}).parts
        for one in part.sentences
    ]
    first, last = (place for place, one in enumerate(sentences) if "restocking fee" in one)
    assert (last, sentences[last]) == (first + 1, "Otherwise we keep no restocking fee.")
    assert all(sentences)


def test_what_a_law_says_nothing_of_is_not_told_as_its_word() -> None:
    [law] = page({}, country="AU").law
    silent = [one for one in law.sentences if one.startswith("Of this the law says nothing")]
    assert len(silent) == 1
    assert "Customs duties" in silent[0]
    assert not [one for one in law.sentences if "Customs duties" in one and one not in silent]


def test_a_rule_for_everything_takes_the_place_of_the_short_form() -> None:
    told = text({"window": [{"days": 10}]})
    assert "within 10 days" in told
    assert "within 30 days" not in told


def test_of_a_country_only_what_holds_there() -> None:
    fields = {"window": [{"days": 45, "when": {"country": "FR"}}, {"days": 50, "when": {"country": ["DE", "AT"]}}]}
    told = text(fields, country="DE")
    assert "within 45 days" not in told
    assert "within 50 days" in told
    assert "within 45 days" in text(fields)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("country", sorted({one for law in STATUTES.values() for one in law.statute.applies.country}))
def test_the_law_of_every_country_is_told_with_its_citations(country: str, locale: Locale) -> None:
    shown = page({"told": []}, locale, country)
    laws = [law.statute for law in STATUTES.values() if country in law.statute.applies.country]
    folded = [one for one in laws if one.applies.region]  # the laws of states are a sentence each, under one heading
    assert len(shown.law) == len([one for one in laws if one.in_force(TODAY)]) - max(0, len(folded) - 1) > 0
    told, names = shown.as_text(), Words(locale).table("laws")
    for law in laws:
        assert law in folded or names.get(law.law, law.law) in told
        assert law.source in told
        assert all(rule.cite in told for rule in law.window)


def test_what_a_shop_tells_never_contradicts_who_pays() -> None:
    assert "who pays for sending goods back" in text({}, country="DE")
    assert "at your cost" not in text({}, country="DE")
    assert "sending goods back is at your cost" in text(
        {"return_shipping": [{"payer": "shopper", "fee": {"EUR": 490}}]}, country="DE"
    )


def test_laws_for_shops_that_post_nothing_are_a_sentence_for_each_state() -> None:
    [states] = page({"told": []}, country="US").law
    assert states.sentences[1] == (
        "California: within 30 days after your order you get your money back for goods that you have not used, unless "
        "they are perishable, made to your wishes or sold as final (Cal. Civ. Code 1723(a)-(c))."
    )
    posted = text({}, country="US")
    assert "Some laws there are only for shops that do not tell what we tell you (California," in posted
    assert "We know of no rule" not in posted
    assert "We know of no rule" in text({}, country="CH")


def test_a_fault_is_told_in_words_of_shoppers() -> None:
    fields = {"restocking": [{"percent": 15, "when": {"fault": "shopper"}}]}
    assert "If you simply changed your mind or ordered the wrong thing, this holds: We keep" in text(fields)
    assert "Wenn Sie es sich nur anders überlegt oder das Falsche bestellt haben, gilt:" in text(fields, "de")


@pytest.mark.parametrize(
    ("today", "withdrawal", "function"),
    [(date(2014, 6, 12), False, False), (date(2014, 6, 13), True, False), (date(2026, 6, 19), True, True)],
)
def test_a_law_and_what_it_asks_hold_from_their_day_on(today: date, withdrawal: bool, function: bool) -> None:
    policy = Policy.model_validate(SHORT)
    told = page_of(policy, "shop@1", None, tuple(STATUTES.values()), "en", "DE", today).as_text()
    assert ("The right of withdrawal" in told) is withdrawal
    assert ("an online function to withdraw" in told) is function


def test_a_law_for_shops_that_do_not_tell_is_no_law_for_one_that_does() -> None:
    assert "1723" in text({"told": ["withdrawal"]}, country="US")
    assert "1723" not in text({}, country="US")
    # whoever does not tell of the withdrawal gives twelve months more
    assert "12 months" in text({"told": ["return_costs"]}, country="DE")
    assert "12 months" not in text({}, country="DE")


@pytest.mark.parametrize(("country", "says"), [(None, "depends on the country"), ("BR", "no rule of the law in BR")])
def test_where_no_law_is_shown_the_page_says_so(country: str | None, says: str) -> None:
    assert says in text({}, country=country)


def test_version_and_day_are_told() -> None:
    policy, version = load_policy((ROOT / "policies" / "default.yaml").read_text())
    name = f"default@{version[:12]}"
    shown = page_of(policy, name, date(2027, 1, 1), (), "de", None, TODAY)
    assert shown.version == f"Dies ist die Fassung {name}; sie gilt für Bestellungen ab dem 1. Januar 2027."


class Outline(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


HOSTILE = '<script src="//x">alert(1)</script>'


def outline(locale: Locale) -> Outline:
    fields = {
        "title": f"{HOSTILE}\n\x1b[2J\u202e",
        "window": [{"days": 9, "reason": HOSTILE, "when": {"category": HOSTILE, "tag": "a\nb"}}],
    }
    found = Outline()
    found.feed(page(fields, locale, "DE").as_html())
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_is_whole_and_what_is_put_into_it_is_text(locale: Locale) -> None:
    found = outline(locale)
    names = [tag for tag, _ in found.tags]
    assert found.tags[0] == ("html", {"lang": locale})
    assert not {"script", "link", "img", "iframe", "a", "form"} & set(names)
    assert not [name for _, attributes in found.tags for name in attributes if name in ("src", "href", "onclick")]
    assert " ".join(found.said).count(HOSTILE) == 4  # the title twice, the category, the reason
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", "".join(found.said))


def test_headings_go_down_one_by_one_and_lists_are_lists() -> None:
    names = [tag for tag, _ in outline("en").tags]
    headings = [int(one[1]) for one in names if re.fullmatch("h[1-6]", one)]
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(headings))
    assert names.count("main") == 1
    assert names.count("li") > 20


def test_text_and_page_say_the_same() -> None:
    shown = page({"restocking": [{"percent": 10}]}, "de", "DE")
    found = Outline()
    found.feed(shown.as_html())
    said = [re.sub(r"^- ", "", one) for one in shown.as_text().splitlines()]
    whole = "\n".join(found.said)
    assert not [one for one in said if one and not re.fullmatch("[=-]+", one) and one not in whole]


def test_where_the_laws_days_end_is_told_if_it_is_elsewhere() -> None:
    away = text({"time_zones": {"DE": "Pacific/Kiritimati"}}, country="DE")
    assert "For goods that go to Germany a day lasts until midnight in Pacific/Kiritimati." in away
    assert "For goods that go to Germany a day lasts until midnight in Europe/Berlin." in away
    assert text({}, country="DE").count("Europe/Berlin") == 1
