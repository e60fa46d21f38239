"""Reports: exceptions as far as the journal has the facts, and totals per day and month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from activities.payments import PayLeg, PaymentActivities
from domain.refund import RefundStatus
from ledger import EntryKind, Ledger
from ledger.__main__ import main
from ledger.credit_notes import CreditNotes
from ledger.days import Days
from ledger.reports.exceptions import Finding, exceptions
from ledger.reports.page import page
from ledger.reports.period import Line, PeriodReport, period_report
from tests.ledger.entries import fact, move, open_order
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, open_shop

UNITS = {"1": 2, "2": 1}
"""Two of three mugs (2353 of 3529 cents, of which 375 tax at 19 %) and the book (2271, 149 of it tax at 7 %)."""

NEXT_MONTH = NOW + timedelta(days=10)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


def pay(shop: Shop, case: str, now: datetime = NOW, *statuses: RefundStatus) -> None:
    """The plan's only leg, with what the provider says to each attempt."""
    provider = FakeProvider()
    plan = shop.entry(f"plan:{case}:1").facts["plan"]
    for attempt, status in enumerate(statuses or (RefundStatus.SUCCEEDED,), start=1):
        provider.status = status
        PaymentActivities(provider, shop.ledger, CreditNotes(shop.ledger, shop.snapshots)).pay_leg(
            PayLeg(
                case=case,
                order_id="two-rates",
                plan=1,
                payment=plan["legs"][0]["tender_id"],
                amount=plan["legs"][0]["amount"],
                attempt=attempt,
                now=now,
            )
        )


def told(shop: Shop, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["report", *arguments], lambda: shop.ledger, lambda: shop.snapshots) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


# ── Totals ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two_months(shop: Shop) -> Shop:
    """46.24 euros in November, after a no; then the other mug and the kettle in December, with delivery."""
    shop.begin("R-1", UNITS)
    shop.receive("R-1", UNITS)
    shop.plan("R-1", UNITS)
    pay(shop, "R-1", NOW, RefundStatus.FAILED, RefundStatus.SUCCEEDED)
    shop.close("R-1")
    rest = {"1": 1, "3": 1}
    shop.fetch("R-2", rest)
    shop.open("R-2", rest, NEXT_MONTH)
    shop.receive("R-2", rest, now=NEXT_MONTH)
    shop.plan("R-2", rest, NEXT_MONTH)
    pay(shop, "R-2", NEXT_MONTH)
    return shop


def sums(report: PeriodReport, section: str, period: str) -> dict[str, int]:
    return {one.name: one.amount for one in report.lines if (one.section, one.period) == (section, period)}


def test_totals_per_month(two_months: Shop) -> None:
    found = period_report(two_months.ledger, "month", Days(), two_months.ledger.entries())
    assert sums(found, "tender", "2026-11") == {"card": 4624}
    # The last mug 3529 - 2353, the kettle 4555, delivery 495: the rest of 10850.
    assert sums(found, "tender", "2026-12") == {"card": 6226}
    november = sums(found, "tax", "2026-11")
    assert november == {"net at 0.19": 2353 - 375, "tax at 0.19": 375, "net at 0.07": 2271 - 149, "tax at 0.07": 149}
    december = sums(found, "tax", "2026-12")
    assert december == {
        "net at 0.19": 6226 - (563 - 375) - 727 - 79,
        "tax at 0.19": (563 - 375) + 727 + 79,
    }
    (policy,) = found.of("policy")[:1]
    assert policy.name.startswith("default@")
    assert sums(found, "policy", "2026-11") == {policy.name: 4624}
    kinds = {(one.name, one.commodity): one.count for one in found.of("kind") if one.period == "2026-11"}
    assert kinds["refund_failed", ""] == kinds["refund_settled", "EUR"] == kinds["receipt", "UNITS"] == 1
    # The first attempt made the debt real, the second only reserved again.
    assert kinds["refund_submitted", "EUR"] == kinds["refund_submitted", ""] == 1


def test_totals_per_day_of_some_days(two_months: Shop) -> None:
    days = Days(first=date(2026, 12, 1), last=date(2026, 12, 1))
    found = period_report(two_months.ledger, "day", days, two_months.ledger.entries())
    assert {one.period for one in found.lines} == {"2026-12-01"}
    assert sums(found, "tender", "2026-12-01") == {"card": 6226}


def test_a_plan_from_before_the_days_still_tells_its_rates(shop: Shop) -> None:
    shop.begin("R-1", UNITS)
    shop.plan("R-1", UNITS)
    pay(shop, "R-1", NEXT_MONTH)
    found = period_report(shop.ledger, "month", Days(first=date(2026, 12, 1)), shop.ledger.entries())
    assert sums(found, "tax", "2026-12")["tax at 0.07"] == 149
    assert sums(found, "tender", "2026-12") == {"card": 4624}


def test_a_refund_that_fails_late_and_one_made_elsewhere(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(fact("a", move("a", "paid:o:l:net", "tender:p", 30), kind=EntryKind.REFUND_ELSEWHERE))
    ledger.append(fact("b", move("b", "tender:p", "owed:r", 10), kind=EntryKind.REFUND_REVERSED))
    ledger.append(fact("c", move("c", "owed:r", "store_credit:c", 10), kind=EntryKind.REFUND_SETTLED))
    ledger.append(fact("d", move("d", "tender:p", "paid:o:l:net", 50), kind=EntryKind.ORDER_EDITED))
    found = period_report(ledger, "month", Days(), ledger.entries())
    # What was sold, then or later, is no refund.
    assert sums(found, "tender", "2026-11") == {"tender": 20, "store_credit": 10}
    assert sums(found, "tax", "2026-11") == {"net at an unknown rate": 30}
    assert sums(found, "policy", "2026-11") == {"no policy": 30}


def test_a_refund_of_several_parts_counts_once(ledger: Ledger) -> None:
    open_order(ledger)
    parts = (move("a", "paid:o:l:net", "owed:r", 30), move("b", "paid:o:l:net", "owed:r", 5))
    ledger.append(fact("one", *parts, kind=EntryKind.REFUND_SUBMITTED))
    ledger.append(fact("two", move("d", "paid:o:l:net", "owed:r", 1), kind=EntryKind.REFUND_SUBMITTED))
    found = period_report(ledger, "month", Days(), ledger.entries())
    assert [(one.count, one.amount) for one in found.of("tax")] == [(2, 36)]


def test_the_same_as_table_and_json(two_months: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [line.split() for line in told(two_months, capsys, "month").splitlines()]
    assert ["2026-11", "card", "1", "46.24", "EUR"] in rows
    assert ["2026-12", "card", "1", "62.26", "EUR"] in rows
    assert ["2026-11", "tax", "at", "0.07", "1", "1.49", "EUR"] in rows
    lines = json.loads(told(two_months, capsys, "month", "--json"))["lines"]
    line = {"period": "2026-11", "section": "tender", "name": "card", "commodity": "EUR", "count": 1, "amount": 4624}
    assert line in lines


class Page(HTMLParser):
    """Which elements a page has, and what they load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            name for name, _ in attrs if name in ("src", "href", "srcset", "action") or name.startswith("on")
        ]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(two_months: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(two_months, capsys, "month", "--html")
    seen = Page()
    seen.feed(text)
    assert (seen.open, seen.loads) == ([], [])
    assert not {"script", "link", "iframe", "img"} & set(seen.tags)
    assert seen.tags.count("rect") == 2
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text
    assert "<title>2026-11: 46.24 EUR</title>" in text
    # The bigger month is as high as the chart, the other in proportion: 160 * 4624 / 6226.
    assert 'height="160"' in text
    assert 'height="118"' in text


def test_what_is_named_on_the_page_is_escaped() -> None:
    evil = '<script>alert("1")</script>'
    line = Line(period=evil, section="tender", name=evil, commodity="EUR", count=1, amount=5)
    text = page(PeriodReport(length="day", days=Days(), lines=(line,)))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_page_about_nothing_says_so(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "day", "--html"], lambda: ledger) == 0
    assert "Nothing went back in this time." in capsys.readouterr().out
    assert main(["report", "day", "--html", "--json"], lambda: ledger) == 2


def test_a_month_in_which_more_failed_late_than_went_back_has_no_bar() -> None:
    lines = [
        Line(period=period, section="tender", name="card", commodity="EUR", count=1, amount=amount)
        for period, amount in (("2026-11", -500), ("2026-12", 200))
    ]
    text = page(PeriodReport(length="month", days=Days(), lines=tuple(lines)))
    assert "<title>2026-11: -5.00 EUR</title>" in text
    assert 'y="160" width="60" height="0"' in text


# ── Exceptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def found(ledger: Ledger, days: Days | None = None, customers: dict[str, str] | None = None) -> list[Finding]:
    known = customers or {}
    return list(exceptions(ledger, days or Days(), ledger.entries(), lambda order: known.get(order, "")))


def whys(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.why, one.case) for one in findings]


def test_a_refund_without_receipt(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.plan("R-1", {"1": 2})
    pay(shop, "R-1")
    (one,) = found(shop.ledger)
    assert (one.why, one.case, one.order, one.amounts) == ("no_receipt", "R-1", "two-rates", "23.53 EUR")


def test_a_refund_after_its_receipt_is_none_and_before_it_is_one(shop: Shop) -> None:
    shop.begin("R-1", {"1": 1})
    shop.receive("R-1", {"1": 1})
    shop.plan("R-1", {"1": 1})
    pay(shop, "R-1")
    assert found(shop.ledger) == []
    shop.begin("R-2", {"2": 1})
    shop.plan("R-2", {"2": 1})
    pay(shop, "R-2")
    shop.receive("R-2", {"2": 1})
    assert whys(found(shop.ledger)) == [("no_receipt", "R-2")]
    assert found(shop.ledger, Days(last=date(2026, 11, 20))) == []


def test_approvals_and_the_same_person_twice(ledger: Ledger) -> None:
    open_order(ledger)
    asked = {"request": {"requested_by": "anna"}}
    for case in "rs":
        ledger.append(fact(f"decision:{case}", kind=EntryKind.DECISION, case=case, facts=asked))
    big = {"amount": 12000, "currency": "EUR"}
    ledger.append(fact("ok", kind=EntryKind.APPROVAL, actor="ben", facts=big))
    ledger.append(fact("own", kind=EntryKind.APPROVAL, actor="anna", case="s", facts=big))
    seen = {"inspection": {"inspected_by": "dora"}}
    ledger.append(fact("seen", kind=EntryKind.INSPECTION, case="w", facts=seen))
    ledger.append(fact("graded", kind=EntryKind.APPROVAL, actor="dora", case="w", facts={"approval": big}))
    named = {**big, "requested_by": "carl"}
    ledger.append(fact("named", kind=EntryKind.APPROVAL, actor="carl", case="t", facts=named))
    findings = found(ledger)
    assert whys(findings) == [
        ("over_limit", "r"),
        ("over_limit", "s"),
        ("over_limit", "w"),
        ("over_limit", "t"),
        ("same_person", "s"),
        ("same_person", "w"),
        ("same_person", "t"),
    ]
    assert (findings[0].who, findings[0].amounts) == ("ben", "120.00 EUR")
    assert (findings[2].who, findings[2].amounts) == ("dora", "120.00 EUR")


def test_refunds_elsewhere_and_to_another_instrument(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(fact("a", move("a", "paid:o:l:net", "tender:p", 30), kind=EntryKind.REFUND_ELSEWHERE, case=""))
    ledger.append(fact("b", move("b", "paid:o:l:net", "owed:r", 30)))
    ledger.append(fact("c", move("c", "owed:r", "payout:r", 30)))
    findings = found(ledger)
    assert whys(findings) == [("other_instrument", "r"), ("made_elsewhere", "")]
    assert (findings[0].amounts, findings[0].detail) == ("0.30 USD", "payout:r")


def test_customers_with_many_returns(ledger: Ledger) -> None:
    for number, order in enumerate(["a", "b", "a", "c", "c"]):
        ledger.append(fact(f"decision:{number}", kind=EntryKind.DECISION, order=order, case=f"R-{number}"))
    findings = found(ledger, customers={"a": "c-1", "b": "c-1", "c": "c-2"})
    assert [(one.why, one.who, one.detail) for one in findings] == [
        ("repeat_customer", "c-1", "3 returns: R-0, R-1, R-2")
    ]


def test_the_customer_is_the_orders_own(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1, 4):
        shop.begin(f"R-{number}", {"1": 1})
    told_json = json.loads(told(shop, capsys, "exceptions", "--json"))
    (one,) = told_json["found"]
    customer = shop.orders.all()[0].customer_id
    assert (one["why"], one["who"], one["detail"]) == ("repeat_customer", customer, "3 returns: R-1, R-2, R-3")
    assert json.loads(told(shop, capsys, "exceptions", "--json", "--returns", "4"))["found"] == []
    text = told(shop, capsys, "exceptions")
    assert "Customers with many returns: 1\n" in text
    assert "Refunds without a receipt of goods: 0\n" in text


def test_days_have_an_order() -> None:
    assert Days(first=date(2026, 1, 1)).has(datetime(2026, 1, 1, tzinfo=UTC))
    assert not Days(last=date(2025, 12, 31)).has(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError):
        Days(first=date(2026, 1, 2), last=date(2026, 1, 1))
