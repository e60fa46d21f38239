"""What is odd about valid documents: told where it is, and nothing is told of documents that are as they should be."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.decisions.policy_file import load_policy
from domain.policy import Calendar, Policy
from domain.policy.deadlines import SendBackRule
from domain.policy.gaps import review
from domain.policy.reader import Reader
from domain.policy.reasons import Fault, fault_of, group_of
from domain.policy.review import Finding
from domain.policy.rule import CaseFacts
from domain.request import RequestedLine, ReturnReason
from settings import ROOT
from tests.policy.cases import PLACED, STATUTES, order, published

LAW = [one.statute for one in STATUTES.values()]


def found(text: str = "", **clauses: Any) -> list[Finding]:
    """The findings on a policy of these clauses, under the law."""
    document = {"id": "shop", "title": "Ours", "window_days": 30, **(yaml.safe_load(text) or {}), **clauses}
    return list(review(Policy.model_validate(document, extra="forbid"), LAW))


def told(text: str) -> list[tuple[str, str, str]]:
    """Weight, kind and place of each."""
    return [(one.weight, one.kind, ".".join(map(str, one.place))) for one in found(text)]


UNREACHABLE = [
    # a rule, and one that is always before it
    ("window: [{days: 14, when: {category: a}}, {days: 30, when: {category: [a, b]}}]", 0),
    ("window: [{days: 30, when: {reason: defective}}, {days: 14, when: {reason: not_as_sold, fault: merchant}}]", 0),
    ("send_back: [{days: 9}, {days: 8, when: {fault: [merchant, carrier]}}, {days: 7, when: {fault: shopper}}]", 0),
    ("send_back: [{days: 9}, {days: 8, when: {buyer: business}}, {days: 7, when: {buyer: consumer}}]", 0),
    ("judgement: [{verdict: review, when: {returns_from: 9}}, {verdict: decline, when: {returns_from: 5}}]", 0),
    (
        "judgement: [{verdict: approve, when: {account_days_below: 9}}, "
        "{verdict: review, when: {account_days_below: 30}}]",
        0,
    ),
    (
        "judgement: [{verdict: approve, when: {value: {currency: EUR, least: 10, below: 20}}}, "
        "{verdict: review, when: {value: {currency: EUR, below: 20}}}]",
        0,
    ),
    # a condition lifts no exclusion
    ("eligibility: [{condition: sealed, when: {tag: a}}, {answer: excluded, when: {tag: [a, b]}}]", 0),
    (
        "window: [{days: 9, when: {season: {first: 12-24, last: 01-01}}}, "
        "{days: 10, when: {season: {first: 12-01, last: 01-31}}}]",
        0,
    ),
    # conditions that never hold together
    ("send_back: [{days: 9, when: {reason: defective, fault: shopper}}]", 0),
    ("send_back: [{days: 9, when: {grade: grade_b}}]", 0),
    ("warranty: [{months: 24, covers: [defective], when: {reason: [missing_parts, late]}}]", 0),
    ("returnless: [{currency: EUR, costs: 0, salvage: 10, at_most: 500}]", 0),
    ("returnless: [{currency: EUR, costs: 9, salvage: 10, at_most: 500, when: {value: {currency: USD, below: 9}}}]", 0),
]


@pytest.mark.parametrize(("text", "number"), UNREACHABLE)
def test_rules_that_can_never_speak(text: str, number: int) -> None:
    clause = text.partition(":")[0]
    assert told(text)[0] == ("error", "unreachable", f"{clause}.{number}")
    assert len([one for one in told(text) if one[0] == "error"]) == 1


def test_two_rules_on_the_same_conditions() -> None:
    (one,) = found("eligibility: [{answer: excluded, when: {tag: gift}}, {proof: photo, when: {tag: gift}}]")
    assert (one.weight, one.kind, one.place) == ("error", "contradiction", ("eligibility", 0))
    assert one.words[1] == ("eligibility", 1)
    (same,) = found("send_back: [{days: 9, when: {tag: gift}}, {days: 9, reason: again, when: {tag: gift}}]")
    assert (same.weight, same.kind, same.place) == ("advice", "unreachable", ("send_back", 1))


@pytest.mark.parametrize(
    ("text", "wins"),
    [
        (
            "judgement: [{verdict: approve, when: {group: vip}}, {verdict: review, when: {returns_from: 9}}]",
            "that one is stricter, and speaks",
        ),
        (
            "judgement: [{verdict: decline, when: {tag: gift}}, {verdict: approve, when: {group: vip}}]",
            "this one is stricter, and speaks",
        ),
        (
            "eligibility: [{condition: sealed, when: {tag: a}}, {answer: excluded, when: {group: b}}]",
            "that one is an exclusion",
        ),
        ("window: [{days: 9, when: {category: a}}, {days: 30, when: {group: vip}}]", "that one"),
        ("window: [{days: 9, when: {category: [a, b]}}, {days: 30, when: {category: [b, c]}}]", "that one"),
        # a line may have both tags
        ("window: [{days: 30, when: {tag: sale}}, {days: 9, when: {tag: new}}]", "this one"),
        ("window: [{months: 1, when: {tag: sale}}, {days: 30, when: {tag: new}}]", "depends on the order"),
        ("restocking: [{percent: 9, when: {tag: a}}, {amount: {EUR: 9}, when: {tag: b}}]", "depends on the order"),
        ("return_shipping: [{payer: shopper, when: {tag: a}}, {payer: shop, when: {group: b}}]", "that one"),
    ],
)
def test_rules_that_may_hold_together_and_which_of_them_speaks(text: str, wins: str) -> None:
    (one,) = found(text)
    assert (one.weight, one.kind, one.place[1]) == ("advice", "contradiction", 0)
    assert isinstance(one.words[-1], str)
    assert wins in one.words[-1]


@pytest.mark.parametrize(
    "text",
    [
        "window: [{days: 9, when: {category: a}}, {days: 30, when: {category: b}}]",
        "window: [{days: 20, when: {country: US}}, {days: 30, when: {country: AU}}]",
        "send_back: [{days: 9, when: {fault: shopper}}, {days: 10, when: {reason: defective}}]",
        "send_back: [{days: 9}, {days: 8, when: {fault: shopper}}]",
        "judgement: [{verdict: decline, when: {value: {currency: EUR, below: 9}}}, "
        "{verdict: review, when: {value: {currency: EUR, least: 9}}}]",
        "judgement: [{verdict: decline, when: {group: a}}, {verdict: decline, when: {tag: b}}]",
        # steps: where both hold the stricter speaks, as anybody would expect
        "judgement: [{verdict: review, when: {returns_from: 5}}, {verdict: decline, when: {returns_from: 15}}]",
        "judgement: [{verdict: decline, when: {group: blocked}}, {verdict: review, when: {returns_from: 5}}]",
        # where both hold, a third rule has more conditions
        "window: [{days: 9, when: {category: a}}, {days: 30, when: {group: vip}}, "
        "{days: 20, when: {category: a, group: vip}}]",
        "restocking: [{percent: 5, when: {grade: grade_b}}, {percent: 9, when: {grade: [grade_c, grade_d]}}]",
        "restocking: [{percent: 5, when: {grade: grade_b}}]\n"
        "lost_value: [{percent: 9, when: {grade: [grade_c, grade_d]}}]",
        "restocking: [{percent: 5}, {percent: 9, when: {grade: grade_c}}]",
        "return_shipping: [{payer: shopper}, {payer: shop, when: {fault: [merchant, carrier]}}]",
        "return_shipping: [{payer: shopper, when: {fault: shopper}}]",
        "automatic_limit: {EUR: 5, USD: 6}\nrestocking: [{amount: {EUR: 5, USD: 6}}]",
        "automatic_limit: {EUR: 5, USD: 6}\nrestocking: [{amount: {EUR: 5}, when: {country: DE}}]",
        "window: [{days: 14, when: {country: DE}}]",
        "window: [{days: 7, when: {country: DE, buyer: business}}]",
        "window: [{days: 7, when: {country: US}}]",
        "window: [{days: 1, until: '2027-01-31', when: {season: {first: 11-01, last: 12-31}}}]",
    ],
)
def test_nothing_is_told_of_rules_that_get_along(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("restocking: [{percent: 5, when: {grade: grade_b}}]", "restocking.0", "nothing of grade_c and grade_d"),
        (
            "return_shipping: [{payer: shopper, when: {fault: shopper}}, {payer: shop, when: {fault: merchant}}]",
            "return_shipping.0",
            "none for the carrier's",
        ),
        ("send_back: [{days: 5, when: {reason: size_too_small}}]", "send_back.0", "every reason but size_too_large"),
        ("automatic_limit: {EUR: 5}\nrestocking: [{amount: {EUR: 5, USD: 6}}]", "automatic_limit", "nothing in USD"),
        (
            "automatic_limit: {USD: 5}\njudgement: [{verdict: review, when: {value: {currency: EUR, least: 5}}}]",
            "judgement",
            "nothing in USD",
        ),
        (
            "send_back: [{days: 9, when: {country: DE}}, {days: 8, when: {country: FR}}]\n"
            "duties: [{duties: keep, when: {country: CH}}]",
            "send_back.0",
            "not of CH",
        ),
        (
            "window: [{until: '2027-01-31', when: {season: {first: 11-01, last: 12-31}}}]",
            "window.0",
            "after 2027-01-31",
        ),
        ("window: [{days: 7, when: {country: [DE, US]}}]", "window.0", "less than the 14 that the law gives in DE"),
        ("window_days: 10\nduties: [{duties: keep, when: {country: GB}}]", "window_days", "the law gives in GB"),
    ],
)
def test_gaps(text: str, place: str, says: str) -> None:
    gaps = [one for one in found(text) if one.kind == "gap" and ".".join(map(str, one.place)) == place]
    assert [one.weight for one in gaps] == ["advice"]
    assert says in "".join(map(str, gaps[0].words))


def test_the_documents_that_come_with_the_program_have_no_errors() -> None:
    default, _ = load_policy((ROOT / "policies" / "default.yaml").read_text())
    assert review(default, LAW) == ()
    whole, _ = load_policy((ROOT / "tests" / "policy" / "whole.yaml").read_text())
    odd = [(one.kind, one.place) for one in review(whole, LAW) if one.kind != "gap"]
    # one of each rule happens to meet another, and one asks for what the shop tells
    assert odd == [
        ("contradiction", ("window", 1)),
        ("unreachable", ("send_back", 0)),
    ]
    for statute in LAW:
        assert not [one for one in review(statute) if one.weight == "error"], statute.id


def test_a_statute_that_is_about_what_it_is_not_for() -> None:
    law = STATUTES["de-withdrawal"].statute
    (window, *others) = law.window
    for when in ({"country": "FR"}, {"buyer": "business"}, {"channel": "in_store"}):
        odd = window.model_validate({**window.model_dump(), "days": 21, "when": when})
        places = [one.place for one in review(law.model_copy(update={"window": (window, *others, odd)}))]
        assert ("window", 2) in places, when


SOME = {
    "category": st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True),
    "tag": st.lists(st.sampled_from("xy"), min_size=1, max_size=2, unique=True),
    "reason": st.sampled_from(["defective", "not_as_sold", "late", "changed_mind"]),
    "fault": st.lists(st.sampled_from(list(Fault)), min_size=1, max_size=2, unique=True),
    "returns_from": st.integers(1, 3),
}
RULES = st.lists(
    st.builds(
        lambda days, when: {"days": days, "when": when}, st.integers(1, 3), st.fixed_dictionaries({}, optional=SOME)
    ),
    min_size=2,
    max_size=5,
)


def everything() -> Iterator[CaseFacts]:
    """Every line that such rules can tell apart."""
    tags = [(), ("x",), ("y",), ("x", "y")]
    for category, tag, reason, returns in product(["a", "b", "c"], tags, map(ReturnReason, REASONS), range(4)):
        words = {"category": [category], "tag": tag, "reason": [reason, group_of(reason)], "fault": [fault_of(reason)]}
        known = {name: frozenset(map(str, one)) for name, one in words.items()}
        yield CaseFacts(words=known, value=1, currency="EUR", placed=date(2026, 1, 1), returns=returns)


REASONS = ("defective", "wrong_item", "late", "style", "size_too_small", "other")
EVERYTHING = list(everything())
SOLD = order()
READER = Reader(
    SOLD, SOLD.lines[0], RequestedLine(line_id="1", quantity=1), None, published().policy, Calendar(), PLACED
)


@settings(max_examples=60)
@given(rules=RULES)
def test_what_is_said_never_to_speak_changes_nothing_if_it_is_left_out(rules: list[dict[str, Any]]) -> None:
    dead = {
        one.place[1] for one in found(send_back=rules) if one.kind != "gap" and "holds together" not in str(one.words)
    }
    clause = Policy.model_validate({"id": "a", "title": "a", "window_days": 1, "send_back": rules}).send_back
    rest = tuple(rule for number, rule in enumerate(clause) if number not in dead)
    for facts in EVERYTHING if dead else ():
        first, second = speaking(clause, facts), speaking(rest, facts)
        assert (first and first.days) == (second and second.days)


def speaking(rules: Sequence[SendBackRule], facts: CaseFacts) -> SendBackRule | None:
    """The rule that decisions would go by."""
    READER.__dict__["facts"] = facts
    return READER.speaking("shop", "send_back", rules, SendBackRule.favour)


def test_thousands_of_rules_are_looked_through_in_no_time() -> None:
    for name in ("category", "tag"):
        begun = time.perf_counter()
        rules = [{"days": number % 9, "when": {name: f"c{number}"}} for number in range(3000)]
        assert len(found(window=rules)) == (0 if name == "category" else 1)
        assert time.perf_counter() - begun < 5
