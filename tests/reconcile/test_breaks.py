"""Each kind of break by hand: found, alone, with what it is about; and what is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.refund import RefundStatus
from ledger.reconcile import BreakKind, Opened
from ledger.reconcile.breaks import MEANINGS
from ledger.reconcile.facts import What
from tests.house.tree import ROOT
from tests.reconcile.books import (
    DAY,
    HOUR,
    MIDDLE,
    MINUTE,
    NOW,
    OCTOBER,
    SECOND,
    SINCE,
    UNTIL,
    Books,
    closes,
    fact,
    made,
    moved,
)

Change = Callable[[Books], object]


def both(*changes: Change) -> Change:
    """One after the other."""

    def change(books: Books) -> None:
        for one in changes:
            one(books)

    return change


def unmade(books: Books) -> None:
    books.refunds.clear()


def unmoved(books: Books) -> None:
    books.movements.clear()


def drop_facts(books: Books) -> None:
    books.facts = [one for one in books.facts if one.key != books.refunds[0].key]


def put(side: str, **more: object) -> Change:
    """Change the first of a side."""

    def change(books: Books) -> None:
        rows = getattr(books, side)
        rows[0] = rows[0].model_copy(update=more)

    return change


def only_submitted(books: Books) -> None:
    books.facts = books.facts[:1]


def elsewhere(known: bool) -> Change:
    def change(books: Books) -> None:
        drop_facts(books)
        put("refunds", key="")(books)
        if known:
            books.orders["pi_1"] = Opened("B-1", SINCE, 0)

    return change


def refused(books: Books) -> None:
    books.facts = [books.facts[0], fact(What.FAILED, MIDDLE + HOUR)]


def reversed_late(books: Books) -> None:
    books.facts.append(fact(What.REVERSED, MIDDLE + 9 * DAY))


def failed_late(books: Books) -> None:
    put("refunds", status=RefundStatus.FAILED, reason="declined")(books)
    books.movements.append(moved(MIDDLE + 9 * DAY, amount=1000, id="txn_back", category="refund_failure"))


def pending(books: Books) -> None:
    only_submitted(books)
    put("refunds", status=RefundStatus.PENDING, reason="insufficient_funds")(books)
    books.movements.clear()


def untraced(books: Books) -> None:
    books.facts = [one for one in books.facts if one.what is not What.TRACED]


def twice(books: Books, after: timedelta = 3 * DAY) -> None:
    books.refunds.append(made(MIDDLE + after, id="re_again"))
    books.movements.append(moved(MIDDLE + after, id="txn_again", source="re_again"))


def moved_alone(books: Books) -> None:
    books.movements.append(moved(MIDDLE, number=9, amount=-77))


@pytest.mark.parametrize(
    ("change", "kind", "booked", "paid", "detail"),
    [
        (drop_facts, BreakKind.LOST, 0, 1000, "the provider says succeeded"),
        (elsewhere(known=True), BreakKind.NOT_ENTERED, 0, 1000, "the provider says succeeded"),
        (lambda books: books.refunds.clear(), BreakKind.NO_REFUND, 1000, 0, "confirmed on 2026-10-10"),
        (put("refunds", amount=900), BreakKind.AMOUNT_DIFFERS, 1000, 900, "10.00 EUR was entered, 9.00 EUR refunded"),
        (put("refunds", currency="USD"), BreakKind.CURRENCY_DIFFERS, 1000, 1000, "EUR was entered, USD refunded"),
        (put("refunds", payment="pi_2"), BreakKind.PAYMENT_DIFFERS, 1000, 1000, "pi_1 was entered, pi_2 refunded"),
        (only_submitted, BreakKind.STATUS_DIFFERS, 1000, 1000, "the journal waits, the provider says succeeded"),
        (refused, BreakKind.STATUS_DIFFERS, 1000, 1000, "the journal says failed, the provider says succeeded"),
        (
            reversed_late,
            BreakKind.STATUS_DIFFERS,
            1000,
            0,
            "the journal says failed late, the provider succeeded",
        ),
        (failed_late, BreakKind.FAILED_NOT_REVERSED, 1000, 1000, "the provider says failed (declined)"),
        (pending, BreakKind.PENDING_TOO_LONG, 1000, 1000, "pending for 43 days (insufficient_funds)"),
        (untraced, BreakKind.ARN_MISSING, 1000, 1000, "the provider has arn1"),
        (lambda books: books.movements.clear(), BreakKind.BALANCE_MISSING, 1000, 1000, "10.00 EUR did not move"),
        (
            put("movements", amount=-999),
            BreakKind.BALANCE_DIFFERS,
            1000,
            1000,
            "9.99 EUR moved, 10.00 EUR should have",
        ),
        (twice, BreakKind.DOUBLE, 0, 1000, "re_again was made although another refund has this key"),
        (moved_alone, BreakKind.BALANCE_WITHOUT_REFUND, 0, 0, "refund -0.77 EUR"),
    ],
)
def test_one_difference_is_one_break(change: Change, kind: BreakKind, booked: int, paid: int, detail: str) -> None:
    books = Books().good()
    change(books)
    books.good(MIDDLE + DAY, 2, 500)
    found = books.match()
    assert [(one.kind, one.booked, one.paid, one.detail) for one in found.breaks] == [(kind, booked, paid, detail)]
    assert closes(found)


def test_a_break_says_what_it_is_about() -> None:
    books = Books().good()
    put("refunds", amount=900)(books)
    (found,) = books.match().breaks
    assert (found.case, found.order, found.payment, found.at) == ("R-1", "B-1", "pi_1", MIDDLE)
    assert (found.key, found.refunds, found.movements) == ("refund:R-1:1:pi_1:1", ("re_1",), ("txn_1",))


def test_a_lost_refund_names_its_order_by_the_payment() -> None:
    books = Books().good()
    drop_facts(books)
    books.orders["pi_1"] = Opened("B-1", SINCE, 5000)
    (found,) = books.match().breaks
    assert (found.kind, found.case, found.order) == (BreakKind.LOST, "R-1", "B-1")


def test_two_refunds_that_are_read_before_the_first_is_whole_are_one_break() -> None:
    books = Books().good()
    twice(books, 30 * HOUR)
    (found,) = books.match().breaks
    assert (found.kind, found.refunds, found.paid) == (BreakKind.DOUBLE, ("re_1", "re_again"), 2000)


@pytest.mark.parametrize(
    "change",
    [
        both(reversed_late, failed_late),
        both(refused, unmade, unmoved),
        both(refused, put("refunds", status=RefundStatus.CANCELED), unmoved),
        both(untraced, put("refunds", shows_as="reversal", arn="")),
        both(untraced, put("refunds", shows_as="", arn="")),
        lambda books: books.facts.append(fact(What.BY_HAND, MIDDLE, 3, refund="SEPA-1")),
        lambda books: books.movements.append(moved(MIDDLE, 9, category="dispute", source="dp_9")),
    ],
)
def test_what_is_right_is_no_break(change: Change) -> None:
    books = Books().good()
    change(books)
    found = books.match()
    assert found.breaks == ()
    assert closes(found)


def test_a_refund_made_elsewhere_is_right_once_it_is_entered_and_when_it_came_back() -> None:
    books = Books().good()
    elsewhere(known=True)(books)
    entered = fact(What.ELSEWHERE, MIDDLE + DAY, key="elsewhere:re_1", case="")
    books.facts.append(entered)
    found = books.match()
    assert (found.breaks, found.outside) == ((), ())
    assert found.summaries[0].elsewhere.amount == 1000
    failed_late(books)
    assert [one.kind for one in books.match().breaks] == [BreakKind.FAILED_NOT_REVERSED]
    books.facts.append(entered.model_copy(update={"what": What.REVERSED, "at": MIDDLE + 10 * DAY}))
    assert books.match().breaks == ()


def test_a_lost_refund_of_ours_is_right_once_finance_entered_it() -> None:
    books = Books().good()
    drop_facts(books)
    books.facts.append(fact(What.ELSEWHERE, MIDDLE + DAY, key="elsewhere:re_1", case=""))
    assert books.match().breaks == ()


def test_a_refund_of_an_unknown_payment_is_outside() -> None:
    books = Books().good()
    elsewhere(known=False)(books)
    found = books.match()
    assert [(one.refund, one.why, one.order) for one in found.outside] == [("re_1", "outside", "")]
    assert found.breaks == ()
    assert [(one.why, one.amount) for one in found.summaries[0].journal_to_provider] == [("outside", 1000)]
    assert closes(found)


@pytest.mark.parametrize(("before", "breaks"), [(1000, 0), (999, 1)])
def test_a_refund_that_came_with_the_order_is_no_break(before: int, breaks: int) -> None:
    books = Books().good()
    elsewhere(known=False)(books)
    books.orders["pi_1"] = Opened("B-1", MIDDLE + DAY, before)
    found = books.match()
    assert len(found.breaks) == breaks
    assert [(one.why, one.order) for one in found.outside] == [("came_with_order", "B-1")] * (1 - breaks)


def test_what_came_with_an_order_covers_no_more_than_that() -> None:
    books = Books().good()
    elsewhere(known=False)(books)
    books.refunds.append(made(MIDDLE + HOUR, id="re_2", key=""))
    books.movements.append(moved(MIDDLE + HOUR, 2))
    books.orders["pi_1"] = Opened("B-1", MIDDLE + DAY, 1000)
    assert [one.refunds for one in books.match().breaks] == [("re_2",)]


def test_a_refund_over_the_end_of_the_days_is_in_flight() -> None:
    books = Books()
    late = UNTIL - MINUTE
    books.facts = [fact(What.SUBMITTED, late), fact(What.SETTLED, UNTIL + HOUR, arn="arn1")]
    books.refunds, books.movements = [made(UNTIL + 2 * MINUTE)], [moved(UNTIL + 3 * MINUTE)]
    october = books.match()
    assert october.breaks == ()
    assert [(one.key, one.why) for one in october.waiting] == [
        ("refund:R-1:1:pi_1:1", "decided on 2026-11-01, after these days")
    ]
    (summary,) = october.summaries
    assert [one.count for one in (summary.opening, summary.submitted, summary.settled, summary.closing)] == [0, 1, 0, 1]
    november = books.match(OCTOBER.model_copy(update={"since": UNTIL, "until": UNTIL + 30 * DAY}))
    (summary,) = november.summaries
    assert [one.count for one in (summary.opening, summary.submitted, summary.settled, summary.closing)] == [1, 0, 1, 0]
    assert (summary.journal, summary.provider, summary.balance) == (1000, 1000, 1000)
    assert november.breaks == ()


def test_one_made_before_the_days_end_and_confirmed_after_it_is_told_as_cut_off() -> None:
    books = Books()
    late = UNTIL - MINUTE
    books.facts = [fact(What.SUBMITTED, late), fact(What.SETTLED, UNTIL + HOUR, arn="arn1")]
    books.refunds, books.movements = [made(late)], [moved(late)]
    (summary,) = books.match().summaries
    assert (summary.journal, summary.provider, summary.balance) == (0, 1000, 1000)
    assert [(one.why, one.count, one.amount) for one in summary.journal_to_provider] == [("cut_off", 1, 1000)]


@pytest.mark.parametrize(
    ("change", "age", "breaks"),
    [
        (both(only_submitted, unmade, unmoved), HOUR, 0),
        (both(only_submitted, unmade, unmoved), HOUR + MINUTE, 1),
        (drop_facts, 2 * MINUTE, 0),  # it was made a minute after it was asked for
        (drop_facts, 2 * MINUTE + SECOND, 1),
        (only_submitted, 6 * HOUR, 0),
        (only_submitted, 6 * HOUR + 2 * MINUTE, 1),
        (pending, 5 * DAY, 0),
        (pending, 5 * DAY + 2 * MINUTE, 1),
        (untraced, 7 * DAY, 0),
        (untraced, 7 * DAY + 3 * MINUTE, 1),
        (lambda books: books.movements.clear(), HOUR, 0),
        (lambda books: books.movements.clear(), HOUR + 2 * MINUTE, 1),
    ],
)
def test_patience_has_an_end(change: Change, age: timedelta, breaks: int) -> None:
    books = Books().good(NOW - age)
    change(books)
    assert len(books.match(OCTOBER.model_copy(update={"since": NOW - 35 * DAY, "until": NOW})).breaks) == breaks


@pytest.mark.parametrize(
    ("currency", "minor", "told"), [("JPY", 500, "500 JPY"), ("ISK", 7, "7 ISK"), ("KWD", 1250, "1.250 KWD")]
)
def test_currencies_of_other_decimals(currency: str, minor: int, told: str) -> None:
    books = Books().good(amount=minor)
    books.facts = [one.model_copy(update={"currency": currency}) for one in books.facts]
    put("refunds", currency=currency)(books)
    put("movements", currency=currency)(books)
    assert books.match().breaks == ()
    put("refunds", amount=minor + 1)(books)
    put("movements", amount=-minor - 1)(books)
    (found,) = books.match().breaks
    assert found.detail.startswith(f"{told} was entered")


def test_a_balance_in_another_currency_is_told_and_not_compared() -> None:
    books = Books().good()
    put("movements", currency="CHF", amount=-940)(books)
    found = books.match()
    assert found.breaks == ()
    assert {one.currency: [each.why for each in one.provider_to_balance] for one in found.summaries} == {
        "CHF": ["converted"],
        "EUR": ["converted"],
    }
    assert closes(found)


def test_a_refund_older_than_what_is_read_is_looked_up() -> None:
    old = SINCE - 40 * DAY
    books = Books().good(old)
    books.facts.append(fact(What.REVERSED, MIDDLE))
    assert [one.kind for one in books.match().breaks] == [BreakKind.STATUS_DIFFERS]
    put("refunds", status=RefundStatus.FAILED)(books)
    books.movements.append(moved(MIDDLE, amount=1000, id="txn_back", category="refund_failure"))
    found = books.match()
    assert found.breaks == ()
    assert (found.summaries[0].journal, found.summaries[0].reversed.amount) == (-1000, 1000)
    assert found.summaries[0].balance == -1000


def test_other_days_are_not_told() -> None:
    books = Books().good(SINCE - 2 * DAY).good(UNTIL + DAY, 2)
    books.refunds.clear()
    found = books.match()
    assert (found.breaks, found.summaries, found.waiting) == ((), (), ())


def test_every_kind_of_movement_is_added_up() -> None:
    books = Books().good()
    for category, amount, fee in (("dispute", -5000, 1500), ("charge", 900, 30), ("dispute", -100, 0)):
        books.movements.append(moved(MIDDLE, 9, amount, category=category, fee=fee, net=amount - fee, source="x"))
    told = [(one.category, one.count, one.amount, one.fee, one.net) for one in books.match().categories]
    assert told == [("charge", 1, 900, 30, 870), ("dispute", 2, -5100, 1500, -6600), ("refund", 1, -1000, 0, -1000)]


def test_every_kind_has_its_meaning_and_its_line_in_the_page_for_finance() -> None:
    assert list(MEANINGS) == list(BreakKind)
    page = (ROOT / "docs" / "finance.md").read_text()
    assert not [one for one in BreakKind if f"\n| `{one}` | " not in page]
