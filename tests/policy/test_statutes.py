"""The law, document by document: what it gives, to whom, for how long, and where that is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.customer import IN_STORE
from domain.inspection import Grade
from domain.order import Exclusion, Order
from domain.policy import LineDecision, PublishedPolicy, Statute, Verdict, terms_of
from domain.policy.document import Clauses
from domain.policy.money import Cap, Payer
from domain.policy.outcome import DueFrom
from domain.request import Basis, ReturnReason
from domain.resolution import Resolution
from domain.terms import ShippingRule
from tests.policy.cases import DELIVERED, PLACED, STATUTES, as_new, judged, line, one, order, published

ALL = tuple(STATUTES.values())
STRICT: dict[str, Any] = {
    "window_days": 0,
    "refund_shipping": "never",
    "restocking": [{"percent": 30}],
    "lost_value": [{"percent": 40, "when": {"grade": ["grade_c", "grade_d"]}}],
    "return_shipping": [{"payer": "shopper", "fee": {"EUR": 700}}],
    "duties": [{"duties": "keep"}],
    "resolutions": [{"allowed": "store_credit"}],
    "send_back_days": 3,
}
WEEK_AFTER = DELIVERED + timedelta(days=6)


def strict(**fields: Any) -> PublishedPolicy:
    """A merchant who gives as little as can be written."""
    return published(STRICT, **fields)


def lawful(sold: Order, now: datetime = WEEK_AFTER, **how: Any) -> LineDecision:
    return one(how.pop("policy", strict()), sold, now, statutes=ALL, **how)


def cited(decided: LineDecision, term: str) -> str:
    assert decided.terms is not None
    return next(given.cite for given in decided.terms.given if given.term == term)


@pytest.mark.parametrize("statute", [one.statute for one in ALL], ids=lambda one: one.id)
def test_every_rule_names_its_law_and_every_document_its_source(statute: Statute) -> None:
    assert statute.law
    assert statute.source
    rules = [rule for name in Clauses.model_fields for rule in getattr(statute, name)]
    assert all(rule.cite for rule in rules)
    assert all(one.cite and one.source for one in statute.obligations)


def test_a_statute_whose_rule_has_no_citation_is_refused() -> None:
    whole = STATUTES["cn-defective"].statute.model_dump(mode="json", exclude_none=True)
    whole["restocking"][0]["cite"] = ""
    with pytest.raises(ValidationError, match="names its law"):
        Statute.model_validate(whole)


@pytest.mark.parametrize(
    ("country", "statute", "window", "fee", "costs", "send"),
    [
        (
            "FR",
            "eu-withdrawal",
            "Directive 2011/83/EU Art 9(1), 9(2)(b); Regulation 1182/71 Art 3(4)",
            "Directive 2011/83/EU Art 14(5)",
            "Directive 2011/83/EU Art 14(1)",
            date(2026, 11, 26),
        ),
        (
            "DE",
            "de-withdrawal",
            "BGB 355(2), 356(2) Nr 1 b, 193",
            "Directive 2011/83/EU Art 14(5), BGB 357, 357a",
            "BGB 357(5)",
            date(2026, 11, 26),
        ),
        (
            "GB",
            "uk-cancellation",
            "SI 2013/3134 reg 29(1), 30(4)",
            "SI 2013/3134 reg 29(1)",
            "SI 2013/3134 reg 35(5)",
            date(2026, 11, 26),
        ),
    ],
)
def test_withdrawal(country: str, statute: str, window: str, fee: str, costs: str, send: date) -> None:
    sold = order(country=country)
    decided = lawful(sold)
    assert (decided.verdict, decided.basis) == (Verdict.APPROVE, Basis.WITHDRAWAL)
    assert decided.statutes == (STATUTES[statute].ref,)
    assert decided.returnable_day == date(2026, 11, 20)
    [reason] = [reason for reason in decided.reasons if reason.code == "withdrawal_open"]
    assert reason.cite == window
    terms = decided.terms
    assert terms is not None
    # no fee for taking back; what was used may be deducted, as far as the merchant's own list goes
    assert terms.restocking == {}
    assert {grade: cut.percent for grade, cut in terms.lost_value.items()} == {Grade.C: "40", Grade.D: "40"}
    # the direct cost of sending is the shopper's; delivery goes back up to the cheapest standard
    assert (terms.return_shipping, terms.label_fee) == (Payer.SHOPPER, 700)
    assert (terms.delivery, terms.cap) == (ShippingRule.BY_VALUE, Cap.CHEAPEST_STANDARD)
    assert terms.resolutions == (Resolution.REFUND,)
    assert terms.send_back_day == send
    assert (cited(decided, "restocking"), cited(decided, "return_shipping")) == (fee, costs)


def test_when_the_refund_is_due() -> None:
    due = {
        country: [
            (one.days, one.after, one.withhold)
            for one in lawful(order(country=country)).terms.refund_due  # type: ignore[union-attr]
        ]
        for country in ("FR", "DE", "GB", "CN")
    }
    assert due == {
        "FR": [(14, DueFrom.NOTICE, DueFrom.SENT_OR_RECEIVED)],
        "DE": [(14, DueFrom.NOTICE, DueFrom.SENT_OR_RECEIVED)],
        "GB": [(14, DueFrom.SENT_OR_RECEIVED, None)],
        "CN": [(7, DueFrom.RECEIPT, None)],
    }


@pytest.mark.parametrize(
    ("country", "last"), [("FR", date(2027, 11, 22)), ("DE", date(2027, 11, 22)), ("GB", date(2027, 11, 20))]
)
def test_whoever_was_not_told_may_withdraw_for_another_twelve_months(country: str, last: date) -> None:
    # 6 November 2027 and 14 days are Saturday the 20th
    silent = strict(told=["return_costs", "returns_policy"])
    decided = lawful(order(country=country), DELIVERED + timedelta(days=300), policy=silent)
    assert (decided.verdict, decided.returnable_day) == (Verdict.APPROVE, last)
    if country != "GB":  # in the United Kingdom that bar is not verified
        assert decided.terms is not None
        assert decided.terms.lost_value == {}


@pytest.mark.parametrize("country", ["FR", "DE", "GB"])
def test_whoever_was_not_told_of_the_cost_of_sending_does_not_bear_it(country: str) -> None:
    decision = judged(strict(told=["withdrawal"]), order(country=country), WEEK_AFTER, statutes=ALL).decision
    assert terms_of(decision, as_new(decision)).fees == ()  # type: ignore[union-attr]


EXCLUDED: Sequence[tuple[str, Exclusion, str]] = [
    ("FR", Exclusion.CUSTOM_MADE, "Directive 2011/83/EU Art 16(c)"),
    ("FR", Exclusion.PERISHABLE, "Directive 2011/83/EU Art 16(d)"),
    ("FR", Exclusion.PRESS, "Directive 2011/83/EU Art 16(j)"),
    ("FR", Exclusion.DIGITAL, "Directive 2011/83/EU Art 16(m)"),
    ("FR", Exclusion.DATED, "Directive 2011/83/EU Art 16(l)"),
    ("DE", Exclusion.CUSTOM_MADE, "BGB 312g(2) Nr 1"),
    ("DE", Exclusion.PERISHABLE, "BGB 312g(2) Nr 2"),
    ("DE", Exclusion.PRESS, "BGB 312g(2) Nr 7"),
    ("DE", Exclusion.DIGITAL, "BGB 356(5)"),
    ("DE", Exclusion.DATED, "BGB 312g(2) Nr 9"),
    ("GB", Exclusion.CUSTOM_MADE, "SI 2013/3134 reg 28(1)(b)"),
    ("GB", Exclusion.PERISHABLE, "SI 2013/3134 reg 28(1)(c)"),
    ("GB", Exclusion.DIGITAL, "SI 2013/3134 reg 37(2)"),
    ("GB", Exclusion.DATED, "SI 2013/3134 reg 28(1)(h)"),
    ("CN", Exclusion.CUSTOM_MADE, "Consumer Protection Law Art 25(1)"),
    ("CN", Exclusion.PERISHABLE, "Consumer Protection Law Art 25(2)"),
    ("CN", Exclusion.DIGITAL, "Consumer Protection Law Art 25(3)"),
    ("CN", Exclusion.FINAL_SALE, "Consumer Protection Law Art 25"),
]


@pytest.mark.parametrize(("country", "exclusion", "cite"), EXCLUDED)
def test_goods_that_the_law_leaves_out(country: str, exclusion: Exclusion, cite: str) -> None:
    decided = lawful(order(line(exclusions=(exclusion,)), country=country))
    assert decided.verdict is Verdict.DECLINE
    assert [reason.cite for reason in decided.reasons if reason.code == "withdrawal_excluded"] == [cite]


SEALED = {
    "FR": (Exclusion.HYGIENE_SEALED, Exclusion.MEDIA_SEALED),
    "DE": (Exclusion.HYGIENE_SEALED, Exclusion.MEDIA_SEALED),
    "GB": (Exclusion.HYGIENE_SEALED, Exclusion.MEDIA_SEALED),
    "CN": (Exclusion.MEDIA_SEALED,),
}


@pytest.mark.parametrize(("country", "exclusion", "cite"), EXCLUDED)
def test_goods_that_the_law_leaves_out_are_so_though_they_are_sealed_too(
    country: str, exclusion: Exclusion, cite: str
) -> None:
    for sealed in SEALED[country]:
        for both in ((exclusion, sealed), (sealed, exclusion)):
            decided = lawful(order(line(exclusions=both), country=country))
            assert decided.verdict is Verdict.DECLINE, sealed
            assert [one.cite for one in decided.reasons if one.code == "withdrawal_excluded"] == [cite]


@pytest.mark.parametrize("country", SEALED)
def test_what_is_sealed_in_two_ways_may_come_back(country: str) -> None:
    goods = order(line(exclusions=(Exclusion.HYGIENE_SEALED, Exclusion.MEDIA_SEALED)), country=country)
    assert lawful(goods).verdict is Verdict.APPROVE


@pytest.mark.parametrize("country", ["FR", "DE", "GB"])
def test_no_shop_excludes_what_the_law_does_not(country: str) -> None:
    policy = strict(eligibility=[{"answer": "excluded"}], judgement=[{"verdict": "decline"}])
    for exclusion in (Exclusion.FINAL_SALE, Exclusion.HYGIENE_SEALED):
        assert lawful(order(line(exclusions=(exclusion,)), country=country), policy=policy).verdict is Verdict.APPROVE


@pytest.mark.parametrize(
    "changed",
    [{"buyer": "business"}, {"channel": IN_STORE}, {"country": None}, {"placed_at": datetime(2014, 6, 1, tzinfo=UTC)}],
)
def test_to_whom_withdrawal_does_not_apply(changed: dict[str, Any]) -> None:
    sold = order(**{"country": "DE", **changed})
    decided = lawful(sold)
    assert (decided.verdict, decided.statutes) == (Verdict.DECLINE, ())


def test_the_online_function_is_owed_from_its_day_on() -> None:
    after = judged(strict(), order(country="DE"), WEEK_AFTER, statutes=ALL).decision
    assert [one.partition(",")[0] for one in after.obligations] == [
        "an online function to withdraw",
        "an acknowledgement with content",
    ]
    sold = order(
        line(delivered_at=datetime(2026, 6, 20, tzinfo=UTC)), country="DE", placed_at=datetime(2026, 6, 18, tzinfo=UTC)
    )
    before = judged(strict(), sold, datetime(2026, 6, 21, tzinfo=UTC), statutes=ALL).decision
    assert before.verdict is Verdict.APPROVE
    assert before.obligations == ()


@pytest.mark.parametrize(
    ("country", "cite"), [("FR", "Directive (EU) 2019/771 Art 10(1)"), ("DE", "BGB 438(1) Nr 3, 438(2)")]
)
def test_two_years_for_goods_that_are_not_as_sold(country: str, cite: str) -> None:
    sold = order(country=country)
    later = datetime(2028, 11, 6, 22, 59, 59, tzinfo=UTC)
    broken = lawful(sold, later, reason=ReturnReason.DEFECTIVE)
    # a repair or another one comes first, which a person sees to
    assert (broken.verdict, broken.basis) == (Verdict.REVIEW, Basis.NON_CONFORMITY)
    assert broken.terms is not None
    assert broken.terms.resolutions == (Resolution.REPAIR, Resolution.REPLACEMENT)
    assert (broken.terms.restocking, broken.terms.lost_value, broken.terms.return_shipping) == ({}, {}, Payer.SHOP)
    assert [reason.cite for reason in broken.reasons if reason.code == "non_conformity_open"] == [cite]
    assert lawful(sold, later + timedelta(seconds=1), reason=ReturnReason.DEFECTIVE).verdict is Verdict.DECLINE
    assert lawful(sold, later, reason=ReturnReason.UNWANTED).verdict is Verdict.DECLINE


def test_the_short_term_right_to_reject() -> None:
    sold = order(country="GB")
    last = datetime(2026, 12, 6, 23, 59, 59, tzinfo=UTC)
    decided = lawful(sold, last, reason=ReturnReason.DEFECTIVE)
    assert decided.verdict is Verdict.APPROVE
    assert STATUTES["uk-short-term-reject"].ref in decided.statutes
    assert decided.terms is not None
    assert Resolution.REFUND in decided.terms.resolutions
    assert cited(decided, "refund_due") == "Consumer Rights Act 2015 s20(15)"
    later = lawful(sold, last + timedelta(seconds=1), reason=ReturnReason.DEFECTIVE)
    assert (later.verdict, later.statutes) == (Verdict.REVIEW, (STATUTES["uk-repair-or-replacement"].ref,))


def test_china_seven_days() -> None:
    sold = order(country="CN")
    last = datetime(2026, 11, 13, 15, 59, 59, tzinfo=UTC)  # the end of the 13th in Shanghai
    decided = lawful(sold, last)
    assert (decided.verdict, decided.basis) == (Verdict.APPROVE, Basis.WITHDRAWAL)
    assert decided.terms is not None
    assert (decided.terms.return_shipping, decided.terms.delivery) == (Payer.SHOPPER, ShippingRule.NEVER)
    assert cited(decided, "return_shipping") == "Consumer Protection Law Art 25"
    assert lawful(sold, last + timedelta(seconds=1)).verdict is Verdict.DECLINE
    broken = lawful(sold, last, reason=ReturnReason.DEFECTIVE)
    assert broken.terms is not None
    assert (broken.terms.return_shipping, broken.terms.label_fee, broken.terms.lost_value) == (Payer.SHOP, 0, {})


def test_australia_leaves_what_is_reasonable_to_a_person() -> None:
    sold = order(country="AU")
    broken = lawful(sold, DELIVERED + timedelta(days=500), reason=ReturnReason.DEFECTIVE)
    assert (broken.verdict, broken.returnable_until) == (Verdict.REVIEW, None)
    assert broken.terms is not None
    assert (broken.terms.restocking, broken.terms.return_shipping) == ({}, Payer.SHOP)
    assert cited(broken, "resolutions") == "Australian Consumer Law s 259, 263(4)"
    assert lawful(sold, reason=ReturnReason.UNWANTED).verdict is Verdict.DECLINE  # a changed mind is the shop's affair


STATES = [
    ("CA", date(2026, 12, 2), "Cal. Civ. Code 1723(a)-(c)"),
    ("NY", date(2026, 12, 2), "NY GBL 218-a(1)-(3)"),
    ("FL", date(2026, 11, 9), "Fla. Stat. 501.142(1)"),
    ("NJ", date(2026, 11, 22), "N.J.S.A. 56:8-2.18"),
    ("CT", date(2026, 11, 13), "Conn. Gen. Stat. 42-110aa(a)"),
    ("HI", date(2026, 12, 31), "HRS 481B-5.5"),  # it was still the 1st there
]


@pytest.mark.parametrize(("region", "last", "cite"), STATES)
def test_states_in_which_a_policy_has_to_be_posted(region: str, last: date, cite: str) -> None:
    placed = datetime(2026, 11, 2, 9, tzinfo=UTC) if region == "HI" else datetime(2026, 11, 2, 18, tzinfo=UTC)
    sold = order(country="US", region=region, placed_at=placed, currency="USD")
    now = DELIVERED + timedelta(hours=2)
    silent = lawful(sold, now, policy=strict(told=[], window=[{"days": 0, "anchor": "order"}]))
    assert (silent.verdict, silent.returnable_day) == (Verdict.APPROVE, last)
    assert [reason.cite for reason in silent.reasons if reason.code == "withdrawal_open"] == [cite]
    posted = lawful(sold, now, policy=strict(window=[{"days": 0, "anchor": "order"}]))
    assert (posted.verdict, posted.statutes) == (Verdict.DECLINE, ())


def test_minnesota_names_no_day_so_a_person_judges() -> None:
    sold = order(country="US", region="MN")
    silent = lawful(sold, PLACED + timedelta(days=90), policy=strict(told=[]))
    assert (silent.verdict, silent.returnable_until) == (Verdict.REVIEW, None)


def test_every_statute_has_a_test_of_its_own() -> None:
    told = {"eu-withdrawal", "de-withdrawal", "uk-cancellation", "eu-non-conformity", "de-non-conformity"}
    told |= {"uk-short-term-reject", "uk-repair-or-replacement", "cn-seven-days", "cn-defective"}
    told |= {"au-consumer-guarantees"} | {f"us-{one.lower()}-no-posted-policy" for one, _, _ in STATES}
    assert set(STATUTES) == told | {"us-mn-no-posted-policy"}
