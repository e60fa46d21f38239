"""The example policies: each loads, and judges requests as was computed by hand from what its file says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.decisions.policy_file import load_policy
from domain.order import Order
from domain.policy import LineTerms, PublishedPolicy, Verdict
from domain.policy.gaps import review
from domain.policy.money import Cut
from domain.request import Basis, ReturnReason
from settings import ROOT
from tests.policy.cases import DELIVERED, PLACED, STATUTES, line, one, order

EXAMPLES = ("fashion", "electronics", "marketplace")
NEXT_DAY = DELIVERED + timedelta(days=1)
DAY_20 = DELIVERED + timedelta(days=20)
"""26 November: the 14 days of a withdrawal, to the 20th, are over; 30 days, to 6 December, are not."""

APPROVE, REVIEW, DECLINE = Verdict.APPROVE, Verdict.REVIEW, Verdict.DECLINE
WITHDRAWAL, POLICY, WARRANTY = Basis.WITHDRAWAL, Basis.POLICY, Basis.WARRANTY


@dataclass(frozen=True)
class Case:
    """What is asked, of an order that went to the United States unless it says otherwise, and what follows by hand."""

    says: str
    verdict: Verdict
    basis: Basis | None
    until: date | None
    of_line: dict[str, Any] = field(default_factory=dict)
    of_order: dict[str, Any] = field(default_factory=dict)
    reason: ReturnReason = ReturnReason.UNWANTED
    now: datetime = NEXT_DAY
    units: int = 1
    terms: dict[str, Any] = field(default_factory=dict)


def published(name: str) -> PublishedPolicy:
    """An example as it would be published."""
    policy, version = load_policy((ROOT / "policies" / f"{name}.yaml").read_text())
    return PublishedPolicy(policy=policy, version=version, effective_from=PLACED)


def bought(case: Case) -> Order:
    return order(line(**case.of_line), **{"country": "US", **case.of_order})


def customer(**facts: Any) -> dict[str, Any]:
    return {"customer": facts}


DE = {"country": "DE"}
AUTUMN = {"placed_at": datetime(2026, 10, 28, 9, tzinfo=UTC)}
"""Before the season; delivered on 6 November all the same."""

FASHION = [
    Case(
        *("in the season until the end of January", APPROVE, POLICY, date(2027, 1, 31)),
        terms={"payer": "shop", "fee": 0, "bonus": "10", "resolutions": ["exchange", "store_credit", "refund"]},
    ),
    Case("before it 30 days", APPROVE, POLICY, date(2026, 12, 6), of_order=AUTUMN),
    Case(
        *("a member before it 60 days", APPROVE, POLICY, date(2027, 1, 5)),
        of_order={**AUTUMN, **customer(groups=["vip"])},
    ),
    Case(
        *("the last second of the 30 days in Berlin", APPROVE, POLICY, date(2026, 12, 6)),
        of_order=AUTUMN,
        now=datetime(2026, 12, 6, 22, 59, 59, tzinfo=UTC),
    ),
    Case(
        *("the second after it", DECLINE, None, date(2026, 12, 6)),
        of_order=AUTUMN,
        now=datetime(2026, 12, 6, 23, tzinfo=UTC),
    ),
    Case(
        *("earrings", DECLINE, None, date(2027, 1, 31)),
        of_line={"category": "earrings"},
    ),
    Case(
        *("sealed for hygiene, where a law gives 14 days", APPROVE, WITHDRAWAL, date(2026, 11, 20)),
        of_line={"exclusions": ("hygiene_sealed",)},
        of_order=DE,
        terms={"resolutions": ["refund"]},
    ),
    Case(
        *("the same when these are over", DECLINE, None, date(2027, 1, 31)),
        of_line={"exclusions": ("hygiene_sealed",)},
        of_order=DE,
        now=DAY_20,
    ),
    Case("blocked", DECLINE, None, date(2027, 1, 31), of_order=customer(groups=["blocked"], returns=25)),
    Case("20 returns", REVIEW, POLICY, date(2027, 1, 31), of_order=customer(returns=20)),
    Case(
        *("worn", APPROVE, POLICY, date(2027, 1, 31)),
        terms={"lost": {"grade_c": Cut(percent="50", reason="Worn"), "grade_d": Cut(percent="100", reason="Damaged")}},
    ),
    Case("worn, and our fault", APPROVE, POLICY, date(2027, 1, 31), reason=ReturnReason.DEFECTIVE, terms={"lost": {}}),
]

OPENED, USED = Cut(percent="15", reason="Opened"), Cut(percent="25", reason="Used")

ELECTRONICS = [
    Case(
        *("a fee by grade, and our label", APPROVE, POLICY, date(2026, 12, 6)),
        terms={
            "restocking": {"grade_b": OPENED, "grade_c": USED, "grade_d": USED},
            **{"payer": "shopper", "fee": 690, "resolutions": ["refund", "replacement"]},
        },
    ),
    Case(
        *("less for an accident", APPROVE, POLICY, date(2026, 12, 6)),
        reason=ReturnReason.ACCIDENTAL_ORDER,
        terms={"restocking": {"grade_b": Cut(percent="10", reason="Opened"), "grade_c": USED, "grade_d": USED}},
    ),
    Case(
        # warranty: 36 months to 6 November 2029
        *("defective costs nothing", APPROVE, WARRANTY, date(2029, 11, 6)),
        reason=ReturnReason.DEFECTIVE,
        terms={"restocking": {}, "payer": "shop", "fee": 0},
    ),
    Case(
        *("withdrawn: no fee, the label is the shopper's", APPROVE, WITHDRAWAL, date(2026, 12, 6)),
        of_order=DE,
        terms={"restocking": {}, "payer": "shopper", "fee": 690},
    ),
    Case(
        *("the law's days are over, so the fee is back", APPROVE, POLICY, date(2026, 12, 6)),
        of_order=DE,
        now=DAY_20,
        terms={"restocking": {"grade_b": OPENED, "grade_c": USED, "grade_d": USED}},
    ),
    Case("a drone has 14 days", DECLINE, None, date(2026, 11, 20), of_line={"category": "drones"}, now=DAY_20),
    Case("software", DECLINE, None, date(2026, 12, 6), of_line={"category": "software"}),
    Case("two for 1000.00 together", REVIEW, POLICY, date(2026, 12, 6), of_line={"unit_price": 50000}, units=2),
    Case("one cent less", APPROVE, POLICY, date(2026, 12, 6), of_line={"unit_price": 99999}),
    Case(
        *("high value, withdrawn: nobody has to agree", APPROVE, WITHDRAWAL, date(2026, 12, 6)),
        of_line={"unit_price": 100000},
        of_order=DE,
    ),
    Case(
        *("a repair comes first, for three years", APPROVE, WARRANTY, date(2029, 11, 6)),
        reason=ReturnReason.DEFECTIVE,
        now=datetime(2029, 11, 6, 22, 59, 59, tzinfo=UTC),
        terms={"resolutions": ["repair", "replacement", "refund"], "restocking": {}},
    ),
    Case(
        *("and not a second longer", DECLINE, None, date(2026, 12, 6)),
        reason=ReturnReason.DEFECTIVE,
        now=datetime(2029, 11, 6, 23, tzinfo=UTC),
    ),
    Case(
        *("refurbished: a year, and no repair", APPROVE, WARRANTY, date(2027, 11, 6)),
        of_line={"tags": ("refurbished",)},
        reason=ReturnReason.DEFECTIVE,
        now=datetime(2027, 11, 6, 12, tzinfo=UTC),
        terms={"resolutions": ["replacement", "refund"]},
    ),
]

HANDLING = dict.fromkeys(("grade_a", "grade_b", "grade_c", "grade_d"), Cut(percent="10", reason="Handling"))

MARKETPLACE = [
    Case(
        *("a tenth, and the way back", APPROVE, POLICY, date(2026, 11, 20)),
        terms={"restocking": HANDLING, "payer": "shopper", "fee": 0, "delivery": "never", "duties": "keep"},
    ),
    Case("day 15", DECLINE, None, date(2026, 11, 20), now=datetime(2026, 11, 21, 12, tzinfo=UTC)),
    Case(
        # a week of transit after 2 November, then 14 days
        *("not known when it came", APPROVE, POLICY, date(2026, 11, 23)),
        of_line={"delivered_at": None},
    ),
    Case(
        *("withdrawn: no fee, delivery and duties back", APPROVE, WITHDRAWAL, date(2026, 11, 20)),
        of_order=DE,
        terms={"restocking": {}, "payer": "shopper", "delivery": "by_value", "duties": "refund"},
    ),
    Case("a business has a week", APPROVE, POLICY, date(2026, 11, 13), of_order={**DE, "buyer": "business"}),
    Case("clearance", DECLINE, None, date(2026, 11, 20), of_line={"category": "clearance"}),
    Case(
        *("clearance, where a law gives 14 days", APPROVE, WITHDRAWAL, date(2026, 11, 20)),
        of_line={"category": "clearance"},
        of_order=DE,
    ),
    Case("five returns", REVIEW, POLICY, date(2026, 11, 20), of_order=customer(returns=5)),
    Case("four", APPROVE, POLICY, date(2026, 11, 20), of_order=customer(returns=4)),
    Case(
        "an account of 18 days",
        REVIEW,
        POLICY,
        date(2026, 11, 20),
        of_order=customer(since=datetime(2026, 10, 20, tzinfo=UTC)),
    ),
    Case(
        *("a serial returner", DECLINE, None, date(2026, 11, 20)),
        of_order=customer(groups=["serial_returner"], returns=40),
    ),
    Case(
        *("who may withdraw all the same", APPROVE, WITHDRAWAL, date(2026, 11, 20)),
        of_order={**DE, **customer(groups=["serial_returner"], returns=40)},
    ),
    Case("200.00", REVIEW, POLICY, date(2026, 11, 20), of_line={"unit_price": 10000}, units=2),
    Case(
        *("defective costs nothing", APPROVE, POLICY, date(2026, 11, 20)),
        reason=ReturnReason.DEFECTIVE,
        terms={"restocking": {}, "payer": "shop", "delivery": "when_all_returned", "duties": "refund", "lost": {}},
    ),
]

ALL = [
    (name, case) for name, cases in zip(EXAMPLES, (FASHION, ELECTRONICS, MARKETPLACE), strict=True) for case in cases
]


def told(terms: LineTerms, name: str) -> object:
    by_name: dict[str, object] = {
        "payer": terms.return_shipping.value,
        "fee": terms.label_fee,
        "bonus": terms.bonus,
        "resolutions": [one.value for one in terms.resolutions],
        "restocking": {grade.value: cut for grade, cut in terms.restocking.items()},
        "lost": {grade.value: cut for grade, cut in terms.lost_value.items()},
        "delivery": terms.delivery.value,
        "duties": terms.duties.value,
    }
    return by_name[name]


@pytest.mark.parametrize(("name", "case"), ALL, ids=[f"{name}: {case.says}" for name, case in ALL])
def test_an_example_judges_as_its_file_says(name: str, case: Case) -> None:
    found = one(
        published(name),
        bought(case),
        case.now,
        statutes=tuple(STATUTES.values()),
        reason=case.reason,
        quantities={"1": case.units},
    )
    assert (found.verdict, found.basis, found.returnable_day) == (case.verdict, case.basis, case.until)
    for term, expected in case.terms.items():
        assert found.terms is not None
        assert told(found.terms, term) == expected, term


@pytest.mark.parametrize(
    ("name", "limit", "second"),
    [("fashion", 50000, None), ("electronics", 50000, 250000), ("marketplace", 10000, 100000)],
)
def test_whose_word_a_refund_needs(name: str, limit: int, second: int | None) -> None:
    policy = published(name).policy
    assert (policy.automatic_limit.get("EUR"), policy.second_approver_above.get("EUR")) == (limit, second)


def test_the_fashion_shop_pays_early_and_lets_keep_what_is_not_worth_a_parcel() -> None:
    statutes = tuple(STATUTES.values())
    tights = bought(Case("", APPROVE, POLICY, None, of_line={"unit_price": 900}))
    handling = one(published("fashion"), tights, statutes=statutes).handling
    assert handling is not None
    # 6.00 is more than a fifth of 9.00
    assert (handling.keep_it, handling.refund_on.value, handling.exposure_limit) == ("offered", "first_scan", 15000)
    new = bought(Case("", APPROVE, POLICY, None, of_order=customer(since=PLACED)))
    careful = one(published("fashion"), new, statutes=statutes).handling
    assert careful is not None
    assert careful.refund_on.value == "inspection"


def test_serial_and_packaging_are_asked_for_and_the_box_is_not_of_what_failed() -> None:
    handling = one(published("electronics"), order()).handling
    assert handling is not None
    assert ([*handling.condition], handling.proof) == (["complete", "original_packaging"], "serial")
    broken = one(published("electronics"), order(), reason=ReturnReason.DEFECTIVE).handling
    assert broken is not None
    assert ([*broken.condition], broken.inspection_days) == (["complete"], 5)


@pytest.mark.parametrize("name", [*EXAMPLES, "default"])
def test_there_is_nothing_odd_about_an_example(name: str) -> None:
    assert review(published(name).policy, [one.statute for one in STATUTES.values()]) == ()


@pytest.mark.parametrize("file", [ROOT / "policies" / f"{name}.yaml" for name in EXAMPLES], ids=lambda one: one.stem)
def test_an_example_is_commented(file: Path) -> None:
    lines = [one.strip() for one in file.read_text().splitlines()]
    assert sum(one.startswith("#") for one in lines) >= 15
