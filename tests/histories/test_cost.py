"""What a plain return may cost on Temporal; its commands are those of today, or the replay of its history fails."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType

from benchmarks.return_cost import cost
from tests.histories.recording import FOLDER, Recording

PLAIN = Recording.read(FOLDER / "plain_withdrawal_told_in_full.json.gz")
TRUE_SERVER = 70
"""Bytes an event, on average, that a true server keeps and a recording does not: worker identities, their queues, ids
of requests and builds. Measured 67 for workers called `26082@vm`, 64 in a container, 81 under a name of 34 letters."""


def test_a_plain_return_stays_within_its_budget() -> None:
    (history,) = PLAIN.histories
    asked = [one.activity_task_scheduled_event_attributes.activity_type.name for one in history.events]
    assert (asked.count("send_notice"), asked.count("record_scan"), asked.count("pay_leg")) == (6, 3, 1)
    events, size, actions = cost(PLAIN.histories)
    assert events <= 150
    assert actions <= 34
    assert size + TRUE_SERVER * events <= 40_000


def test_actions_are_counted_as_they_are_billed() -> None:
    (history,) = PLAIN.histories
    names = [EventType.Name(one.event_type).removeprefix("EVENT_TYPE_") for one in history.events]
    assert cost(PLAIN.histories).actions == sum(
        names.count(one)
        for one in (
            "WORKFLOW_EXECUTION_STARTED",
            "ACTIVITY_TASK_SCHEDULED",  # nothing was tried twice
            "TIMER_STARTED",
            "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
            "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
        )
    )
