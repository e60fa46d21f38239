"""Right refunds, however they went, have no breaks; one planted difference is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.refund import RefundStatus
from ledger.reconcile import BreakKind, Opened
from ledger.reconcile.facts import What
from tests.reconcile.books import (
    DAY,
    HOUR,
    MIDDLE,
    MINUTE,
    OCTOBER,
    SINCE,
    UNTIL,
    Books,
    closes,
    fact,
    key,
    made,
    moved,
)

FIRST, LAST = SINCE - 50 * DAY, UNTIL + 5 * DAY
LONG_AFTER = OCTOBER.model_copy(update={"now": LAST + 60 * DAY})
SEEDS = st.integers(min_value=0, max_value=2**32)


def walk(seed: int) -> Books:
    """Refunds that went every right way, before, in and after the days."""
    random, books = Random(seed), Books()
    for number in range(2, random.randrange(3, 40)):
        at = FIRST + timedelta(seconds=random.randrange(int((LAST - FIRST).total_seconds())))
        way = random.choice((Books.good, slow, refused, failed_late, refused_outright, made_elsewhere, outside))
        way(books, at, number, random.choice((1, 999, 123_456)))
    return books


def slow(books: Books, at: datetime, number: int, amount: int) -> None:
    facts = [fact(What.SUBMITTED, at, number, amount), fact(What.SETTLED, at + 4 * DAY, number, amount, arn="a")]
    books.facts += facts
    books.refunds.append(made(at + HOUR, number, amount))
    books.movements.append(moved(at + 3 * DAY, number, -amount))


def refused(books: Books, at: datetime, number: int, amount: int) -> None:
    books.facts += [fact(What.SUBMITTED, at, number, amount), fact(What.FAILED, at + DAY, number, amount)]
    books.refunds.append(made(at + MINUTE, number, amount, status=RefundStatus.FAILED))


def failed_late(books: Books, at: datetime, number: int, amount: int) -> None:
    books.good(at, number, amount)
    books.refunds[-1] = made(at + MINUTE, number, amount, status=RefundStatus.FAILED)
    books.facts.append(fact(What.REVERSED, at + 20 * DAY, number, amount))
    books.movements.append(moved(at + 20 * DAY, number, amount, id=f"back_{number}", category="refund_failure"))


def refused_outright(books: Books, at: datetime, number: int, amount: int) -> None:
    books.facts.append(fact(What.SUBMITTED, at, number, amount))
    books.facts.append(fact(What.FAILED, at + MINUTE, number, amount, refund=""))


def made_elsewhere(books: Books, at: datetime, number: int, amount: int) -> None:
    outside(books, at, number, amount)
    books.facts.append(fact(What.ELSEWHERE, at + HOUR, number, amount, key=f"elsewhere:re_{number}", case=""))
    books.orders[f"pi_{number}"] = Opened(f"B-{number}", FIRST, 0)


def outside(books: Books, at: datetime, number: int, amount: int) -> None:
    books.refunds.append(made(at, number, amount, key="", case="", arn=""))
    books.movements.append(moved(at, number, -amount))


@given(SEEDS)
def test_right_refunds_have_no_breaks_and_the_sums_close(seed: int) -> None:
    found = walk(seed).match(LONG_AFTER)
    assert found.breaks == ()
    assert closes(found)


@given(SEEDS)
def test_days_that_hold_everything_leave_nothing_in_flight_or_cut_off(seed: int) -> None:
    books = walk(seed)
    whole = LONG_AFTER.model_copy(update={"since": FIRST - DAY, "until": LAST + 30 * DAY})
    found = books.match(whole)
    assert (found.breaks, found.waiting) == ((), ())
    for one in found.summaries:
        assert {each.why for each in one.journal_to_provider} <= {"outside"}
        assert one.provider == one.balance
        assert (one.opening.count, one.closing.count) == (0, 0)


def unbook(books: Books) -> None:
    books.facts = [one for one in books.facts if one.key != key(1)]


def unbook_elsewhere(books: Books) -> None:
    unbook(books)
    change_refund(key="")(books)
    books.orders["pi_1"] = Opened("B-1", FIRST, 0)


def unmake(books: Books) -> None:
    books.refunds = [one for one in books.refunds if one.id != "re_1"]
    books.movements = [one for one in books.movements if one.source != "re_1"]


def change_refund(**more: object) -> Callable[[Books], None]:
    def change(books: Books) -> None:
        books.refunds = [one.model_copy(update=more) if one.id == "re_1" else one for one in books.refunds]

    return change


def without(what: What) -> Callable[[Books], None]:
    def change(books: Books) -> None:
        books.facts = [one for one in books.facts if (one.key, one.what) != (key(1), what)]

    return change


def unmove(books: Books) -> None:
    books.movements = [one for one in books.movements if one.source != "re_1"]


def move_otherwise(books: Books) -> None:
    unmove(books)
    books.movements.append(moved(MIDDLE, amount=-1))


def make_again(books: Books) -> None:
    books.refunds.append(made(MIDDLE + 2 * HOUR, id="re_again"))


def fail_late_unheard(books: Books) -> None:
    change_refund(status=RefundStatus.FAILED)(books)
    books.movements.append(moved(MIDDLE + DAY, amount=1000, id="txn_back", category="refund_failure"))


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (unbook, BreakKind.LOST),
        (unbook_elsewhere, BreakKind.NOT_ENTERED),
        (unmake, BreakKind.NO_REFUND),
        (change_refund(amount=999), BreakKind.AMOUNT_DIFFERS),
        (change_refund(currency="USD"), BreakKind.CURRENCY_DIFFERS),
        (change_refund(payment="pi_other"), BreakKind.PAYMENT_DIFFERS),
        (without(What.SETTLED), BreakKind.STATUS_DIFFERS),
        (without(What.TRACED), BreakKind.ARN_MISSING),
        (unmove, BreakKind.BALANCE_MISSING),
        (move_otherwise, BreakKind.BALANCE_DIFFERS),
        (make_again, BreakKind.DOUBLE),
        (fail_late_unheard, BreakKind.FAILED_NOT_REVERSED),
        (lambda books: books.movements.append(moved(MIDDLE, 99)), BreakKind.BALANCE_WITHOUT_REFUND),
    ],
)
@settings(max_examples=15)
@given(seed=SEEDS)
def test_one_planted_difference_is_found_and_only_it(
    plant: Callable[[Books], object], kind: BreakKind, seed: int
) -> None:
    books = walk(seed).good(MIDDLE)
    plant(books)
    found = books.match(LONG_AFTER)
    assert [one.kind for one in found.breaks] == [kind]
    assert {"re_1", "txn_99", "re_again"} & {
        *found.breaks[0].refunds,
        *found.breaks[0].movements,
    } or kind is kind.NO_REFUND
    assert closes(found)
