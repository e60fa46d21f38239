"""What bean-check says of a small run's export; `make proof PART=books` is the long form."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ledger.mixed import Mixed, mixed
from tests.proof.books import BEAN_CHECK, balanced, bean_check, said, totals


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    """Thirty returns."""
    with mixed(tmp_path_factory.mktemp("mixed"), 30) as told:
        yield told


@pytest.fixture(scope="module", autouse=True)
def judge() -> None:
    """`make test` makes it."""
    assert BEAN_CHECK.exists(), "bean-check is missing; `make judges` makes its environment"


def test_the_run_is_mixed(run: Mixed) -> None:
    assert {"refunded", "declined", "cancelled", "failed", "keep", "stuck", "open"} <= set(run.told)
    assert sum(run.told.values()) == 30
    assert {one.commodity for one in run.ledger.balances("paid:")} == {"EUR", "USD", "JPY", "KWD"}
    assert run.ledger.verify().faults == ()


def test_bean_check_accepts_the_books_and_their_totals_are_ours(run: Mixed, tmp_path: Path) -> None:
    text, expected = said(run.ledger, "export", "--format", "beancount"), totals(run.ledger)
    assert len(expected) > 15
    assert any(expected.values())
    assert bean_check(balanced(text, expected), tmp_path) == ""


def test_bean_check_finds_a_total_that_is_off_by_the_smallest_amount(run: Mixed, tmp_path: Path) -> None:
    text, expected = said(run.ledger, "export", "--format", "beancount"), totals(run.ledger)
    off = {**expected, ("Assets:Payments", "KWD"): expected["Assets:Payments", "KWD"] + Decimal("0.001")}
    assert "Balance failed for 'Assets:Payments'" in bean_check(balanced(text, off), tmp_path)


def test_bean_check_finds_an_amount_that_was_changed(run: Mixed, tmp_path: Path) -> None:
    text = said(run.ledger, "export", "--format", "beancount")
    first = next(line for line in text.splitlines() if line.startswith("  Assets:Payments  "))
    changed = text.replace(first, first.replace("Payments  ", "Payments  1"), 1)
    assert "does not balance" in bean_check(changed, tmp_path)


def test_a_month_alone_is_accepted_too(run: Mixed, tmp_path: Path) -> None:
    january = said(run.ledger, "export", "--format", "beancount", "--to", "2026-01-31")
    february = said(run.ledger, "export", "--format", "beancount", "--from", "2026-02-01")
    whole = said(run.ledger, "export", "--format", "beancount")
    assert bean_check(january, tmp_path) == bean_check(february, tmp_path) == ""
    assert january.count(" * ") + february.count(" * ") == whole.count(" * ") > january.count(" * ") > 0
