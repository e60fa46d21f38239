"""A recorded return to be played again: what was asked and said, and what its activities answered, as plain JSON.

Whoever plays it has its own id, and lives now: the days and moments in what was recorded move along.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

Json = Any

_DAY, _MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d\b(?!T)"), re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Tape:
    """One return of the recordings."""

    def __init__(self, case: str, events: Sequence[HistoryEvent]) -> None:
        self.case = case
        self.began = events[0].event_time.ToDatetime(UTC)
        self.request = self.result = ""
        self.updates: list[tuple[int, str, str, str]] = []
        """Of each Update: after how many activities it comes, its name, what it says, and what it is answered."""
        self.asked = defaultdict[str, list[str]](list)
        self.answers = defaultdict[str, list[str]](list)
        self.upserts: list[dict[str, Json]] = []
        self.queues: dict[str, str] = {}
        self._names: dict[int, str] = {}
        for event in events:
            self._hear(event, getattr(event, event.WhichOneof("attributes") or ""))

    def _hear(self, event: HistoryEvent, told: Any) -> None:
        match EventType.Name(event.event_type).removeprefix("EVENT_TYPE_"):
            case "WORKFLOW_EXECUTION_STARTED":
                self.request = _text(told.input)
            case "WORKFLOW_EXECUTION_COMPLETED":
                self.result = _text(told.result)
            case "ACTIVITY_TASK_SCHEDULED":
                self._names[event.event_id] = told.activity_type.name
                self.queues[told.activity_type.name] = told.task_queue.name
                self.asked[told.activity_type.name].append(_text(told.input))
            case "ACTIVITY_TASK_COMPLETED":
                self.answers[self._names[told.scheduled_event_id]].append(_text(told.result))
            case "WORKFLOW_EXECUTION_UPDATE_ACCEPTED":
                asked = told.accepted_request.input
                self.updates.append((len(self._names), asked.name, _text(asked.args), ""))
            case "WORKFLOW_EXECUTION_UPDATE_COMPLETED":
                self.updates[-1] = (*self.updates[-1][:3], _text(told.outcome.success))
            case "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES":
                fields = told.search_attributes.indexed_fields
                self.upserts.append({name: json.loads(one.data or b"null") for name, one in fields.items()})

    def play(self, text: str, case: str) -> Json:
        """What was recorded, as if this return had begun now."""
        passed = datetime.now(UTC) - self.began
        text = _MOMENT.sub(lambda found: _later(found[0], passed), text)
        text = _DAY.sub(lambda found: str(date.fromisoformat(found[0]) + timedelta(days=passed.days)), text)
        return json.loads(text.replace(self.case, case))


class Player:
    """Activities that do nothing but answer from the tape."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._calls = defaultdict[str, list[tuple[str, str]]](list)
        self._called = defaultdict[str, asyncio.Event](asyncio.Event)

    def activities(self) -> dict[str, list[Callable[..., Json]]]:
        """Those that the tape knows, by task queue."""
        found = defaultdict[str, list[Callable[..., Json]]](list)
        for name, queue in self.tape.queues.items():
            found[queue].append(self._answering(name))
        return found

    async def called(self, case: str, times: int) -> None:
        """Until a return has called so often."""
        while len(self._calls[case]) < times:
            self._called[case].clear()
            await self._called[case].wait()

    def _answering(self, name: str) -> Callable[..., Json]:
        @activity.defn(name=name)
        async def answer(given: Json) -> Json:
            info = activity.info()
            case = (info.workflow_id or "").removeprefix("return-")
            call, calls = (name, info.activity_id), self._calls[case]
            if call not in calls:  # else it is tried again
                calls.append(call)
            number = [one for one in calls if one[0] == name].index(call)
            self._called[case].set()
            return self.tape.play(self.tape.answers[name][number], case)

        return answer


@cache
def plain(text: str) -> Json:
    """What was recorded, as it was."""
    return json.loads(text)


def _later(moment: str, passed: timedelta) -> str:
    return (datetime.fromisoformat(moment) + passed).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(payloads: Any) -> str:
    (one,) = payloads.payloads
    return one.data.decode() or "null"
