"""When the shopper may keep the goods and is paid all the same."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Refused
from domain.history import history_of
from domain.keeping import kept_by_person
from domain.override import Change
from domain.policy import Decision, Verdict
from domain.policy.judgement import Keeps
from domain.quoted import quote_plan
from tests.policy.cases import judged, line, order, published

RULE = {"currency": "EUR", "costs": 600, "salvage": 20, "at_most": 2000}
"""A mug of 10.00 that is worth 2.00 when it is back: up to two of them are kept."""


def decided(quantities: dict[str, int], rule: dict[str, Any] | None = None, **more: Any) -> Decision:
    sold = order(*map(line, quantities))
    return judged(published(returnless=[{**RULE, **(rule or {})}], **more), sold, quantities=quantities).decision


@pytest.mark.parametrize(
    ("quantities", "rule", "keeps"),
    [
        ({"1": 1}, {}, Keeps.BY_POLICY),
        ({"1": 2}, {}, Keeps.BY_POLICY),  # 20.00: what one line, and all of them, may be worth
        ({"1": 3}, {}, None),
        ({"1": 1, "2": 1}, {}, Keeps.BY_POLICY),
        ({"1": 1, "2": 2}, {}, None),  # each may be kept, both together may not
        ({"1": 1, "2": 2}, {"at_most_per_return": 3000}, Keeps.BY_POLICY),
        ({"1": 1, "2": 2}, {"at_most_per_return": 2999}, None),
        ({"1": 1}, {"at_most_per_return": 0}, None),
        ({"1": 1}, {"when": {"country": "FR"}}, None),
        ({"1": 1}, {"when": {"reason": "defective"}}, None),
        ({"1": 1}, {"when": {"value": {"currency": "EUR", "below": 1001}}}, Keeps.BY_POLICY),
    ],
)
def test_up_to_a_limit_for_the_whole_return(quantities: dict[str, int], rule: dict[str, Any], keeps: Keeps) -> None:
    assert decided(quantities, rule).keeps is keeps


def test_what_has_to_come_takes_the_rest_along() -> None:
    rule = {"when": {"category": "cups"}}
    cup, plate = line("1", category="cups"), line("2")
    policy = published(returnless=[{**RULE, **rule}])
    assert judged(policy, order(cup)).decision.keeps is Keeps.BY_POLICY
    assert judged(policy, order(cup, plate)).decision.keeps is None


def test_what_a_person_looks_at_is_not_kept_by_itself() -> None:
    decision = decided({"1": 1}, judgement=[{"verdict": "review"}])
    assert (decision.verdict, decision.keeps) == (Verdict.REVIEW, None)


def test_nothing_is_kept_for_a_label_that_nobody_needs() -> None:
    sold = order(line())
    ships = [{"payer": "shopper", "fee": {"EUR": 450}}]
    quotes = []
    for rule in ([], [RULE]):
        decision = judged(published(return_shipping=ships, returnless=rule), sold, quantities={"1": 1}).decision
        quote = quote_plan(sold, history_of(sold), decision)
        assert quote is not None
        quotes.append(quote.total)
    assert quotes == [550, 1000]


def test_a_person_leaves_all_of_it_or_none() -> None:
    decision = decided({"1": 1, "2": 2})
    with pytest.raises(Refused) as no:
        kept_by_person(decision, Change(lines=("1",), keep="yes"))
    assert no.value.code == "keep_all"
    assert kept_by_person(decision, Change(lines=("1", "2"), keep="yes")).keeps is Keeps.BY_PERSON
    with pytest.raises(Refused) as no:
        kept_by_person(decided({"1": 1}), Change(lines=("1",), keep="yes"))
    assert no.value.code == "nothing_changes"
    review = decided({"1": 1}, judgement=[{"verdict": "review"}])
    with pytest.raises(Refused) as no:
        kept_by_person(review, Change(lines=("1",), keep="yes"))
    assert no.value.code == "not_approved"
