"""Before the purchase: the sentence on each line of a basket, and that it is the decision's own."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from activities.decisions.policy_file import load_policy
from activities.decisions.telling import Locale
from activities.decisions.telling.answers import LineAnswer, answers
from activities.decisions.telling.basket import order_of, read_basket
from domain.errors import InvalidRequest
from domain.order import Order
from domain.policy import Policies, Policy, PublishedPolicy, Verdict, decide
from domain.policy.calendar import end_of
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from settings import ROOT
from tests.policy.cases import STATUTES, published

BOUGHT = datetime(2026, 12, 10, 9, tzinfo=UTC)
ARRIVES = "2026-12-15"  # a Tuesday: 30 days end on 14 January, 14 days on 29 December
LAWS = tuple(STATUTES.values())


def example(name: str) -> PublishedPolicy:
    policy, version = load_policy((ROOT / "policies" / f"{name}.yaml").read_text())
    return PublishedPolicy(policy=policy, version=version, effective_from=BOUGHT)


def made(policy: Policy, *lines: dict[str, Any], at: datetime = BOUGHT, **basket: Any) -> Order:
    goods = [{"title": "Mug", "price": 1000, **one} for one in lines or ({},)]
    raw = {"currency": "EUR", "country": "DE", "expected_delivery": ARRIVES, "lines": goods, **basket}
    read = read_basket(raw)
    return order_of(read, policy.zone(read.country), at)


def ask(
    policy: PublishedPolicy, *lines: dict[str, Any], locale: Locale = "en", at: datetime = BOUGHT, **basket: Any
) -> list[LineAnswer]:
    sold = made(policy.policy, *lines, at=at, **basket)
    return answers(sold, Policies(policy=policy, statutes=LAWS), locale, at)


def said(policy: PublishedPolicy, line: dict[str, Any] | None = None, **how: Any) -> str:
    return ask(policy, line or {}, **how)[0].sentence


FAULTY = " If it is not as it was sold, you can have "


@pytest.mark.parametrize(
    ("policy", "line", "basket", "sentence"),
    [
        (published(), {}, {"country": None}, "Returnable until 14 January 2027, free."),
        (published(), {}, {"expected_delivery": None}, "Returnable within 30 days after delivery, free."),
        (
            published(return_shipping=[{"payer": "shopper", "fee": {"EUR": 490}}]),
            {},
            {"country": "US"},
            "Returnable until 14 January 2027, the way back costs you €4.90.",
        ),
        (
            published(restocking=[{"amount": {"EUR": 150}}], return_shipping=[{"payer": "shopper"}]),
            {},
            {"country": None},
            "Returnable until 14 January 2027, €1.50 is kept.",
        ),
        (
            published(restocking=[{"percent": 10}]),
            {},
            {},
            "Returnable until 14 January 2027; until 29 December 2026: free; after that: 10% is kept.",
        ),
        (
            published(eligibility=[{"answer": "excluded", "reason": "Final sale.", "when": {"tag": "sale"}}]),
            {"tags": ["sale"]},
            {},
            "Final sale: not returnable; the law still gives the right of withdrawal until 29 December 2026, free.",
        ),
        (
            published(eligibility=[{"answer": "excluded"}]),
            {},
            {"country": "US"},
            "Not taken back: not returnable.",
        ),
        (
            published(resolutions=[{"allowed": ["exchange", "store_credit"]}]),
            {},
            {"country": "US"},
            "Returnable until 14 January 2027, free; for an exchange or store credit, and a person arranges what is "
            "not money; a person looks at it before we pay.",
        ),
        (
            published(window=[{"ends": "reasonable_time"}]),
            {},
            {"country": "US"},
            "Returnable for as long as is reasonable for such goods, free; a person looks at it before we pay.",
        ),
        (
            published(
                eligibility=[{"condition": "unused", "reason": "As good as new"}],
                judgement=[{"verdict": "decline", "reason": "Not to resellers", "when": {"group": "reseller"}}],
            ),
            {},
            {"country": "US", "customer": {"groups": ["reseller"]}},
            "Not to resellers: not returnable.",
        ),
    ],
)
def test_a_sentence_for_a_line(policy: PublishedPolicy, line: dict[str, Any], basket: Any, sentence: str) -> None:
    assert said(policy, line, **basket).split(FAULTY)[0] == sentence


@pytest.mark.parametrize(
    ("policy", "line", "sentence"),
    [
        (published(), {}, "Rückgabe möglich bis zum 14. Januar 2027, kostenlos."),
        (
            published(restocking=[{"percent": "12.5"}]),
            {},
            "Rückgabe möglich bis zum 14. Januar 2027; bis zum 29. Dezember 2026: kostenlos; danach: einbehalten wird: "
            "12,5\u00a0%.",
        ),
        (
            example("marketplace"),
            {"category": "food"},
            "Final sale: keine Rückgabe; das Gesetz gibt trotzdem das Widerrufsrecht bis zum 29. Dezember 2026, "
            "kostenlos, aber einbehalten wird: 30\u00a0%, wenn die Ware geöffnet oder leicht getragen zurückkommt, "
            "60\u00a0%, wenn deutlich gebraucht, 100\u00a0%, wenn beschädigt.",
        ),
    ],
)
def test_the_same_in_german(policy: PublishedPolicy, line: dict[str, Any], sentence: str) -> None:
    told, _, faulty = said(policy, line, locale="de").partition(" Ist die Ware nicht so, ")
    assert told == sentence
    assert faulty.startswith("wie sie verkauft wurde, so können Sie bekommen: ")


def test_what_law_and_warranty_give_for_what_is_faulty() -> None:
    assert said(published()).endswith(f"{FAULTY}your money back, a repair or a replacement.")
    assert FAULTY not in said(published(), country="US")
    warranted = published(window_days=0, warranty=[{"months": 12, "remedies": "repair"}])
    assert FAULTY in said(warranted, country="US")


def test_for_storefronts_figures_stand_beside_the_sentence() -> None:
    policy = published(restocking=[{"percent": 10}], return_shipping=[{"payer": "shopper", "fee": {"EUR": 490}}])
    [found] = ask(policy, {"sku": "MUG", "quantity": 2, "price": 1250})
    assert (found.line_id, found.sku, found.quantity, found.returnable, found.free) == ("1", "MUG", 2, True, False)
    assert (found.until, found.by_policy, found.statutes) == (date(2027, 1, 14), True, (STATUTES["de-withdrawal"].ref,))
    first, then = found.periods
    assert (first.until, first.bases, first.restocking_per_unit, first.label_fee) == (
        *(date(2026, 12, 29), ("withdrawal", "policy")),
        *(0, 490),
    )
    assert (then.until, then.bases, then.restocking_per_unit, then.label_fee) == (
        date(2027, 1, 14),
        ("policy",),
        125,
        490,
    )
    assert (first.free, then.free) == (False, False)


def test_whatever_gets_worse_later_is_told() -> None:
    # the law keeps the restocking fee away for 14 days, to 10 December; above 1000.00 the shop looks at it
    whole = (
        "Returnable until 26 December 2026; until 10 December 2026: the way back costs you €6.90, but 40% is kept if "
    )
    sold = {"price": 150000}
    [told] = ask(example("electronics"), sold, expected_delivery="2026-11-26", at=datetime(2026, 11, 24, tzinfo=UTC))
    assert told.sentence.split("; for ")[0] == (
        f"{whole}the goods come back damaged; after that: the way back costs you €6.90, but 15% is kept if the goods "
        "come back opened or worn lightly, 25% if clearly used, 65% if damaged, only if the goods are complete and in "
        "their original packaging, and a person looks at it before we pay"
    )
    first, then = told.periods
    assert (first.until, first.verdict, first.condition) == (date(2026, 12, 10), "approve", ())
    assert (then.until, then.verdict) == (date(2026, 12, 26), "review")
    assert then.condition == ("complete", "original_packaging")
    grades = ("grade_a", "grade_b", "grade_c", "grade_d")
    assert first.kept_per_unit == dict(zip(grades, (0, 0, 0, 60000), strict=True))
    assert then.kept_per_unit == dict(zip(grades, (0, 22500, 37500, 97500), strict=True))


OURS = published(
    refund_shipping="never",
    restocking=[{"percent": 15, "when": {"fault": "shopper"}}],
    return_shipping=[{"payer": "shopper", "fee": {"EUR": 690}, "when": {"fault": "shopper"}}],
)


@pytest.mark.parametrize(
    ("policy", "locale", "sentence"),
    [
        (
            OURS,
            "en",
            "Returnable within 30 days after delivery; within 14 days after delivery: the way back costs you €6.90; "
            "after that: the way back costs you €6.90 and 15% is kept.",
        ),
        (
            OURS,
            "de",
            "Rückgabe möglich innerhalb von 30 Tagen nach der Lieferung; innerhalb von 14 Tagen nach der Lieferung: "
            "die Rücksendung kostet Sie 6,90\u00a0€; danach: die Rücksendung kostet Sie 6,90\u00a0€ und einbehalten "
            "wird: 15\u00a0%.",
        ),
        (
            published(window=[{"days": 20, "until": "2027-01-31"}]),
            "en",
            "Returnable within 20 days after delivery, and in any case until 31 January 2027, free.",
        ),
        (
            published(window=[{"days": 90, "anchor": "order"}]),
            "en",
            "Returnable within 90 days after your order, free.",
        ),
        (published(window_days=14), "en", "Returnable within 14 days after delivery, free."),
    ],
)
def test_before_the_delivery_has_a_day_it_is_told_relative_to_it(
    policy: PublishedPolicy, locale: Locale, sentence: str
) -> None:
    [told] = ask(policy, {}, locale=locale, expected_delivery=None)
    assert told.sentence.split(FAULTY)[0].split(" Ist die Ware")[0] == sentence
    assert told.until is None
    assert told.within


def test_relative_periods_for_storefronts() -> None:
    [told] = ask(OURS, {}, expected_delivery=None)
    assert [(one.until, one.within.days if one.within else 0) for one in told.periods] == [(None, 14), (None, 30)]


def test_sealed_goods_come_back_only_sealed() -> None:
    sealed = {"exclusions": ["hygiene_sealed"]}
    ours = published(eligibility=[{"condition": "sealed", "when": {"exclusion": "hygiene_sealed"}}])
    assert (
        said(ours, sealed).split(FAULTY)[0] == "Returnable until 14 January 2027, free, only if the goods are sealed."
    )
    # the shop itself asks for nothing, and what is better for the shopper holds
    assert said(published(), sealed).split(FAULTY)[0] == "Returnable until 14 January 2027, free."


def test_what_speaks_against_a_line_is_cited() -> None:
    [told] = ask(published(), {"exclusions": ["custom_made"]})
    assert [(one.code, one.cite) for one in told.against] == [("withdrawal_excluded", "BGB 312g(2) Nr 1")]


def decided(policy: PublishedPolicy, sold: Order, line_id: str, now: datetime) -> Any:
    wanted = RequestedLine(line_id=line_id, quantity=1, reason=ReturnReason.UNWANTED)
    request = ReturnRequest(id="r1", order_id=sold.id, lines=(wanted,))
    left = {one.id: one.quantity for one in sold.lines}
    return decide(sold, request, Policies(policy=policy, statutes=LAWS), left, policy.policy.calendar, now).lines[0]


@pytest.mark.parametrize("name", ["fashion", "electronics", "marketplace"])
@pytest.mark.parametrize("country", ["DE", "FR", "GB", "CN", "US", "AU"])
def test_every_day_that_is_told_is_the_decisions_own(name: str, country: str) -> None:
    policy = example(name)
    goods: list[dict[str, Any]] = [
        {},
        {"category": "clearance"},
        {"exclusions": ["hygiene_sealed"]},
        {"category": "drones", "price": 150000},
    ]
    sold = made(policy.policy, *goods, country=country)
    zone = policy.policy.zone(country)
    for answer in answers(sold, Policies(policy=policy, statutes=LAWS), "en", BOUGHT):
        for period in answer.periods:
            assert period.until is not None
            last = end_of(period.until, zone)
            there = decided(policy, sold, answer.line_id, last)
            after = decided(policy, sold, answer.line_id, last + timedelta(microseconds=1))
            assert there.open == period.bases
            assert there.terms.label_fee == period.label_fee
            assert after.open != there.open
        if answer.until:
            over = decided(policy, sold, answer.line_id, end_of(answer.until, zone) + timedelta(microseconds=1))
            assert over.verdict is Verdict.DECLINE
        assert answer.returnable is bool(answer.periods)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "lines"),
        ({"currency": "EUR", "lines": []}, "lines"),
        ({"currency": "XXQ", "lines": [{"price": 1}]}, "currency"),
        ({"currency": "EUR", "lines": [{"price": 1.5}]}, "lines.0.price"),
        ({"currency": "EUR", "lines": [{"price": 1, "quantity": 0}]}, "lines.0.quantity"),
        ({"currency": "EUR", "lines": [{"price": 1}], "country": "Germany"}, "country"),
        ({"currency": "EUR", "lines": [{"price": 1}], "name": "Jane"}, "name"),
        ({"currency": "EUR", "lines": [{"price": 1}], "expected_delivery": "tomorrow"}, "expected_delivery"),
        ({"currency": "EUR", "lines": [{"price": 1}], "expected_delivery": "2026-12-09"}, "expected_delivery"),
        ({"currency": "EUR", "lines": [{"price": 10**15}] * 2}, "lines"),
    ],
)
def test_baskets_that_are_refused(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        order_of(read_basket(raw), "Europe/Berlin", BOUGHT)
    assert refused.value.field == field


def test_the_basket_of_the_docs_is_answered() -> None:
    [shown] = re.findall(r"^```json\n(.+?)^```$", (ROOT / "docs" / "policy.md").read_text(), re.MULTILINE | re.DOTALL)
    raw = json.loads(shown)
    lines = raw.pop("lines")
    mug, remnant = ask(example("marketplace"), *lines, **raw)
    assert (mug.sku, mug.quantity, mug.by_policy) == ("MUG", 2, True)
    assert remnant.sentence.startswith("Final sale: not returnable; the law still gives the right of withdrawal until ")


def test_what_arrives_on_the_day_of_the_purchase_is_taken() -> None:
    raw = {"currency": "EUR", "lines": [{"price": 1}], "expected_delivery": "2026-12-10"}
    sold = order_of(read_basket(raw), "Asia/Tokyo", BOUGHT)
    assert sold.lines[0].delivered_at == datetime(2026, 12, 10, 14, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Berlin", "America/Los_Angeles"])
def test_a_basket_is_told_the_last_days_of_shop_and_law_by_any_clock(zone: str) -> None:
    shop = published(window_days=5, restocking=[{"percent": 10}], time_zones={"DE": zone})
    [answer] = ask(shop, {})
    assert [period.until for period in answer.periods] == [date(2026, 12, 20), date(2026, 12, 29)]
