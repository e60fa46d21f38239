"""How errors of activities stand in a history: for people to read, and for retries to obey."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.errors import as_failure
from domain.errors import BackhaulError, InvalidRequest, KeyConflict, OverLimit, Refused, Stale, Unavailable


@pytest.mark.parametrize(
    ("error", "type", "detail", "final"),
    [
        (InvalidRequest("lines.0.quantity", "is too much"), "InvalidRequest", "lines.0.quantity", True),
        (Refused("label_refused", "no"), "Refused", "label_refused", True),
        (OverLimit("paid:1", 2, 1), "Refused", "over_limit", True),
        (KeyConflict("no"), "KeyConflict", "", True),
        (Unavailable("no answer"), "Unavailable", "", False),
        (Stale("moved on"), "Stale", "", False),
    ],
)
def test_each_error_has_a_type_a_detail_and_an_end(error: BackhaulError, type: str, detail: str, final: bool) -> None:
    failure = as_failure(error)
    assert (failure.type, failure.details, failure.non_retryable) == (type, (detail,), final)
    assert failure.message == error.message


def test_the_next_try_comes_when_the_provider_asks_for_it() -> None:
    assert as_failure(Unavailable("busy", retry_after=40)).next_retry_delay == timedelta(seconds=40)
    assert as_failure(Unavailable("down")).next_retry_delay is None


def test_an_order_that_moved_on_is_read_again_at_once() -> None:
    delay = as_failure(Stale("moved on")).next_retry_delay
    assert delay is not None
    assert timedelta(0) < delay < timedelta(seconds=1)
