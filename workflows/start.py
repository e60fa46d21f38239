"""How a return is started from Python: typed, idempotent by the return's id."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.canonical import canonical_json, sha256
from domain.errors import InvalidRequest, KeyConflict
from domain.request import ReturnRequest, parse_request
from domain.resolution import Resolution
from domain.stores import Notes
from workflows.return_case.stage import Stage
from workflows.return_case.view import NEEDS_ACTION, ORDER_ID, STAGE, CaseView

_ENDED_BADLY = (
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
)

_ANEW = WorkflowIDConflictPolicy.TERMINATE_EXISTING, WorkflowIDReusePolicy.ALLOW_DUPLICATE

ReturnHandle = WorkflowHandle[Any, CaseView]
"""By name, so that a storefront needs no workflow code to start a return."""


async def start_return(
    client: Client,
    request: ReturnRequest,
    *,
    notes: Notes | None = None,
    texts: Mapping[str, str] | None = None,
    anew: bool = False,
) -> ReturnHandle:
    """Start a return, or find the one that was started with this id, running or closed; `anew` puts a new run into
    its place, which goes on from what the journal knows.

    `texts` are the shopper's own words by line id; they are stored in `notes` and only their ids travel.
    Raises KeyConflict if the id stands for a return of other lines, on another basis, by another way or of another
    appeal, and InvalidRequest for texts that have no place.
    """
    content = content_of(request)
    if texts:
        request = await _with_notes(client, request, notes, texts)
    try:
        handle = await client.start_workflow(
            ids.WORKFLOW_TYPE,
            request,
            result_type=CaseView,
            id=ids.workflow_id(request.id),
            task_queue=ids.RETURNS_QUEUE,
            id_conflict_policy=_ANEW[0] if anew else WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=_ANEW[1] if anew else WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            static_summary=f"Return {request.id} of order {request.order_id}",
            static_details=_details(request),
            search_attributes=_listed(request),
        )
    except WorkflowAlreadyStartedError:
        handle = client.get_workflow_handle(ids.workflow_id(request.id), result_type=CaseView)
    started = await _started_for(client, handle.id)
    if started is None or content_of(started) != content:
        raise _other_return(request)
    return handle


def _listed(request: ReturnRequest) -> TypedSearchAttributes:
    """How the list shows it until it speaks for itself."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(STAGE, Stage.REQUESTED.value),
            SearchAttributePair(NEEDS_ACTION, "backhaul"),
            SearchAttributePair(ORDER_ID, request.order_id),
        ]
    )


def content_of(request: ReturnRequest) -> str:
    """The hash that tells whether two requests ask for the same return."""
    lines: dict[str, object] = {line.line_id: [line.quantity, line.reason.value] for line in request.lines}
    asked: dict[str, object] = {
        "order": request.order_id,
        "lines": lines,
        "basis": request.basis or "",
        "appeals": request.appeals or "",
    }
    asked |= {"box": request.box} if request.box else {}
    asked |= {"method": request.method} if request.method else {}
    asked |= {"resolution": request.resolution} if request.resolution is not Resolution.REFUND else {}
    return sha256(canonical_json(asked))


async def _started_for(client: Client, workflow_id: str) -> ReturnRequest | None:
    """What the newest run of this id was started for, by its first event; None if there is none."""
    execution = WorkflowExecution(workflow_id=workflow_id)
    ask = GetWorkflowExecutionHistoryRequest(namespace=client.namespace, execution=execution, maximum_page_size=1)
    try:
        page = await client.workflow_service.get_workflow_execution_history(ask)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    given = page.history.events[0].workflow_execution_started_event_attributes.input.payloads
    try:
        return parse_request((await client.data_converter.decode(given))[0])
    except Exception:  # started by another client with an input that is no request: the same as nothing here
        return None


async def _stands(client: Client, workflow_id: str) -> bool:
    """Whether a new start would find this run instead of taking its place."""
    execution = WorkflowExecution(workflow_id=workflow_id)
    ask = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    # The raw call: the client's own `describe` raises on a paused workflow.
    found = await client.workflow_service.describe_workflow_execution(ask)
    return found.workflow_execution_info.status not in _ENDED_BADLY


async def _with_notes(
    client: Client, request: ReturnRequest, notes: Notes | None, texts: Mapping[str, str]
) -> ReturnRequest:
    """The request with its texts stored, once: a start that is repeated takes the notes of the first."""
    if notes is None:
        raise InvalidRequest("texts", "the shopper's words need a store of notes")
    if strangers := set(texts) - {line.line_id for line in request.lines}:
        raise InvalidRequest("texts", f"line {min(strangers)} is not among those that come back")
    earlier = await _started_for(client, ids.workflow_id(request.id))
    kept: dict[str, str | None] = {}
    if earlier is not None and content_of(earlier) == content_of(request):
        kept = {line.line_id: line.note_id for line in earlier.lines}
    elif earlier is not None and await _stands(client, ids.workflow_id(request.id)):
        raise _other_return(request)
    lines = []
    for line in request.lines:
        note_id = kept.get(line.line_id) or line.note_id
        if note_id is None and line.line_id in texts:
            note_id = notes.put(texts[line.line_id])
        lines.append(line.model_copy(update={"note_id": note_id}))
    return request.model_copy(update={"lines": tuple(lines)})


def _other_return(request: ReturnRequest) -> KeyConflict:
    told = f"return {request.id} exists already with other lines, reasons, resolution, basis or appeal"
    return KeyConflict(f"{told}; choose another id for a new return")


def _details(request: ReturnRequest) -> str:
    rows = [f"- {line.quantity} × line `{line.line_id}`, {line.reason.replace('_', ' ')}" for line in request.lines]
    return "\n".join([f"**Return {request.id}** of order {request.order_id}", "", *rows])


def request_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the input, for storefronts in other languages."""
    schema = ReturnRequest.model_json_schema()
    for part in (schema, schema["$defs"]["RequestedLine"]):
        part["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(request_schema(), indent=2, ensure_ascii=False) + "\n")
