"""A replay that compares values: Temporal's own only asks whether the same kinds of things happen in the same order.

The commands that the code gives now are read as they leave the workflow, and held against the recorded events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.plugin import SimplePlugin
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

import worker
from domain.notice import Notice
from workflows.plugin import Backhaul, sandbox
from workflows.return_case.view import CaseView


class Said:
    """The commands of one run, by what the history calls them."""

    def __init__(self) -> None:
        self.commands: dict[str, WorkflowCommand] = {}
        self.updates: dict[str, str] = {}
        self.upserts = 0

    def heard(self, asked: WorkflowActivation, answered: WorkflowActivationCompletion) -> None:
        """One turn of the workflow."""
        for job in asked.jobs:
            if job.HasField("do_update"):
                self.updates[job.do_update.protocol_instance_id] = job.do_update.id
        for command in answered.successful.commands:
            if name := self._name(command):
                self.commands[name] = command

    def _name(self, command: WorkflowCommand) -> str:
        match command.WhichOneof("variant"):
            case "schedule_activity":
                return f"{command.schedule_activity.activity_type} {command.schedule_activity.activity_id}"
            case "start_timer":
                return f"timer {command.start_timer.seq}"
            case "start_child_workflow_execution":
                return f"child {command.start_child_workflow_execution.workflow_id}"
            case "update_response" if not command.update_response.HasField("accepted"):
                return f"update {self.updates[command.update_response.protocol_instance_id]}"
            case "upsert_workflow_search_attributes":
                self.upserts += 1
                return f"upsert {self.upserts}"
            case "complete_workflow_execution" | "fail_workflow_execution":
                return "end"
        return ""


class _Heard(WorkflowInstance):
    """A workflow that is listened to."""

    def __init__(self, real: WorkflowInstance, said: Said) -> None:
        self._real = real
        self._said = said

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        # A copy: what is answered is handed on, and changed on its way out.
        asked = WorkflowActivation.FromString(act.SerializeToString())
        answered = self._real.activate(act)
        self._said.heard(asked, WorkflowActivationCompletion.FromString(answered.SerializeToString()))
        return answered

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._real.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._real.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._real.get_info()

    def get_thread_id(self) -> int | None:
        return self._real.get_thread_id()


_TRIED: list[type] = []


class Listener(WorkflowRunner):
    """Runs workflows as another runner does, and keeps what they say by the run's id."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self._runner = runner
        self.said: dict[str, Said] = {}

    def prepare_workflow(self, defn: Any) -> None:
        """Tries whether it loads in the sandbox, once per process: that costs more than the replay."""
        if defn.cls not in _TRIED:
            self._runner.prepare_workflow(defn)
            _TRIED.append(defn.cls)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        said = self.said[det.info.workflow_id] = Said()
        return _Heard(self._runner.create_instance(det), said)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


async def differences(histories: Sequence[WorkflowHistory], runner: WorkflowRunner | None = None) -> list[str]:
    """What these workflows would do otherwise today; empty if nothing. `runner` is the product's sandbox by default."""
    listener = Listener(runner or sandbox())
    # After the product's plugin, so that its runner is listened to.
    plugins = [Backhaul(), SimplePlugin("listener", workflow_runner=listener)]
    replayer = Replayer(workflows=worker.WORKFLOWS, plugins=plugins)
    found = []
    for history in histories:
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure:
            found.append(f"{history.workflow_id}: {result.replay_failure}")
        else:
            said = listener.said[history.workflow_id]
            found += [f"{history.workflow_id}, event {one}" for one in compared(history, said)]
    return found


def compared(history: WorkflowHistory, said: Said) -> Iterator[str]:
    """Every recorded event that a command caused, held against the command that would cause it today."""
    upserts = 0
    for event in history.events:
        upserts += event.event_type == EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
        name, recorded = _recorded(event, upserts)
        if not name:
            continue
        command = said.commands.get(name)
        if command is None:
            yield f"{event.event_id}: {name} does not happen any more"
            continue
        for path, before, now in unlike(recorded, _given(command)):
            yield f"{event.event_id}: {name}{path} was {before!r} and is {now!r}"


def _recorded(event: HistoryEvent, upserts: int) -> tuple[str, Any]:
    """What a command left in the history: its name, and its values."""
    told = getattr(event, event.WhichOneof("attributes") or "")
    match EventType.Name(event.event_type).removeprefix("EVENT_TYPE_"):
        case "ACTIVITY_TASK_SCHEDULED":
            timeouts = [
                _seconds(told, f"{name}_timeout") for name in ("start_to_close", "heartbeat", "schedule_to_close")
            ]
            values = [told.activity_type.name, told.task_queue.name, _values(told.input.payloads), timeouts]
            return f"{told.activity_type.name} {told.activity_id}", values
        case "TIMER_STARTED":
            return f"timer {told.timer_id}", _seconds(told, "start_to_fire_timeout")
        case "START_CHILD_WORKFLOW_EXECUTION_INITIATED":
            return f"child {told.workflow_id}", [told.workflow_type.name, _values(told.input.payloads)]
        case "WORKFLOW_EXECUTION_UPDATE_COMPLETED":
            return f"update {told.meta.update_id}", [
                _values(told.outcome.success.payloads),
                told.outcome.failure.message,
            ]
        case "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES":
            return f"upsert {upserts}", _fields(told.search_attributes.indexed_fields)
        case "WORKFLOW_EXECUTION_COMPLETED":
            return "end", _values(told.result.payloads)
        case "WORKFLOW_EXECUTION_FAILED":
            return "end", told.failure.message
    return "", None


def _given(command: WorkflowCommand) -> Any:
    """The values of a command, in the same form."""
    kind = str(command.WhichOneof("variant"))
    told = getattr(command, kind)
    match kind:
        case "schedule_activity":
            timeouts = [
                _seconds(told, f"{name}_timeout") for name in ("start_to_close", "heartbeat", "schedule_to_close")
            ]
            return [told.activity_type, told.task_queue, _values(told.arguments), timeouts]
        case "start_timer":
            return _seconds(told, "start_to_fire_timeout")
        case "start_child_workflow_execution":
            return [told.workflow_type, _values(told.input)]
        case "update_response":
            return [_values([told.completed] if told.HasField("completed") else []), told.rejected.message]
        case "upsert_workflow_search_attributes":
            return _fields(told.search_attributes.indexed_fields)
        case "complete_workflow_execution":
            return _values([told.result] if told.HasField("result") else [])
    return told.failure.message


def unlike(before: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where what is now is not what was. A field that the recording does not know was learned later, and says nothing
    of what was before; one that is gone meant nothing if it was empty."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in sorted(before):
            yield from unlike(before[name], now.get(name), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, pair in enumerate(zip(before, now, strict=True)):
            yield from unlike(*pair, f"{path}[{number}]")
    elif before != now and (before or now):
        yield path, before, now


def _values(payloads: Sequence[Payload]) -> list[Any]:
    return [_whole(json.loads(one.data or b"null")) for one in payloads]


def _whole(value: Any) -> Any:
    """With what is left out because it is as by default: what is said now and was not then is a difference, too."""
    match value:
        case {"notice": dict() as notice, **rest}:
            return {**rest, "notice": {**notice, **Notice.model_validate(notice).model_dump(mode="json")}}
        case {"stage": str(), "next_owner": str()}:
            return {**value, **CaseView.model_validate(value).model_dump(mode="json")}
        case _:
            return value


def _fields(fields: Any) -> dict[str, Any]:
    return {name: json.loads(one.data or b"null") for name, one in fields.items()}


def _seconds(told: Message, field: str) -> float:
    """A duration; unset is none."""
    return float(getattr(told, field).ToNanoseconds() / 1e9) if told.HasField(field) else 0.0
