"""How `python -m embedded` ends when its story cannot be told to the end."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

from domain.errors import Unavailable
from embedded.__main__ import _run

SAID = "ben is nobody who may act here. Who could: ann."


def _within_an_activity() -> WorkflowFailureError:
    around = ActivityError(
        "Activity task failed", scheduled_event_id=1, started_event_id=2, identity="", activity_type="record",
        activity_id="1", retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )  # fmt: skip
    around.__cause__ = ApplicationError(SAID)
    return WorkflowFailureError(cause=around)


@pytest.mark.parametrize(
    "error",
    [Unavailable(SAID), WorkflowUpdateFailedError(ApplicationError(SAID, type="Refused")), _within_an_activity()],
)
def test_what_stops_it_is_told_in_its_own_words(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> int:
        raise error

    assert _run(story()) == 1
    assert capsys.readouterr() == ("", f"{SAID}\n")
