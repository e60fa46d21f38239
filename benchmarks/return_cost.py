"""What each recorded return costs on Temporal: python -m benchmarks.return_cost

Events and bytes are those of all its workflows' histories (without what a true server adds, some 65 bytes an event);
actions are counted as Temporal's cloud bills them; replaying is the processor time from first event to last, sandboxed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.histories import recording
from tests.histories.recording import Recording
from tests.histories.replaying import differences

_BILLED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: 1,
    EventType.EVENT_TYPE_TIMER_STARTED: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 1,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 1,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 1,
    EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED: 1,
    EventType.EVENT_TYPE_MARKER_RECORDED: 1,
    # Besides the start that the child's own history has.
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: 1,
}


_TASK = [
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
]
_WAKES = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
)
"""What asks for a task of the workflow."""
_SAID = (EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED)
"""What comes of a task that nothing in the history asked for."""


class Cost(NamedTuple):
    """Of one or several histories."""

    events: int
    bytes: int
    actions: int


def cost(histories: Iterable[WorkflowHistory]) -> Cost:
    """What the events of these histories amount to."""
    events = [event for history in histories for event in _without_questions(history.events)]
    return Cost(len(events), sum(event.ByteSize() for event in events), sum(map(_actions, events)))


def _without_questions(events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """The test server keeps a workflow task for a query that comes at a busy moment; a true server keeps none."""
    kept: list[HistoryEvent] = []
    woken = False
    for at, event in enumerate(events):
        kept.append(event)
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            after = events[at + 1].event_type if at + 1 < len(events) else None
            if not woken and after not in _SAID and [one.event_type for one in kept[-3:]] == _TASK:
                del kept[-3:]
            woken = False
        woken = woken or event.event_type in _WAKES
    return kept


def _actions(event: HistoryEvent) -> int:
    """An activity is billed once for every attempt, of which the last one's start tells the number."""
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
        return event.activity_task_started_event_attributes.attempt
    return _BILLED.get(event.event_type, 0)


async def _replayed(histories: list[WorkflowHistory]) -> float:
    """Milliseconds of processor time to go through them once; the first replay of a process loads the code."""
    begun = time.process_time()
    _ = await differences(histories)
    return (time.process_time() - begun) * 1000


async def main() -> None:
    """All recordings, the dearest first."""
    rows = []
    for number, path in enumerate(recording.files()):
        histories = Recording.read(path).histories
        if number == 0:
            _ = await _replayed(histories)
        rows.append((path.name.removesuffix(".json.gz"), cost(histories), await _replayed(histories)))
    width = max(len(name) for name, _, _ in rows)
    sys.stdout.write(f"{'scenario':{width}}  actions  events   bytes  replay ms\n")
    for name, one, spent in sorted(rows, key=lambda row: (-row[1].actions, -row[1].events, row[0])):
        sys.stdout.write(f"{name:{width}}  {one.actions:7}  {one.events:6}  {one.bytes:6}  {spent:9.0f}\n")


if __name__ == "__main__":
    asyncio.run(main())
