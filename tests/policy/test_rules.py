"""A decision table for every clause: which rule speaks, and what it gives."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.history import history_of
from domain.inspection import Grade, InspectedLine
from domain.order import Exclusion, Shipping, Tender, TenderKind
from domain.plan import FeeKind
from domain.policy import Policy, PublishedPolicy, Verdict, graded, terms_of
from domain.policy.choosing import chosen
from domain.quoted import quote_plan
from domain.request import Basis, ReturnReason
from domain.resolution import Resolution
from domain.terms import ShippingRule
from tests.policy.cases import DELIVERED, PLACED, STATUTES, as_new, judged, line, one, order, published

CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # the condition, then what of the line, of the order and of the request makes it hold
    ({"category": "shoes"}, {"category": "shoes"}, {}, {}),
    ({"category": ["boots", "shoes"]}, {"category": "shoes"}, {}, {}),
    ({"tag": "sale"}, {"tags": ("new", "sale")}, {}, {}),
    ({"country": "FR"}, {}, {"country": "FR"}, {}),
    ({"region": "CA"}, {}, {"country": "US", "region": "CA"}, {}),
    ({"channel": "marketplace"}, {}, {"channel": "marketplace"}, {}),
    ({"group": "vip"}, {}, {"customer": {"groups": ("vip",)}}, {}),
    ({"reason": "defective"}, {}, {}, {"reason": ReturnReason.DEFECTIVE}),
    ({"reason": "not_as_sold"}, {}, {}, {"reason": ReturnReason.DEFECTIVE}),
    ({"fault": "carrier"}, {}, {}, {"reason": ReturnReason.LATE}),
    ({"exclusion": "final_sale"}, {"exclusions": (Exclusion.FINAL_SALE,)}, {}, {}),
    ({"buyer": "business"}, {}, {"buyer": "business"}, {}),
    ({"value": {"currency": "EUR", "least": 2000}}, {}, {}, {"quantities": {"1": 2}}),
    ({"value": {"currency": "EUR", "below": 1000}}, {"unit_price": 999}, {}, {}),
    ({"season": {"first": "12-01", "last": "01-15"}}, {}, {"placed_at": datetime(2026, 1, 15, 12, tzinfo=UTC)}, {}),
    ({"account_days_below": 10}, {}, {"customer": {"since": DELIVERED}}, {}),
    ({"returns_from": 5}, {}, {"customer": {"returns": 5}}, {}),
]


@pytest.mark.parametrize(("when", "of_line", "of_order", "asked"), CONDITIONS, ids=lambda one: str(one)[:50])
def test_every_condition_holds_where_it_should_and_nowhere_else(
    when: dict[str, Any], of_line: dict[str, Any], of_order: dict[str, Any], asked: dict[str, Any]
) -> None:
    policy = published(eligibility=[{"answer": "excluded", "when": when, "reason": "Not these."}])
    met = one(policy, order(line(**of_line), **of_order), **asked)
    assert (met.verdict, met.reasons[1].code, met.reasons[1].text) == (Verdict.DECLINE, "not_returnable", "Not these.")
    assert one(policy, order(), reason=ReturnReason.UNWANTED).verdict is Verdict.APPROVE


def test_not_told_is_what_the_policy_does_not_say() -> None:
    rules = [{"answer": "excluded", "when": {"not_told": "return_costs"}}]
    assert one(published(eligibility=rules), order()).verdict is Verdict.APPROVE
    assert one(published(eligibility=rules, told=["withdrawal"]), order()).verdict is Verdict.DECLINE


@pytest.mark.parametrize(("paid", "holds"), [(999, False), (1000, True), (1999, True), (2000, False)])
def test_a_range_of_value_includes_its_least_and_not_its_end(paid: int, holds: bool) -> None:
    when = {"value": {"currency": "EUR", "least": 1000, "below": 2000}}
    policy = published(eligibility=[{"answer": "excluded", "when": when}])
    assert (one(policy, order(line(unit_price=paid))).verdict is Verdict.DECLINE) is holds
    assert one(policy, order(line(unit_price=paid), currency="USD")).verdict is Verdict.APPROVE


def test_the_rule_with_the_most_conditions_speaks_whatever_the_order_of_rules() -> None:
    rules = [
        {"days": 14},
        {"days": 20, "when": {"category": "shoes"}},
        {"days": 7, "when": {"category": "shoes", "country": "DE"}},
        {"days": 60, "when": {"category": "hats", "country": "DE"}},
    ]
    sold = order(line(category="shoes"), country="DE")
    for shuffled in itertools.permutations(rules):
        decided = one(published(window=shuffled), sold)
        assert decided.returnable_day == date(2026, 11, 13)


def test_of_two_rules_alike_the_one_that_ends_later_here_speaks() -> None:
    # 20 days after the order are 22 November, 14 days after delivery the 20th; delivered late it is the other one
    rules = [{"days": 20, "anchor": "order"}, {"days": 14}]
    for shuffled in itertools.permutations(rules):
        policy = published(window=shuffled)
        assert one(policy, order()).returnable_day == date(2026, 11, 22)
        late = order(line(delivered_at=DELIVERED + timedelta(days=5)))
        assert one(policy, late, DELIVERED + timedelta(days=6)).returnable_day == date(2026, 11, 25)


def test_a_rule_without_conditions_stands_before_the_short_form() -> None:
    assert one(published(window=[{"days": 10}]), order()).returnable_day == date(2026, 11, 16)


def test_a_season_extends_the_window_to_a_day() -> None:
    rule = {"days": 30, "until": "2027-01-31", "when": {"season": {"first": "11-01", "last": "12-24"}}}
    policy = published(window=[rule])
    assert one(policy, order()).returnable_day == date(2027, 1, 31)
    earlier = order(placed_at=datetime(2026, 10, 31, 12, tzinfo=UTC))
    assert one(policy, earlier).returnable_day == date(2026, 12, 6)


@pytest.mark.parametrize(
    ("placed", "last"),
    [
        (date(2026, 10, 31), date(2026, 12, 6)),  # 30 days after 6 November
        (date(2026, 11, 1), date(2027, 1, 31)),
        (date(2027, 11, 1), date(2028, 1, 31)),
        (date(2027, 1, 5), date(2027, 1, 31)),
        (date(2027, 1, 15), date(2027, 1, 31)),
    ],
)
def test_a_season_of_every_year(placed: date, last: date) -> None:
    season = {"first": "11-01", "last": "01-15"}
    policy = published(window=[{"days": 1, "until_yearly": "01-31", "when": {"season": season}}])
    sold = order(placed_at=datetime(placed.year, placed.month, placed.day, 12, tzinfo=UTC))
    assert one(policy, sold).returnable_day == last


def test_a_season_may_end_with_february() -> None:
    rule = {"until_yearly": "02-29", "when": {"season": {"first": "02-01", "last": "02-29"}}}
    for year, day in ((2027, 28), (2028, 29)):
        sold = order(line(delivered_at=datetime(year, 2, 3, tzinfo=UTC)), placed_at=datetime(year, 2, 2, tzinfo=UTC))
        assert one(published(window=[rule]), sold).returnable_day == date(year, 2, day)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"until_yearly": "01-31"}, "a rule with a season"),
        (
            {"until_yearly": "01-31", "until": "2027-01-31", "when": {"season": {"first": "11-01", "last": "12-24"}}},
            "plac",
        ),
        ({"until_yearly": "12-10", "when": {"season": {"first": "11-01", "last": "12-24"}}}, "lies in the season"),
        ({"until_yearly": "13-01", "when": {"season": {"first": "11-01", "last": "12-24"}}}, "no day of a year"),
    ],
)
def test_a_day_of_every_year_that_means_nothing(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        published(window=[rule])


FEES = [
    {"percent": 15, "reason": "Opened", "when": {"grade": "grade_b"}},
    {"percent": "30.5", "when": {"grade": ["grade_c", "grade_d"]}},
    {"percent": 0, "when": {"grade": ["grade_c", "grade_d"], "fault": ["merchant", "carrier"]}},
]


def test_a_restocking_fee_by_grade_and_reason() -> None:
    policy = published(restocking=FEES)
    terms = one(policy, order()).terms
    assert terms is not None
    assert {grade.value: cut.percent for grade, cut in terms.restocking.items()} == {
        "grade_b": "15",
        "grade_c": "30.5",
        "grade_d": "30.5",
    }
    broken = one(policy, order(), reason=ReturnReason.DEFECTIVE).terms
    assert broken is not None
    assert list(broken.restocking) == [Grade.B]


def test_the_grade_that_was_seen_makes_the_fee() -> None:
    sold = order()
    decision = judged(published(restocking=FEES), sold, quantities={"1": 3}).decision
    quoted = terms_of(decision, as_new(decision))
    assert quoted is not None
    assert quoted.fees == ()
    seen = [
        InspectedLine(line_id="1", quantity=2, grade=Grade.A),
        InspectedLine(line_id="1", quantity=1, grade=Grade.B),
    ]
    terms = terms_of(decision, graded(sold, seen))
    assert terms is not None
    [fee] = terms.fees
    assert (fee.kind, fee.line_id, fee.units, fee.percent, fee.reason) == (FeeKind.RESTOCKING, "1", 1, "15", "Opened")


def test_an_amount_is_per_unit_and_in_the_currency_of_the_order() -> None:
    policy = published(restocking=[{"amount": {"EUR": 250}}])
    decision = judged(policy, order(), quantities={"1": 2}).decision
    terms = terms_of(decision, as_new(decision))
    assert terms is not None
    assert [(fee.amount, fee.units) for fee in terms.fees] == [(500, 2)]
    abroad = judged(policy, order(currency="USD")).decision
    assert terms_of(abroad, as_new(abroad)).fees == ()  # type: ignore[union-attr]


def test_of_two_fees_alike_the_lower_one() -> None:
    for shuffled in itertools.permutations([{"percent": 20}, {"amount": {"EUR": 150}}]):
        terms = one(published(restocking=shuffled), order()).terms  # 20 % of 10.00 are 2.00
        assert terms is not None
        assert terms.restocking[Grade.A].amount == 150


def test_the_way_back_and_what_our_label_costs() -> None:
    rules = [
        {"payer": "shopper", "fee": {"EUR": 499}},
        {"payer": "shop", "when": {"fault": ["merchant", "carrier"]}},
    ]
    policy = published(return_shipping=rules)
    decision = judged(policy, order()).decision
    terms = terms_of(decision, as_new(decision))
    assert terms is not None
    assert [(fee.kind, fee.amount) for fee in terms.fees] == [(FeeKind.RETURN_SHIPPING, 499)]
    faulty = judged(policy, order(), reason=ReturnReason.WRONG_ITEM).decision
    assert terms_of(faulty, as_new(faulty)).fees == ()  # type: ignore[union-attr]


def test_delivery_duties_and_bonus() -> None:
    policy = published(
        refund_shipping="never",
        delivery=[{"refund": "by_value", "cap": "cheapest_standard", "when": {"country": "DE"}}],
        duties=[{"duties": "keep"}],
        bonus=[{"percent": "12.5"}],
    )
    decision = judged(policy, order(country="DE")).decision
    terms = terms_of(decision, as_new(decision))
    assert terms is not None
    assert (terms.refund_shipping, terms.cheapest_standard_only) == (ShippingRule.BY_VALUE, True)
    assert (terms.refund_duties, terms.bonus) == (False, None)
    credit = terms_of(chosen(decision, Resolution.STORE_CREDIT), as_new(decision))
    assert credit is not None
    assert credit.bonus is not None
    assert credit.bonus.of(1000) == 125
    elsewhere = judged(policy, order(country="FR")).decision
    assert terms_of(elsewhere, as_new(elsewhere)).refund_shipping is ShippingRule.NEVER  # type: ignore[union-attr]


def test_what_is_once_per_order_is_the_best_of_all_lines_that_come_back() -> None:
    policy = published(
        return_shipping=[{"payer": "shopper", "fee": {"EUR": 499}}, {"payer": "shop", "when": {"category": "hats"}}],
        refund_shipping="never",
        delivery=[{"refund": "by_value", "when": {"category": "hats"}}],
    )
    decision = judged(policy, order(line("1"), line("2", category="hats"))).decision
    both = terms_of(decision, as_new(decision))
    alone = terms_of(decision, {"1": {Grade.A: 1}})
    assert both is not None
    assert alone is not None
    assert (both.fees, both.refund_shipping) == ((), ShippingRule.BY_VALUE)
    assert ([fee.amount for fee in alone.fees], alone.refund_shipping) == ([499], ShippingRule.NEVER)


def test_without_a_refund_on_offer_a_person_sees_to_it() -> None:
    decided = one(published(resolutions=[{"allowed": ["exchange", "store_credit"]}]), order())
    assert decided.verdict is Verdict.REVIEW
    assert decided.terms is not None
    assert decided.terms.resolutions == (Resolution.EXCHANGE, Resolution.STORE_CREDIT)
    assert decided.reasons[-1].code == "no_refund_offered"


@pytest.mark.parametrize(
    ("verdict", "becomes"),
    [("approve", Verdict.APPROVE), ("review", Verdict.REVIEW), ("decline", Verdict.DECLINE)],
)
def test_judgement_by_risk(verdict: str, becomes: Verdict) -> None:
    policy = published(judgement=[{"verdict": verdict, "when": {"group": "watched"}}])
    watched = one(policy, order(customer={"groups": ("watched",)}))
    assert watched.verdict is becomes
    assert watched.reasons[-1].code == f"judged_{verdict}"
    assert one(policy, order()).verdict is Verdict.APPROVE


STEPS = [
    {"verdict": "review", "when": {"returns_from": 5}},
    {"verdict": "decline", "when": {"returns_from": 15}},
    {"verdict": "decline", "when": {"group": "blocked"}},
    {"verdict": "approve", "when": {"group": "vip"}},
]


@pytest.mark.parametrize(
    ("returns", "groups", "becomes"),
    [
        (4, (), Verdict.APPROVE),
        (5, (), Verdict.REVIEW),
        (14, ("vip",), Verdict.REVIEW),
        (15, (), Verdict.DECLINE),
        (0, ("vip", "blocked"), Verdict.DECLINE),
        (5, ("blocked",), Verdict.DECLINE),
    ],
)
def test_of_judgements_with_equally_many_conditions_the_strictest_speaks(
    returns: int, groups: tuple[str, ...], becomes: Verdict
) -> None:
    sold = order(customer={"returns": returns, "groups": groups})
    for rules in (STEPS, STEPS[::-1]):
        assert one(published(judgement=rules), sold).verdict is becomes


def test_a_judgement_with_more_conditions_still_speaks_first() -> None:
    member = {"verdict": "approve", "when": {"returns_from": 5, "group": "vip"}}
    sold = order(customer={"returns": 20, "groups": ("vip",)})
    assert one(published(judgement=[*STEPS, member]), sold).verdict is Verdict.APPROVE


def test_to_ask_for_a_condition_lifts_no_exclusion() -> None:
    excluded = {"answer": "excluded", "when": {"tag": "clearance"}}
    sold = order(line(tags=("clearance", "swimwear")))
    sealed = {"condition": "sealed", "when": {"tag": "swimwear"}}
    whatever = {"answer": "accepted", "when": {"tag": "swimwear"}}
    for rules in ([excluded, sealed], [sealed, excluded]):
        assert one(published(eligibility=rules), sold).verdict is Verdict.DECLINE
    # whoever says that they are taken, without asking for more, means it
    assert one(published(eligibility=[excluded, whatever]), sold).verdict is Verdict.APPROVE


def test_a_request_is_reviewed_if_any_line_is_and_declined_only_if_all_are() -> None:
    policy = published(judgement=[{"verdict": "review", "when": {"category": "gold"}}])
    mixed = judged(
        policy, order(line("1"), line("2", category="gold"), line("3", category="gold")), returnable={"3": 0}
    )
    assert [one.verdict for one in mixed.decision.lines] == [Verdict.APPROVE, Verdict.REVIEW, Verdict.DECLINE]
    assert mixed.decision.verdict is Verdict.REVIEW
    assert [one.line_id for one in mixed.decision.approved] == ["1", "2"]


def test_a_warranty_answers_for_what_it_covers_and_for_nothing_else() -> None:
    policy = published(
        warranty=[{"months": 36, "covers": "defective", "remedies": ["repair", "refund"]}], restocking=[{"percent": 50}]
    )
    later = DELIVERED + timedelta(days=1000)
    broken = one(policy, order(), later, reason=ReturnReason.DEFECTIVE)
    assert (broken.verdict, broken.basis, broken.open) == (Verdict.APPROVE, Basis.WARRANTY, (Basis.WARRANTY,))
    assert broken.terms is not None
    assert (broken.terms.restocking, broken.terms.resolutions) == ({}, (Resolution.REPAIR, Resolution.REFUND))
    assert one(policy, order(), later, reason=ReturnReason.UNWANTED).verdict is Verdict.DECLINE
    assert one(policy, order(), DELIVERED + timedelta(days=1098), reason=ReturnReason.DEFECTIVE).verdict is (
        Verdict.DECLINE
    )


def test_how_the_merchant_goes_about_it_is_recorded() -> None:
    policy = published(
        eligibility=[{"condition": ["unused", "tags_attached"], "proof": "photo"}],
        methods=[{"allowed": ["qr_code", "in_store"]}],
        refund_trigger=[{"event": "first_scan", "exposure_limit": {"EUR": 5000}}],
        ship_trigger=[{"event": "label", "exposure_limit": {"EUR": 4000}}],
        returnless=[{"currency": "EUR", "costs": 600, "salvage": 40, "at_most": 2000}],
        price_adjustment=[{"days": 14}],
        deadlines=[
            {
                "review_days": 1,
                "label_days": 21,
                "reminder_days": [7, 2],
                "inspection_days": 5,
                "answer_days": 9,
                "lost_after_days": 6,
                "claim_days": 20,
                "lost": "refund_at_once",
            }
        ],
    )
    decision = judged(policy, order(), quantities={"1": 1}).decision
    handling = decision.lines[0].handling
    assert handling is not None
    assert handling.model_dump(mode="json") == {
        "condition": ["unused", "tags_attached"],
        "proof": "photo",
        "methods": ["qr_code", "in_store"],
        "refund_on": "first_scan",
        "exposure_limit": 5000,
        "ship_on": "label",
        "ship_limit": 4000,
        "keep_limit": 2000,
        "keep_it": "offered",  # 6.00 to bring back what is worth 40 % of 10.00
        "price_adjustment_days": 14,
        "review_days": 1,
        "label_days": 21,
        "label_warning_days": 3,
        "reminder_days": [7, 2],
        "inspection_days": 5,
        "answer_days": 9,
        "offer_default": "accept",
        "inspection_default": "wait",
        "evidence_days": 7,
        "no_evidence": "review",
        "payment_days": 7,
        "repair_days": 14,
        "lost_after_days": 6,
        "claim_days": 20,
        "lost": "refund_at_once",
    }
    assert decision.inspection_days == 5
    assert one(policy, order(), quantities={"1": 3}).handling.keep_it == "no"  # type: ignore[union-attr]


def test_days_to_send_back_by_rule() -> None:
    policy = published(send_back_days=10, send_back=[{"days": 21, "when": {"group": "vip"}}])
    assert judged(policy, order()).decision.last_day_to_send == date(2026, 11, 17)
    vip = judged(policy, order(customer={"groups": ("vip",)})).decision
    assert vip.last_day_to_send == date(2026, 11, 28)
    assert vip.send_back_until == datetime(2026, 11, 28, 23, 59, 59, 999999, tzinfo=UTC)


def test_every_rule_is_looked_at_and_told() -> None:
    policy = published(
        window=[{"days": 10}, {"days": 20, "when": {"category": "hats"}}, {"days": 12}],
        restocking=[{"percent": 10, "when": {"grade": "grade_b"}}],
    )
    steps = judged(policy, order()).steps
    assert [step[2:] for step in steps if step.clause == "window"] == [
        ("window", 2, "missed", "category", ""),
        ("window", 1, "less_favourable", "", ""),
        ("window", 3, "speaks", "", ""),
    ]
    assert {(step.grade, step.outcome, step.condition) for step in steps if step.clause == "restocking"} == {
        ("grade_a", "missed", "grade"),
        ("grade_b", "speaks", ""),
        ("grade_c", "missed", "grade"),
        ("grade_d", "missed", "grade"),
    }
    assert {step.document for step in steps} == {policy.ref}
    assert {step.line_id for step in steps} == {"1"}


@pytest.mark.parametrize(
    "fields",
    [
        {"automatic_limit": {"EUR": 500}, "second_approver_above": {"EUR": 400}},
        {"second_approver_above": {"EUR": 400}},
        {"restocking": [{"percent": 101}]},
        {"restocking": [{"percent": 5, "amount": {"EUR": 5}}]},
        {"restocking": [{}]},
        {"return_shipping": [{"payer": "shop", "fee": {"EUR": 5}}]},
        {"window": [{"months": 2, "count": "business"}]},
        {"window": [{"days": 2, "ends": "reasonable_time"}]},
        {"deadlines": [{"label_days": 7, "reminder_days": 7}]},
    ],
)
def test_what_contradicts_itself_is_no_policy(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({"id": "a", "title": "A", "window_days": 30, **fields})


def test_shipping_is_what_the_terms_say() -> None:
    sold = order(
        line(),
        shipping=Shipping(price=990, cheapest_standard=490),
        total=3990,
        tenders=(Tender(id="pi_1", kind=TenderKind.CARD, captured=3990),),
        placed_at=PLACED,
    )
    decision = judged(published(delivery=[{"refund": "by_value", "cap": "cheapest_standard"}]), sold).decision
    assert terms_of(decision, as_new(decision)).cheapest_standard_only  # type: ignore[union-attr]


def warranted(**fields: Any) -> PublishedPolicy:
    return published(window_days=0, **{"warranty": [{"months": 24}], **fields})


@pytest.mark.parametrize(
    ("policy", "category", "exclusions", "open_now"),
    [
        (warranted(), "toys", [], True),
        (warranted(warranty=[{"months": 24, "excludes": ["custom_made", "press"]}]), "toys", ["custom_made"], False),
        (warranted(warranty=[{"months": 24, "excludes": ["custom_made", "press"]}]), "toys", ["dated"], True),
        (warranted(warranty=[{"months": 24}, {"months": 0, "when": {"category": "toys"}}]), "toys", [], False),
        (warranted(warranty=[{"months": 24}, {"months": 0, "when": {"category": "toys"}}]), "cups", [], True),
        (warranted(eligibility=[{"answer": "excluded"}]), "toys", [], False),
        (warranted(eligibility=[{"answer": "excluded", "when": {"fault": "shopper"}}]), "toys", [], True),
    ],
)
def test_which_goods_a_warranty_leaves_out(
    policy: PublishedPolicy, category: str, exclusions: list[str], open_now: bool
) -> None:
    sold = order(line(category=category, exclusions=exclusions), country="JP")
    decided = one(policy, sold, DELIVERED + timedelta(days=100), reason=ReturnReason.DEFECTIVE)
    assert (Basis.WARRANTY in decided.open) is open_now
    assert ("warranty_excluded" in [reason.code for reason in decided.reasons]) is not open_now
    assert decided.verdict is (Verdict.APPROVE if open_now else Verdict.DECLINE)


@pytest.mark.parametrize(
    ("reason", "becomes"),
    [
        (ReturnReason.UNKNOWN, Verdict.APPROVE),
        (ReturnReason.OTHER, Verdict.APPROVE),
        (ReturnReason.UNWANTED, Verdict.DECLINE),
    ],
)
def test_to_invoke_a_warranty_opens_it_where_no_reason_is_given(reason: ReturnReason, becomes: Verdict) -> None:
    later = DELIVERED + timedelta(days=100)
    decided = one(warranted(), order(country="JP"), later, reason=reason, basis=Basis.WARRANTY)
    assert decided.verdict is becomes
    assert ("warranty_not_open" in [reason.code for reason in decided.reasons]) is (becomes is Verdict.DECLINE)
    assert one(warranted(), order(country="JP"), later, reason=reason).verdict is Verdict.DECLINE


@pytest.mark.parametrize("turn", [1, -1])
def test_to_be_kept_goes_by_the_rule_in_the_currency_of_the_order(turn: int) -> None:
    rules = [
        {"currency": "EUR", "costs": 600, "salvage": 20, "at_most": 1500},
        {"currency": "JPY", "costs": 90000, "salvage": 20, "at_most": 150000},
    ]
    decided = one(published(returnless=rules[::turn]), order())
    assert decided.handling is not None
    assert decided.handling.keep_it == "offered"


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize(("delivered", "becomes"), [(None, Verdict.APPROVE), (DELIVERED, Verdict.REVIEW)])
def test_of_windows_without_an_end_the_one_that_asks_nobody(
    turn: int, delivered: datetime | None, becomes: Verdict
) -> None:
    rules = [{"ends": "reasonable_time"}, {"days": 14}]
    assert one(published(window=rules[::turn]), order(line(delivered_at=delivered))).verdict is becomes


@pytest.mark.parametrize("turn", [1, -1])
def test_of_resolutions_alike_in_size_the_one_whose_first_choice_is_named_first(turn: int) -> None:
    # by their text "repair" would come last
    rules = [{"allowed": ["exchange", "replacement"]}, {"allowed": ["repair", "price_reduction"]}]
    decided = one(published(resolutions=rules[::turn]), order())
    assert decided.terms is not None
    assert decided.terms.resolutions == (Resolution.EXCHANGE, Resolution.REPLACEMENT)


def test_a_quote_counts_only_lines_to_which_a_refund_is_offered() -> None:
    faulty: dict[str, Any] = {"statutes": (STATUTES["eu-non-conformity"],), "reason": ReturnReason.DEFECTIVE}
    sold, later = order(country="FR"), DELIVERED + timedelta(days=200)
    assert quote_plan(sold, history_of(sold), judged(published(), sold, later, **faulty).decision) is None
    rules = [{"allowed": "refund"}, {"allowed": "repair", "when": {"category": "clocks"}}]
    sold = order(line("1"), line("2", category="clocks"))
    decision = judged(published(resolutions=rules), sold).decision
    quote = quote_plan(sold, history_of(sold), decision)
    assert quote is not None
    assert [part.line_id for part in quote.lines] == ["1"]
    assert quote.total == 1000
