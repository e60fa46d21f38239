"""Every kind of mail has its time, and what ends it is something that the journal records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.notice import NoticeKind
from domain.staleness import GRACE, WORTH, stale
from ledger import EntryKind


def test_every_kind_stands_in_the_table() -> None:
    assert set(WORTH) == set(NoticeKind)


def test_only_facts_of_the_journal_end_a_mail() -> None:
    assert {fact for worth in WORTH.values() for fact in worth.until} <= set(EntryKind)


@pytest.mark.parametrize("kind", NoticeKind)
def test_within_the_hour_every_mail_goes_out_and_after_a_year_none(kind: NoticeKind) -> None:
    assert stale(kind, GRACE - timedelta(seconds=1), set(EntryKind)) == ""
    assert stale(kind, timedelta(days=366), ()) == "too_old"


@pytest.mark.parametrize(
    ("kind", "late", "since", "why"),
    [
        (NoticeKind.IN_TRANSIT, timedelta(days=2), (), ""),
        (NoticeKind.IN_TRANSIT, timedelta(days=2), ("receipt",), "receipt"),
        (NoticeKind.REFUND_DONE, timedelta(days=8), ("closed", "refund_settled", "restock"), ""),
        (NoticeKind.REFUND_DONE, timedelta(days=8), ("closed", "refund_reversed"), "refund_reversed"),
        (NoticeKind.RECEIVED, timedelta(hours=2), ("refund_settled",), "refund_settled"),
    ],
)
def test_a_mail_that_is_not_true_any_more_is_stale(
    kind: NoticeKind, late: timedelta, since: tuple[str, ...], why: str
) -> None:
    assert stale(kind, late, since) == why
