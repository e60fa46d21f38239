"""A person decides otherwise: whatever is asked, whatever the merchant wrote, no term falls below an open statute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import Refused
from domain.history import history_of
from domain.inspection import Grade
from domain.order import Order
from domain.override import Change, OverrideReason, Waived
from domain.override_worth import beyond
from domain.overriding import Promise, overridden
from domain.policy import Decision, LineTerms, PublishedPolicy, Verdict
from domain.policy.money import Cut, Payer
from domain.request import Basis, ReturnReason
from domain.terms import ShippingRule
from tests.policy.cases import DELIVERED, STATUTES, judged, line, order, published
from tests.policy.test_properties import ALL, asks, documents, law_alone, moments, not_below, orders

few = st.sampled_from
said = st.fixed_dictionaries(
    {},
    optional={
        "verdict": few([Verdict.APPROVE, Verdict.DECLINE]),
        "waive": st.lists(few(list(Waived)), unique=True, min_size=1),
        "later": st.integers(-3, 60),
        "refund_percent": st.integers(1, 100),
        "label_fee": st.integers(0, 2000),
    },
)


def promise(sold: Order, today: date) -> Promise:
    unit = {one.id: sold.paid_for(one) // one.quantity for one in sold.lines}
    later = today + timedelta(days=14)
    return Promise(zones=("UTC",), today=today, send_back_day=later, delivery=ShippingRule.NEVER, unit=unit)


def changed(
    decision: Decision,
    sold: Order,
    today: date,
    reason: OverrideReason = OverrideReason.SPECIAL_CASE,
    **asked: Any,
) -> Decision:
    change = Change.model_validate({"lines": ("1",), **asked})
    return overridden(decision, change, reason, promise(sold, today))


@given(document=documents, sold=orders, now=moments, ask=asks, wanted=said)
def test_no_override_is_worse_than_an_open_statute(
    document: dict[str, Any], sold: Order, now: Any, ask: Any, wanted: dict[str, Any]
) -> None:
    policy = published(document)
    before = judged(policy, sold, now, statutes=ALL, **ask).decision
    wanted = dict(wanted)
    if "later" in wanted:
        wanted["send_back_until"] = now.date() + timedelta(days=wanted.pop("later"))
    try:
        after = changed(before, sold, now.date(), **wanted)
    except (Refused, ValidationError):
        return
    line = after.lines[0]
    for name in STATUTES:
        law = law_alone(policy, sold, now, ask, name)
        declined = line.verdict is Verdict.DECLINE and STATUTES[name].ref in line.by_person
        if law.terms is not None and not declined:
            not_below(line, law)
    assert after.lines[1:] == before.lines[1:]
    assert Decision.model_validate(after.model_dump(mode="json", exclude_none=True)) == after


LATE = DELIVERED + timedelta(days=40)


def test_goodwill_is_full_terms_unless_said_otherwise() -> None:
    sold = order()
    declined = judged(published(), sold, LATE).decision
    (line,) = changed(declined, sold, LATE.date(), verdict="approve").lines
    assert line.terms is not None
    assert (line.basis, line.open) == (Basis.GOODWILL, (Basis.GOODWILL,))
    assert (line.terms.restocking, line.terms.lost_value, line.terms.return_shipping) == ({}, {}, Payer.SHOP)
    assert line.terms.send_back_day == LATE.date() + timedelta(days=14)
    assert [one.code for one in line.reasons][-1] == "override_approve"
    assert "return_period_ended" in [one.code for one in line.reasons]  # what the policy said stays
    (line,) = changed(declined, sold, LATE.date(), verdict="approve", refund_percent=70, label_fee=400).lines
    assert line.terms is not None
    assert {cut.percent for cut in line.terms.lost_value.values()} == {"30"}
    assert (line.terms.return_shipping, line.terms.label_fee) == (Payer.SHOPPER, 400)


def test_a_share_may_rise_and_never_fall() -> None:
    sold = order()
    declined = judged(published(), sold, LATE).decision
    half = changed(declined, sold, LATE.date(), verdict="approve", refund_percent=50)
    assert changed(half, sold, LATE.date(), refund_percent=80).lines[0].verdict is Verdict.APPROVE
    with pytest.raises(Refused, match="no more can be kept of it; that is what this return was promised"):
        changed(half, sold, LATE.date(), refund_percent=49)


@pytest.mark.parametrize(
    "asked",
    [{}, {"verdict": "review"}, {"verdict": "decline", "waive": ["label"]}, {"lines": ("1", "1"), "label_fee": 1}],
)
def test_what_says_nothing_or_contradicts_itself_is_no_change(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Change.model_validate({"lines": ("1",), **asked})


@pytest.mark.parametrize(
    ("country", "days", "policy"),
    [
        ("AU", 200, published(window_days=0)),
        ("GB", 3000, published()),  # repair or replacement, and no refund
        ("AU", 5, published(judgement=[{"verdict": "review"}])),  # the shop's own window is open, too
    ],
)
def test_what_the_law_leaves_to_a_person_may_be_declined_by_one(
    country: str, days: int, policy: PublishedPolicy
) -> None:
    sold = order(country=country)
    later = DELIVERED + timedelta(days=days)
    found = judged(policy, sold, later, statutes=ALL, reason=ReturnReason.DEFECTIVE).decision
    asked = found.lines[0]
    assert (asked.verdict, bool(asked.statutes)) == (Verdict.REVIEW, True)
    declined = changed(found, sold, later.date(), verdict="decline")
    assert declined.verdict is Verdict.DECLINE
    with pytest.raises(Refused) as no:
        changed(declined, sold, later.date(), verdict="approve")
    assert no.value.code == "declined_by_person"


def test_a_decision_that_was_recorded_without_these_fields_still_loads() -> None:
    found = judged(published(), order(country="AU"), statutes=ALL, reason=ReturnReason.DEFECTIVE).decision
    old = found.model_dump(mode="json", exclude={"lines": {"__all__": {"by_person", "overridden"}}})
    (line,) = Decision.model_validate(old).lines
    assert (line.by_person, line.overridden) == ((), None)


def test_a_remedy_by_law_is_not_declined_and_the_answer_names_the_law() -> None:
    sold = order(country="FR")
    later = DELIVERED + timedelta(days=200)
    how: dict[str, Any] = {"statutes": (STATUTES["eu-non-conformity"],), "reason": ReturnReason.DEFECTIVE}
    found = judged(published(), sold, later, **how).decision
    assert found.lines[0].verdict is Verdict.REVIEW  # repair or replacement, and no refund by itself
    with pytest.raises(Refused, match="2019/771") as no:
        changed(found, sold, later.date(), verdict="decline")
    assert no.value.code == "below_statute"
    (line,) = changed(found, sold, later.date(), verdict="approve").lines
    assert line.terms is not None
    assert (line.basis, line.terms.resolutions[0]) == (Basis.NON_CONFORMITY, "refund")


def test_half_of_an_odd_amount_is_rounded_for_the_shopper() -> None:
    # two of three mugs of 35.29 are 23.53, of which half is 11.765
    cut = {"percent": "50", "reason": ""}
    assert Cut.model_validate({**cut, "halves": "down"}).of(2353) == 1176
    assert Cut.model_validate(cut).of(2353) == 1177
    declined = judged(published(), order(), LATE).decision
    (line,) = changed(declined, order(), LATE.date(), verdict="approve", refund_percent=50).lines
    assert line.terms is not None
    assert {one.of(2353) for one in line.terms.lost_value.values()} == {1176}


def test_the_shopper_never_reads_why_staff_decided() -> None:
    in_review = judged(published(judgement=[{"verdict": "review"}]), order()).decision
    for verdict in ("approve", "decline"):
        (line,) = changed(in_review, order(), LATE.date(), verdict=verdict, reason=OverrideReason.SUSPECTED_ABUSE).lines
        assert "abuse" not in line.reasons[-1].text


def test_a_later_day_to_send_ends_where_it_ends_last() -> None:
    sold = order(country="DE")
    before = judged(published(), sold, DELIVERED + timedelta(days=1), statutes=ALL).decision
    own = promise(sold, before.decided_at.date())._replace(zones=("Pacific/Kiritimati", "Europe/Berlin"))
    change = Change.model_validate({"lines": ("1",), "send_back_until": "2026-12-31"})
    after = overridden(before, change, OverrideReason.SPECIAL_CASE, own)
    assert after.send_back_until == datetime(2026, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)


def graded(*grades: tuple[str, str]) -> dict[str, Any]:
    """Half is kept of goods of a category that turn out to have a grade."""
    return {"restocking": [{"percent": 50, "when": {"category": kind, "grade": grade}} for kind, grade in grades]}


def test_what_an_override_costs_is_counted_at_the_worst_grade_of_each_line() -> None:
    sold = order(line("1", category="a"), line("2", category="b"))
    policy = published(graded(("a", "grade_b"), ("b", "grade_d")))
    before = judged(policy, sold, quantities={"1": 3, "2": 3}).decision
    after = changed(before, sold, DELIVERED.date(), lines=("1", "2"), waive=["restocking"])
    # half of 30.00 may be waived of each, for goods of two grades
    assert beyond(sold, history_of(sold), after, before) == 3000
    alone = changed(before, sold, DELIVERED.date(), lines=("1",), waive=["restocking"])
    assert beyond(sold, history_of(sold), alone, before) == 1500


FEES: dict[str, Any] = {
    "restocking": [{"percent": 20, "tax_percent": 19}],
    "lost_value": [{"percent": 10, "tax_percent": 7, "when": {"grade": "grade_c"}}],
}


def noted(**asked: Any) -> tuple[LineTerms, dict[str, str]]:
    """The terms of a line with two fees once they are changed, and what a person is said to have given."""
    sold = order()
    found = judged(published(FEES), sold).decision
    terms = changed(found, sold, DELIVERED.date(), **asked).lines[0].terms
    assert terms is not None
    return terms, {one.term: one.text for one in terms.given if one.basis is Basis.GOODWILL}


def test_what_is_waived_alone_is_told_alone() -> None:
    terms, told = noted(waive=["lost_value"])
    assert told == {"lost_value": "no deduction for lost value"}
    assert set(terms.restocking) == set(Grade)
    _, told = noted(waive=["lost_value", "restocking"])
    assert told["lost_value"] == "100 % of the goods' worth is paid back"


def test_a_share_keeps_the_tax_of_the_fee_that_it_stands_for() -> None:
    terms, told = noted(refund_percent=90)
    assert {grade: cut.tax_percent for grade, cut in terms.lost_value.items()} == {
        Grade.A: "19",
        Grade.B: "19",
        Grade.C: "7",
        Grade.D: "19",
    }
    assert told["lost_value"] == "90 % of the goods' worth is paid back"


def test_a_refund_that_a_person_adds_is_noted() -> None:
    sold = order()
    found = judged(published(resolutions=[{"allowed": ["exchange"]}]), sold).decision
    (line,) = changed(found, sold, DELIVERED.date(), verdict="approve").lines
    assert line.terms is not None
    [note] = [one for one in line.terms.given if one.term == "resolutions"]
    assert (note.basis, note.text) == (Basis.GOODWILL, "to choose from: refund, exchange")
