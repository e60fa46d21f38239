"""Several grounds at once: which are open, which one counts, and the best of them term by term."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.inspection import Grade
from domain.order import Exclusion
from domain.policy import LineDecision, Verdict, terms_of
from domain.policy.money import Cap, Payer
from domain.request import Basis, ReturnReason
from domain.resolution import Resolution
from domain.terms import ShippingRule
from tests.policy import cases
from tests.policy.cases import DELIVERED, STATUTES, line, one, order, published

LAW = (STATUTES["de-withdrawal"], STATUTES["de-non-conformity"])
DAY_20 = DELIVERED + timedelta(days=20)
DAY_5 = DELIVERED + timedelta(days=5)
MERCHANT: dict[str, Any] = {
    "window_days": 30,
    "refund_shipping": "never",
    "restocking": [{"percent": 20, "reason": "Handling"}],
    "return_shipping": [{"payer": "shopper", "fee": {"EUR": 500}}],
    "resolutions": [{"allowed": ["store_credit", "exchange"]}],
    "send_back_days": 7,
}


def judged(now: datetime, policy: dict[str, Any] | None = None, **how: Any) -> LineDecision:
    return one(published(policy or MERCHANT), order(country="DE"), now, statutes=LAW, **how)


def test_inside_both_windows_the_shopper_gets_the_better_of_each() -> None:
    decided = judged(DAY_5)
    terms = decided.terms
    assert terms is not None
    assert decided.open == (Basis.WITHDRAWAL, Basis.POLICY)
    assert decided.returnable_day == date(2026, 12, 6)  # the merchant's thirty days are longer
    assert terms.restocking == {}  # the law allows no such fee
    assert (terms.delivery, terms.cap) == (ShippingRule.BY_VALUE, Cap.CHEAPEST_STANDARD)
    assert (terms.return_shipping, terms.label_fee) == (Payer.SHOPPER, 500)  # both say so
    assert terms.resolutions == (Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.EXCHANGE)
    assert terms.send_back_day == date(2026, 11, 25)
    assert {one.term: one.basis for one in terms.given} == {
        "restocking": Basis.WITHDRAWAL,
        "lost_value": Basis.WITHDRAWAL,
        "return_shipping": Basis.WITHDRAWAL,
        "delivery": Basis.WITHDRAWAL,
        "duties": Basis.WITHDRAWAL,
        "resolutions": Basis.WITHDRAWAL,
        "send_back": Basis.WITHDRAWAL,
        "refund_due": Basis.WITHDRAWAL,
    }


def test_after_the_withdrawal_period_its_terms_do_not_leak_in() -> None:
    decided = judged(DAY_20)
    terms = decided.terms
    assert terms is not None
    assert decided.open == (Basis.POLICY,)
    assert (decided.basis, decided.statutes) == (Basis.POLICY, ())
    assert {cut.percent for cut in terms.restocking.values()} == {"20"}
    assert (terms.delivery, terms.cap) == (ShippingRule.NEVER, Cap.NONE)
    assert terms.resolutions == (Resolution.STORE_CREDIT, Resolution.EXCHANGE)
    assert (terms.refund_due, terms.send_back_day) == ((), date(2026, 12, 3))
    assert {one.basis for one in terms.given} == {Basis.POLICY}
    assert [reason.code for reason in decided.reasons if reason.basis is Basis.WITHDRAWAL] == ["withdrawal_ended"]


def test_after_the_merchants_window_its_terms_do_not_leak_in() -> None:
    decided = judged(DAY_5, {**MERCHANT, "window_days": 2, "delivery": [{"refund": "by_value"}]})
    terms = decided.terms
    assert terms is not None
    assert decided.open == (Basis.WITHDRAWAL,)
    assert (terms.cap, terms.resolutions) == (Cap.CHEAPEST_STANDARD, (Resolution.REFUND,))
    # the merchant's price list for goods that were used still says how much is deducted
    assert terms.label_fee == 500


def test_a_cap_on_delivery_holds_only_if_every_ground_that_pays_it_has_one() -> None:
    generous = judged(DAY_5, {"window_days": 30, "refund_shipping": "when_all_returned"}).terms
    assert generous is not None
    assert (generous.delivery, generous.cap) == (ShippingRule.BY_VALUE, Cap.NONE)


def test_a_deduction_needs_every_open_ground() -> None:
    used = {"window_days": 30, "lost_value": [{"percent": 50, "when": {"grade": ["grade_b", "grade_d"]}}]}
    withdrawn = judged(DAY_5, used).terms
    assert withdrawn is not None
    assert {grade: cut.percent for grade, cut in withdrawn.lost_value.items()} == {Grade.B: "50", Grade.D: "50"}
    broken = judged(DAY_5, used, reason=ReturnReason.DEFECTIVE)
    assert broken.open == (Basis.WITHDRAWAL, Basis.NON_CONFORMITY, Basis.POLICY)
    assert broken.terms is not None
    assert broken.terms.lost_value == {}
    assert broken.terms.return_shipping is Payer.SHOP
    assert (broken.verdict, broken.basis) == (Verdict.APPROVE, Basis.WITHDRAWAL)


@pytest.mark.parametrize(
    ("invoked", "counts_as"),
    [
        (None, Basis.WITHDRAWAL),
        (Basis.POLICY, Basis.POLICY),
        (Basis.WITHDRAWAL, Basis.WITHDRAWAL),
        (Basis.NON_CONFORMITY, Basis.NON_CONFORMITY),
        (Basis.GOODWILL, Basis.WITHDRAWAL),
        (Basis.WARRANTY, Basis.WITHDRAWAL),
    ],
)
def test_it_counts_as_withdrawal_unless_the_shopper_says_otherwise(invoked: Basis | None, counts_as: Basis) -> None:
    decided = judged(DAY_5, basis=invoked, reason=ReturnReason.DEFECTIVE)
    assert decided.basis is counts_as
    asked = [reason.code for reason in decided.reasons if reason.code.endswith("_not_open")]
    assert asked == ([] if invoked in (None, counts_as) else [f"{invoked}_not_open"])


def test_a_withdrawal_that_is_too_late_is_judged_by_what_is_open() -> None:
    decided = judged(DAY_20, basis=Basis.WITHDRAWAL)
    assert (decided.basis, decided.verdict) == (Basis.POLICY, Verdict.REVIEW)  # the merchant offers no refund
    assert "withdrawal_not_open" in [reason.code for reason in decided.reasons]


def test_a_defect_has_to_be_said_or_invoked() -> None:
    late = DELIVERED + timedelta(days=200)
    assert judged(late, reason=ReturnReason.UNKNOWN).verdict is Verdict.DECLINE
    assert judged(late, reason=ReturnReason.UNKNOWN, basis=Basis.NON_CONFORMITY).verdict is Verdict.REVIEW
    assert judged(late, reason=ReturnReason.UNWANTED, basis=Basis.NON_CONFORMITY).verdict is Verdict.DECLINE


def test_a_watched_shopper_may_still_withdraw_and_a_claim_is_looked_at() -> None:
    strict = {**MERCHANT, "judgement": [{"verdict": "decline"}]}
    assert judged(DAY_5, strict).verdict is Verdict.APPROVE
    assert judged(DAY_20, strict).verdict is Verdict.DECLINE
    assert judged(DAY_20, strict, reason=ReturnReason.DEFECTIVE).verdict is Verdict.REVIEW


def test_whom_a_law_gives_the_money_back_needs_nobodys_consent() -> None:
    watchful = published({**MERCHANT, "judgement": [{"verdict": "review"}]})
    laws = (STATUTES["cn-seven-days"], STATUTES["cn-defective"])
    sold = order(line("1", DELIVERED, exclusions=[Exclusion.FINAL_SALE]), country="CN")  # so no seven days

    def verdict(reason: ReturnReason) -> Verdict:
        return one(watchful, sold, DAY_5, statutes=laws, reason=reason).verdict

    assert verdict(ReturnReason.DAMAGED_IN_TRANSIT) is Verdict.APPROVE
    assert verdict(ReturnReason.UNWANTED) is Verdict.REVIEW


def test_every_date_by_which_the_refund_is_due_holds() -> None:
    policy = {"window_days": 30, "refund_due": [{"days": 3, "after": "receipt"}]}
    terms = judged(DAY_5, policy).terms
    assert terms is not None
    assert [(due.days, due.after.value, due.cite) for due in terms.refund_due] == [
        (14, "notice", "BGB 355(3), 357(1), 357(4)"),
        (3, "receipt", ""),
    ]


def test_units_that_are_gone_are_declined_on_every_ground() -> None:
    decided = judged(DAY_5, returnable={"1": 0})
    assert (decided.verdict, decided.reasons[1].code) == (Verdict.DECLINE, "already_returned")


def test_one_late_parcel_keeps_the_whole_order_open() -> None:
    sold = order(line("1"), line("2", datetime(2026, 11, 24, tzinfo=UTC)), country="DE")
    # withdrawal begins with the last parcel, for both
    decided = cases.judged(published(MERCHANT), sold, DAY_20, statutes=LAW).decision
    assert [one.basis for one in decided.lines] == [Basis.WITHDRAWAL] * 2
    assert [one.returnable_day for one in decided.lines] == [date(2026, 12, 8), date(2026, 12, 24)]


def test_goods_of_which_no_delivery_is_paid_back_do_not_count_for_it() -> None:
    ours = published({**MERCHANT, "refund_shipping": "never"})
    sold = order(line("1", exclusions=[Exclusion.CUSTOM_MADE]), line("2"), country="DE")
    decision = cases.judged(ours, sold, DAY_5, statutes=(STATUTES["de-withdrawal"],)).decision
    terms = terms_of(decision, {one.line_id: {Grade.A: 1} for one in decision.lines})
    assert terms is not None
    assert (terms.refund_shipping, terms.delivery_kept) == (ShippingRule.BY_VALUE, ("1",))


def test_the_law_that_excludes_goods_is_cited_to_people() -> None:
    sold = order(line("1", exclusions=[Exclusion.CUSTOM_MADE]), country="DE")
    texts = [
        one.text
        for one in cases.judged(published(MERCHANT), sold, DAY_5, statutes=(STATUTES["de-withdrawal"],))
        .decision.lines[0]
        .reasons
    ]
    assert any(one.endswith("(BGB 312g(2) Nr 1).") for one in texts)


def test_reasons_are_sentences_and_a_day_that_was_set_is_told_as_one() -> None:
    season = {
        "window_days": 14,
        "window": [{"days": 14, "until": "2026-12-31"}],
        "judgement": [{"verdict": "review", "reason": "High value"}],
    }
    decided = one(published(season), order(), DAY_5)
    assert [reason.text for reason in decided.reasons if reason.code in ("within_window", "judged_review")] == [
        "It can be returned until 31 December 2026, the day that was set.",
        "High value.",
    ]
