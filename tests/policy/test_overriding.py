"""A person decides otherwise: whatever is asked, whatever the merchant wrote, no term falls below an open statute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.errors import Refused
from domain.order import Order
from domain.override import Change, OverrideReason, Waived
from domain.overriding import Promise, overridden
from domain.policy import Decision, Verdict
from domain.policy.money import Payer
from domain.request import Basis, ReturnReason
from domain.terms import ShippingRule
from tests.policy.cases import DELIVERED, STATUTES, judged, order, published
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


def changed(decision: Decision, sold: Order, today: date, **asked: Any) -> Decision:
    change = Change.model_validate({"lines": ("1",), **asked})
    return overridden(decision, change, OverrideReason.SPECIAL_CASE, promise(sold, today))


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
    by_person = any(one.code == "judged_by_person" for one in line.reasons)
    for name in STATUTES:
        law = law_alone(policy, sold, now, ask, name)
        if law.terms is not None and not (by_person and line.verdict is Verdict.DECLINE):
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


def test_what_the_law_leaves_to_a_person_may_be_declined_by_one() -> None:
    sold = order(country="AU")
    policy = published(window_days=0)
    later = DELIVERED + timedelta(days=200)
    found = judged(policy, sold, later, statutes=ALL, reason=ReturnReason.DEFECTIVE).decision
    asked = found.lines[0]
    assert (asked.verdict, bool(asked.statutes)) == (Verdict.REVIEW, True)
    assert changed(found, sold, later.date(), verdict="decline").verdict is Verdict.DECLINE


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


def test_a_later_day_to_send_ends_where_it_ends_last() -> None:
    sold = order(country="DE")
    before = judged(published(), sold, DELIVERED + timedelta(days=1), statutes=ALL).decision
    own = promise(sold, before.decided_at.date())._replace(zones=("Pacific/Kiritimati", "Europe/Berlin"))
    change = Change.model_validate({"lines": ("1",), "send_back_until": "2026-12-31"})
    after = overridden(before, change, OverrideReason.SPECIAL_CASE, own)
    assert after.send_back_until == datetime(2026, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)
